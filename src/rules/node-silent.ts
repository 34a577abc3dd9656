import type { Static } from 'typebox'
import { formatSubject } from '../incidents/subject.js'
import { allHeard, type Heard, heardOf, silenceOf, usualGapS } from './heard.js'
import { deafnessOf, isDeaf, type Deafness } from './listening.js'
import { markOf } from './marks.js'
import { byReceipt, messagesBetween, nodesOf } from './messages-between.js'
import type { Finding, Lookup, Moment, Rule, SubjectState } from './rule.js'
import { silenceSettings } from './silence-settings.js'
import { isoOf, timeMs } from './sql.js'
import { durationText } from './texts.js'

type Settings = Static<typeof silenceSettings>

/** Newest message of a slot. */
interface Seen { messageMs: number }

/** What was last heard of a silent node. It outlasts the incident: what a person closed, or what was retired, stays closed until the node is heard. */
interface Memory { heardMs: number, messageMs: number }

/** A clock that jumped makes no week: what ends by time alone ends only after so long of listening. */
const settledMs = 3_600_000

/** Messages of the nodes that are silent, in the slot they come: a silence ends at once. */
const statement = `
with message as (${messagesBetween({ nodes: '$5::text[]' })})
select ${timeMs('($1::timestamptz[])[place]')} as at_ms, node, ${timeMs('max(time)')} as message_ms from message group by node, place`

/** A node that usually reports has not been heard. Radios are judged by what their worker says of them. */
export const nodeSilent: Rule<typeof silenceSettings, Seen, Memory> = {
  name: 'node_silent',
  category: 'node',
  scope: 'node',
  judgesBy: 'time',
  absence: 'goes_on',
  settings: silenceSettings,
  observe (slots, watched) {
    const open = watched.filter(({ isOpen }) => isOpen)
    return open.length === 0 ? null : byReceipt(slots, statement, nodesOf(open))
  },
  read: ({ at_ms: atMs, node, message_ms: messageMs }: { at_ms: number, node: string, message_ms: number }) => ({ atMs, scope: { type: 'node', node }, seen: { messageMs } }),
  * alsoJudge (moment, lookup, settings) {
    for (const { node, known } of allHeard(lookup)) {
      const state = stateOf(lookup, node)
      const isBack = state?.memory != null && known.heardMs > state.memory.heardMs
      if (isBack || (state?.memory == null && isSilent(known, moment, lookup, settings))) yield { type: 'node', node }
    }
  },
  judge ({ seen, scope, memory, incident, afterMs, settings, moment, lookup }) {
    const node = scope.type === 'node' ? scope.node : ''
    const known = heardOf(lookup, node)
    const isBack = memory !== null && known !== null && known.heardMs > memory.heardMs
    if (incident !== null && memory !== null) {
      const message = seen.at(-1)?.messageMs ?? (isBack ? firstAfter(known, memory) : null)
      if (message !== null) return { answers: [{ is: 'clear', rowMs: message }], memory: null }
      const retireMs = Math.max(memory.heardMs + settings.retire_after_s * 1000, moment.listeningMs + settledMs)
      return moment.atMs >= retireMs
        ? { answers: [{ is: 'clear', rowMs: moment.atMs, resolution: 'retired' }], memory }
        : { answers: [], memory, wakeMs: retireMs }
    }
    if (memory !== null && !isBack && known !== null) return { answers: [], memory }
    if (known === null || (afterMs !== null && known.heardMs < afterMs) || !isSilent(known, moment, lookup, settings)) return { answers: [], memory: null }
    return {
      answers: [{ is: 'match', rowMs: markOf(moment.atMs), startedMs: known.messageMs, finding: findingOf(node, known, moment, settings) }],
      memory: { heardMs: known.heardMs, messageMs: known.messageMs },
      wakeMs: known.heardMs + settings.retire_after_s * 1000,
    }
  },
}

function stateOf (lookup: Lookup, node: string): SubjectState<Memory> | undefined {
  return lookup.state('node_silent', formatSubject({ type: 'node', node })) as SubjectState<Memory> | undefined
}

/** The message that ended the silence, where a minute brought several; the receipt, where the node's clock went back. */
function firstAfter ({ returnedMs, messageMs, heardMs }: Heard, memory: Memory): number {
  return [returnedMs, messageMs].find((ms) => ms > memory.messageMs) ?? heardMs
}

function limitMs (known: Heard, settings: Settings): number | null {
  const gapS = usualGapS(known, settings)
  return gapS === null ? null : 1000 * Math.max(settings.silent_s, settings.usual_gaps * gapS)
}

/** Judged by what is known up to the last full minute. */
function isSilent (known: Heard, { atMs, listeningMs }: Moment, lookup: Lookup, settings: Settings): boolean {
  const untilMs = markOf(atMs)
  const silenceMs = silenceOf(known, untilMs, listeningMs)
  if (silenceMs < settings.silent_s * 1000 || untilMs - known.heardMs >= settings.retire_after_s * 1000) return false
  const deafness = deafnessOf(lookup)
  if (isDeaf(deafness)) return false
  const limit = limitMs(known, settings)
  return limit !== null && silenceMs - deafMs(known, deafness, { untilMs, silenceMs, settings }) >= limit
}

/** How much of a silence is our own deafness: all of it up to the end of a long one, from which silence counts anew, else its length. */
function deafMs ({ heardMs }: Heard, deafness: Deafness | null, { untilMs, silenceMs, settings }: { untilMs: number, silenceMs: number, settings: Settings }): number {
  const endMs = deafness?.untilMs ?? null
  if (deafness === null || endMs === null || endMs > untilMs || heardMs > deafness.sinceMs) return 0
  const lengthMs = endMs - deafness.sinceMs
  return lengthMs < settings.silent_s * 1000 ? lengthMs : Math.max(0, silenceMs - (untilMs - endMs))
}

function findingOf (node: string, known: Heard, { atMs }: Moment, settings: Settings): Finding {
  const silenceMs = markOf(atMs) - known.heardMs
  const gapS = usualGapS(known, settings) ?? 0
  const isHop = known.hopMs !== null && known.hopMs > known.messageMs - settings.major_span_s * 1000
  const hop = isHop ? ' Routes of other nodes ran through it until then.' : ''
  return {
    severity: isHop ? 'major' : 'minor',
    cause: `${node} has sent nothing for ${durationText(silenceMs)}; it usually reports every ${durationText(gapS * 1000)}.${hop} It is switched off, cut off, or its agent has stopped.`,
    nextSteps: [
      `Check the power of ${node}`,
      `Look from its neighbours whether ${node} is still in the mesh: if it is, restart its agent`,
      ...(isHop ? [`Check that the routes that ran through ${node} have found another way`] : []),
      `If ${node} is gone for good, retire it`,
    ],
    evidence: {
      metric: 'gap_s', unit: 's', open: (limitMs(known, settings) ?? 0) / 1000, clear: 0, usual_gap_s: gapS, last_message: isoOf(known.messageMs),
      points: [...known.times.slice(1).map((time, i): [string, number] => [isoOf(time), Math.round((time - (known.times[i] ?? time)) / 1000)]), [isoOf(markOf(atMs)), Math.round(silenceMs / 1000)]],
    },
  }
}
