import { Type } from 'typebox'
import { deafnessOf, isDeaf, type Deafness } from './listening.js'
import { byReceipt, messagesBetween } from './messages-between.js'
import { markOf } from './marks.js'
import type { Finding, Rule } from './rule.js'
import { common } from './settings/common.js'
import { isoOf, timeMs } from './sql.js'
import { durationText } from './texts.js'

const settings = Type.Object({
  ...common({ close_after_s: 0, close_rows: 1 }),
  open_s: Type.Integer({ default: 1800, minimum: 300, maximum: 86_400, description: 'Nothing came from any node for this long, though node_silent knows enough nodes that report often (seconds)' }),
}, { additionalProperties: false })

interface Seen { messageMs: number }

/** The newest message of anybody in each slot. */
const statement = `
with message as (${messagesBetween({ nodes: null })})
select ${timeMs('($1::timestamptz[])[place]')} as at_ms, ${timeMs('max(time)')} as message_ms from message group by place`

/** The collector hears nobody: its own connection is broken, not every node. */
export const collectorBlind: Rule<typeof settings, Seen, null> = {
  name: 'collector_blind',
  category: 'node',
  scope: 'collector',
  judgesBy: 'time',
  absence: 'goes_on',
  settings,
  observe: (slots, watched) => watched.some(({ isOpen }) => isOpen) ? byReceipt(slots, statement) : null,
  read: ({ at_ms: atMs, message_ms: messageMs }: { at_ms: number, message_ms: number }) => ({ atMs, scope: { type: 'collector' }, seen: { messageMs } }),
  alsoJudge: () => [{ type: 'collector' }],
  judge ({ seen, incident, afterMs, settings, moment: { atMs, listeningMs }, lookup }) {
    const deafness = deafnessOf(lookup)
    const newest = seen.at(-1)
    if (incident !== null && newest !== undefined) return { answers: [{ is: 'clear', rowMs: newest.messageMs }], memory: null }
    if (deafness === null) return { answers: [], memory: null }
    if (incident !== null) return { answers: isDeaf(deafness) ? [] : [{ is: 'clear', rowMs: deafness.untilMs ?? atMs }], memory: null }
    const untilMs = markOf(atMs)
    const isBlind = isDeaf(deafness) && untilMs - Math.max(deafness.sinceMs, listeningMs) >= settings.open_s * 1000
    if (!isBlind || (afterMs !== null && deafness.sinceMs < afterMs)) return { answers: [], memory: null }
    return { answers: [{ is: 'match', rowMs: untilMs, startedMs: deafness.messageMs, finding: findingOf(deafness, untilMs, settings.open_s) }], memory: null }
  },
}

function findingOf ({ sinceMs, nodes }: Deafness, untilMs: number, openS: number): Finding {
  return {
    severity: 'critical',
    cause: `No message of any node has come for ${durationText(untilMs - sinceMs)}, though ${nodes} nodes that report at least every 10 minutes were heard before: the collector is cut off, not every node.`,
    nextSteps: [
      'Check that the collector\'s host is connected to the mesh (cable, switch, its AREDN node)',
      'Check from a node that the collector\'s address and port can be reached',
      'Check that the address in the agents\' settings is still the collector\'s',
    ],
    evidence: { metric: 'silence_s', unit: 's', open: openS, clear: 0, nodes, points: [[isoOf(sinceMs), 0], [isoOf(untilMs), Math.round((untilMs - sinceMs) / 1000)]] },
  }
}
