import { Type, type Static } from 'typebox'
import { isOurClock } from './collector-clock.js'
import { atMarks, markMs, placeOf } from './marks.js'
import { nodesOf } from './messages-between.js'
import type { Answer, Finding, Rule } from './rule.js'
import { common } from './settings/common.js'
import type { Skewed } from './skewed.js'
import { isoOf, timeMs } from './sql.js'
import { durationText } from './texts.js'

const seconds = (initial: number, minimum: number, maximum: number, description: string) => Type.Integer({ default: initial, minimum, maximum, description: `${description} (seconds)` })

const settings = Type.Object({
  ...common({ close_after_s: 900, close_rows: 2 }),
  open_late_s: seconds(300, 10, 86_400, 'A clock is slow when every message comes more than this after its own time'),
  clear_late_s: seconds(120, 5, 86_400, 'and right again at no more than this'),
  open_ahead_s: seconds(60, 5, 86_400, 'A clock is fast when every message comes more than this before its own time'),
  clear_ahead_s: seconds(30, 1, 86_400, 'and right again at no more than this'),
  window_s: seconds(900, 120, 7200, 'Messages received in this time count; where those are fewer than 3, the last 3 within 24 hours'),
  min_span_s: seconds(60, 1, 3600, 'They must have been received over at least this time'),
  steady_s: seconds(60, 1, 3600, 'The first and the last must agree within this: those of a queue being sent do not'),
  hold_s: seconds(300, 0, 86_400, 'Opens after it held this long'),
}, { additionalProperties: false })

type Settings = Static<typeof settings>

/** The messages of one window, by receipt. Skews in seconds: positive is a slow clock. */
interface Seen {
  messages: number
  firstMs: number
  lastMs: number
  firstSkewS: number
  lastSkewS: number
  lowS: number
  highS: number
  /** Within the clear limits. */
  isAnyRight: boolean
}

/**
 * Nodes with a message in this minute whose skew is beyond the clear limits, and those watched; of each the messages of the window. Hop rows share
 * the clock of their window's row, network_status gives the time of its probes, and a crash report that of the crash: none of them tells. What a
 * bound on time says twice, the second time is for the planner: it sees $3, and plans for a week's chunks.
 */
const told = (where: (node: string, time: string) => string): string => `
  select src as node, received_at, extract(epoch from received_at - coalesce(sent_at, time))::float8 as skew_s from path_probe where window_s is not null and ${where('src', 'received_at')}
  union select node, received_at, extract(epoch from received_at - coalesce(sent_at, time))::float8 from agent_health where source = 'agent' and ${where('node', 'received_at')}
  union select node, received_at, extract(epoch from received_at - coalesce(sent_at, time))::float8 from phone_test where ${where('node', 'received_at')}`

const statement = `
with arrived as (${told((_node, received) => `${received} > $3 and ${received} <= $4 and time > $3::timestamptz - interval '7 days'`)}),
candidate as (
  select distinct node, place, date_trunc('minute', ($1::timestamptz[])[place]) as until
  from arrived, lateral (select ${placeOf('received_at', '$2')} as place) as slot
  where skew_s > $5 or skew_s < -$6::float8 or node = any($7::text[])
), recent as (
  select * from (${told((node, received) => `${node} = any(array(select node from candidate)) and ${received} > $3::timestamptz - $8 * interval '1 second' and ${received} <= $4 and time > $3::timestamptz - interval '7 days'`)}) as told
), counted as (
  select node, place, until, count(r.node) as messages
  from candidate left join recent r using (node)
  where received_at > until - $8 * interval '1 second' and received_at <= until
  group by node, place, until
), message as (
  select node, place, received_at, skew_s from counted join recent using (node)
  where messages >= 3 and received_at > until - $8 * interval '1 second' and received_at <= until
  union all
  select c.node, place, few.received_at, skew_s from counted c, lateral (
    select received_at, skew_s from (${told((node, received) => `${node} = c.node and ${received} > c.until - interval '1 day' and ${received} <= c.until and time > c.until - interval '8 days' and time > $3::timestamptz - interval '8 days'`)}) as told
    order by received_at desc limit 3
  ) as few where messages < 3
)
select ${timeMs('($1::timestamptz[])[place]')} as at_ms, node, count(*)::int as messages, ${timeMs('min(received_at)')} as first_ms, ${timeMs('max(received_at)')} as last_ms,
  (array_agg(skew_s order by received_at))[1] as first_skew_s, (array_agg(skew_s order by received_at desc))[1] as last_skew_s,
  min(skew_s) as low_s, max(skew_s) as high_s, bool_or(skew_s between -$6::float8 and $5) as is_any_right
from message group by node, place`

interface Row {
  at_ms: number, node: string, messages: number, first_ms: number, last_ms: number
  first_skew_s: number, last_skew_s: number, low_s: number, high_s: number, is_any_right: boolean
}

/** The clock of a node is wrong: the times of its rows are not those of the others. */
export const clockSkew: Rule<typeof settings, Seen, Skewed> = {
  name: 'clock_skew',
  category: 'data_quality',
  scope: 'node',
  judgesBy: 'receipt',
  absence: 'closes',
  settings,
  observe: (slots, watched, settings) => atMarks(slots, statement, settings.clear_late_s, settings.clear_ahead_s, nodesOf(watched), settings.window_s),
  read: ({ at_ms: atMs, node, messages, first_ms: firstMs, last_ms: lastMs, first_skew_s: firstSkewS, last_skew_s: lastSkewS, low_s: lowS, high_s: highS, is_any_right: isAnyRight }: Row) => ({
    atMs, scope: { type: 'node', node }, seen: { messages, firstMs, lastMs, firstSkewS, lastSkewS, lowS, highS, isAnyRight },
  }),
  judge ({ seen, scope, memory, incident, settings, moment: { atMs, judgedMs }, lookup }) {
    const newest = seen.at(-1)
    if (newest === undefined && memory === null) return { answers: [], memory }
    const skewS = newest === undefined ? memory?.skewS ?? null : smallestSkew(newest, settings)
    if (skewS === null) {
      const rowMs = newest?.lastMs ?? atMs
      return { answers: [newest?.isAnyRight ? { is: 'clear', rowMs } : { is: 'hold', rowMs, run: false }], memory: null }
    }
    const held: Skewed = { judgedMs: memory?.judgedMs ?? judgedMs, startedMs: memory?.startedMs ?? newest?.firstMs ?? atMs, rowMs: newest?.lastMs ?? memory?.rowMs ?? atMs, skewS }
    const leftMs = held.judgedMs + settings.hold_s * 1000 - judgedMs
    const isOpening = leftMs <= 0 && !isOurClock(lookup)
    const answers: Answer[] = incident !== null || isOpening
      ? [{ is: 'match', rowMs: held.rowMs, startedMs: held.startedMs, finding: findingOf(scope.type === 'node' ? scope.node : '', held, settings) }]
      : [{ is: 'hold', rowMs: held.rowMs, run: true }]
    const isWaiting = incident === null && !isOpening
    return { answers: newest === undefined && incident !== null ? [] : answers, memory: held, wakeMs: isWaiting ? atMs + Math.max(leftMs, leftMs > 0 ? 1 : markMs) : null }
  },
}

/** The skew of the message nearest to right, where all of a window are wrong the same way; else null. */
function smallestSkew ({ firstMs, lastMs, firstSkewS, lastSkewS, lowS, highS }: Seen, settings: Settings): number | null {
  if (lastMs - firstMs < settings.min_span_s * 1000 || Math.abs(firstSkewS - lastSkewS) >= settings.steady_s) return null
  if (lowS > settings.open_late_s) return lowS
  return highS < -settings.open_ahead_s ? highS : null
}

function findingOf (node: string, { skewS, startedMs, rowMs }: Skewed, settings: Settings): Finding {
  const isSlow = skewS > 0
  const [open, clear] = isSlow ? [settings.open_late_s, settings.clear_late_s] : [-settings.open_ahead_s, -settings.clear_ahead_s]
  const amount = durationText(Math.abs(skewS) * 1000)
  return {
    severity: 'minor',
    cause: isSlow
      ? `The clock of ${node} is ${amount} slow, or its messages take that long: they come ${amount} after the time they carry.`
      : `The clock of ${node} is ${amount} fast: its messages carry times that lie ${amount} ahead.`,
    nextSteps: [
      `Check that ${node} has a time server (NTP) it can reach, and set its clock`,
      `Until then read the times of ${node}'s measurements as ${amount} ${isSlow ? 'too early' : 'too late'}`,
    ],
    evidence: { metric: 'skew_s', unit: 's', open, clear, skew_s: Math.round(skewS), points: [[isoOf(startedMs), null], [isoOf(rowMs), Math.round(skewS)]] },
  }
}
