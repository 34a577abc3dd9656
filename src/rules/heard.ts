import type { Static } from 'typebox'
import { formatSubject } from '../incidents/subject.js'
import { atMarks, markOf, placeOf } from './marks.js'
import type { Lookup, Rule, SubjectState } from './rule.js'
import { silenceSettings } from './silence-settings.js'
import { timeMs } from './sql.js'

type Settings = Static<typeof silenceSettings>

/** What says how often a node usually speaks. */
export type GapSettings = Pick<Settings, 'gaps' | 'min_gaps' | 'gaps_span_s'>

/** What one minute brought from a node, or of it as a hop of somebody's route. Times of messages ascend. */
interface Seen {
  /** Null: nothing came from it. */
  heardMs: number | null
  /** Messages that come regularly, and the others: crashes, health reported for a reason. */
  regular: number[]
  others: number[]
  hopMs: number | null
}

/** When a node was heard, and how often it usually is. */
export interface Heard {
  /** Newest time or receipt of a message. */
  heardMs: number
  /** Newest time of a message. */
  messageMs: number
  /** The message that ended its last pause. */
  returnedMs: number
  /** Times of the last regular messages. */
  times: number[]
  /** When it last was a hop of a route. */
  hopMs: number | null
}

export const heardName = 'heard'
/** A node not heard for so long is forgotten; its silence has been retired by then. */
const forgetMs = 8 * 86_400_000
/** Clocks of nodes may be this much ahead; what is further ahead was noted by a wrong clock of ours. */
const aheadMs = 5 * 60_000

/** After a long pause the last hours of windows say enough, and all would be many. */
const lately = 'greatest($3::timestamptz, ($1::timestamptz[])[1] - interval \'2 hours\')'

/**
 * Rows with times of a week ago and older are not looked for: that would open every chunk there is. A node that boots with such a clock is heard by
 * its receipts in `nodes`, which run ahead of its newest time. Tests of phones that were not even pinged have no index by receipt: they are found by time.
 */
const statement = `
with arrived_window as materialized (
  select src, dst, time, received_at, route from path_probe
  where received_at > ${lately} and received_at <= $4 and time > $3::timestamptz - interval '7 days'
), message (node, time, received_at, is_regular) as (
  select src, time, received_at, true from arrived_window
  union all select src, time, max(received_at), true from hop_quality
    where received_at > ${lately} and received_at <= $4 and time > $3::timestamptz - interval '7 days' group by src, time
  union all select node, time, received_at, coalesce(reporting_reason, 'scheduled') = 'scheduled' from agent_health
    where received_at > $3 and received_at <= $4 and time > $3::timestamptz - interval '7 days'
  union all select node, time, received_at, true from phone_test where received_at > $3 and received_at <= $4 and time > $3::timestamptz - interval '1 hour'
  union all select node, time, received_at, false from crash_reports where received_at > $3 and received_at <= $4 and time > $3::timestamptz - interval '7 days'
), told as (
  select node, ${placeOf('received_at', '$2')} as place, time, is_regular, max(received_at) as received_at from message group by 1, 2, 3, 4
), seen (node, place, heard_at, regular, others, hop_at) as (
  select node, place, greatest(max(received_at), least(max(time), date_trunc('minute', ($1::timestamptz[])[place]))),
    array_agg(${timeMs('time')}) filter (where is_regular), array_agg(${timeMs('time')}) filter (where not is_regular), null::timestamptz
  from told group by node, place
  union all
  select name, 1, least(last_seen, $4), null, null, null from nodes
  where kind = 'router' and last_time < last_seen - interval '15 minutes' and last_seen > $3 and last_seen <= $4::timestamptz + interval '1 minute'
  union all
  select node, place, null, null, null, max(time)
  from (
    select src, dst, route, ${placeOf('received_at', '$2')} as place, max(time) as time from arrived_window where jsonb_array_length(route) > 2 group by 1, 2, 3, 4
  ) as routed, jsonb_array_elements_text(route) as hop (node)
  where node <> src and node <> dst
  group by node, place
)
select ${timeMs('($1::timestamptz[])[place]')} as at_ms, node, ${timeMs('max(heard_at)')} as heard_ms,
  max(regular) as regular, max(others) as others, ${timeMs('max(hop_at)')} as hop_ms
from seen group by node, place`

interface Row { at_ms: number, node: string, heard_ms: number | null, regular: number[] | null, others: number[] | null, hop_ms: number | null }

/** Keeps of every router and server when it was heard, minute by minute; radios are polled and tell nothing by speaking. */
export const heard: Rule<typeof silenceSettings, Seen, Heard> = {
  name: heardName,
  settingsOf: 'node_silent',
  category: 'node',
  scope: 'node',
  judgesBy: 'time',
  absence: 'goes_on',
  settings: silenceSettings,
  observe: (slots) => atMarks(slots, statement),
  read: ({ at_ms: atMs, node, heard_ms: heardMs, regular, others, hop_ms: hopMs }: Row) => ({
    atMs, scope: { type: 'node', node }, seen: { heardMs, regular: sorted(regular), others: sorted(others), hopMs },
  }),
  judge ({ seen, memory, moment: { atMs }, settings }) {
    const known = seen.reduce<Heard | null>((known, one) => hear(known, one, { untilMs: markOf(atMs), settings }), memory)
    if (known === null || atMs - known.heardMs >= forgetMs) return { answers: [], memory: null }
    return { answers: [], memory: known, wakeMs: known.heardMs + forgetMs }
  },
}

function hear (before: Heard | null, { heardMs, regular, others, hopMs }: Seen, { untilMs, settings }: { untilMs: number, settings: Settings }): Heard | null {
  if (before === null && heardMs === null) return null
  const latestMs = untilMs + aheadMs
  const known = before ?? { heardMs: 0, messageMs: 0, returnedMs: 0, times: [], hopMs: null }
  const isPast = (ms: number): boolean => ms <= latestMs
  const times = known.times.filter(isPast)
  for (const time of regular) if (time >= (times.at(-1) ?? -Infinity) + settings.same_message_s * 1000) times.push(Math.round(time))
  const after = {
    ...known,
    heardMs: Math.max(isPast(known.heardMs) ? known.heardMs : 0, heardMs ?? 0),
    messageMs: isPast(known.messageMs) ? known.messageMs : 0,
    times: times.slice(-settings.gaps - 1),
    hopMs: Math.max(known.hopMs ?? 0, hopMs ?? 0) || null,
  }
  for (const time of [...regular, ...others].sort((a, b) => a - b)) {
    if (time - after.messageMs >= settings.silent_s * 1000) after.returnedMs = time
    after.messageMs = Math.max(after.messageMs, time)
  }
  return after
}

function sorted (times: number[] | null): number[] {
  return (times ?? []).sort((a, b) => a - b)
}

export function heardOf (lookup: Lookup, node: string): Heard | null {
  return memoryOf(lookup.state(heardName, formatSubject({ type: 'node', node })))
}

/** Every node that is known, with what is known of it. */
export function * allHeard (lookup: Lookup): Iterable<{ node: string, known: Heard }> {
  for (const [, state] of lookup.states(heardName)) {
    const known = memoryOf(state)
    if (known !== null && state.scope.type === 'node') yield { node: state.scope.node, known }
  }
}

/** How long it is since a node was heard: from `listeningMs` where nobody listened before, or where our clock was set back. */
export function silenceOf ({ heardMs }: Heard, atMs: number, listeningMs: number): number {
  return atMs - Math.max(listeningMs, heardMs > atMs ? 0 : heardMs)
}

/** Seconds between two regular messages of a node: the median of its last gaps; null where too few are known. */
export function usualGapS ({ times }: Heard, { gaps, min_gaps: minGaps, gaps_span_s: spanS }: GapSettings): number | null {
  const newest = times.at(-1) ?? 0
  const known = times.flatMap((time, i) => {
    const before = times[i - 1]
    return before === undefined || time <= newest - spanS * 1000 ? [] : [time - before]
  }).slice(-gaps).sort((a, b) => a - b)
  const [low, high] = [known[Math.floor((known.length - 1) / 2)], known[Math.floor(known.length / 2)]]
  return known.length < minGaps || low === undefined || high === undefined ? null : (low + high) / 2000
}

function memoryOf (state: SubjectState | undefined): Heard | null {
  return (state as SubjectState<Heard> | undefined)?.memory ?? null
}
