import { Type } from 'typebox'
import { byReceipt, nodesOf } from './messages-between.js'
import { placeOf } from './marks.js'
import type { Answer, Finding, Rule } from './rule.js'
import { common } from './settings/common.js'
import { isoOf, timeMs } from './sql.js'

const settings = Type.Object({ ...common({ close_after_s: 0, close_rows: 1 }) }, { additionalProperties: false })

/** What the worker says of a repeater: `null` is a sign of life of the worker alone. */
interface Seen { timeMs: number, event: 'breaker_open' | 'answered' | null, reason: string | null, details: Record<string, unknown> | null }

/** The newest event that was walked: an older one that comes late changes nothing. */
interface Memory { walkedMs: number }

/** An answer that came before an event of an earlier time makes that event late. Any of these readings is in every answer of a repeater or companion. */
const statement = `
with posted as (
  select node, event, time, received_at, reason, details from worker_event where received_at > $3 and received_at <= $4
  union all
  select node, 'reading', max(time), received_at, null, null from radio_metrics where received_at > $3 and received_at <= $4 group by node, received_at
), event as (
  select node, place, time, case event when 'breaker_open' then event else 'answered' end as event, reason, details
  from posted, lateral (select ${placeOf('received_at', '$2')} as place) as slot
  where (event in ('breaker_closed', 'poll_ok', 'reading') and node = any($5::text[])) or (event = 'breaker_open' and not exists (
    select from radio_metrics r where r.node = posted.node and r.metric in ('bat', 'battery_mv', 'uptime', 'uptime_secs') and r.time > posted.time and r.received_at <= $3
  ) and not exists (
    select from worker_event e where e.node = posted.node and e.event in ('breaker_closed', 'poll_ok') and e.time > posted.time and e.received_at <= $3
  ))
  union all
  select watched.node, place, max(time), null, null, null
  from posted, lateral (select ${placeOf('received_at', '$2')} as place) as slot, unnest($5::text[]) as watched (node)
  group by watched.node, place
)
select ${timeMs('($1::timestamptz[])[place]')} as at_ms, node, ${timeMs('time')} as time_ms, event, reason, details from event order by time, event nulls last`

interface Row { at_ms: number, node: string, time_ms: number, event: 'breaker_open' | 'answered' | null, reason: string | null, details: Record<string, unknown> | null }

/** The worker has given up on a repeater for the time being. What it said last stands as long as it posts anything. */
export const repeaterUnreachable: Rule<typeof settings, Seen, Memory> = {
  name: 'repeater_unreachable',
  category: 'radio',
  scope: 'node',
  judgesBy: 'time',
  absence: 'only_closes',
  settings,
  observe: (slots, watched) => byReceipt(slots, statement, nodesOf(watched)),
  read: ({ at_ms: atMs, node, time_ms: timeMs, event, reason, details }: Row) => ({ atMs, scope: { type: 'node', node }, seen: { timeMs, event, reason, details } }),
  judge ({ seen, scope, memory, incident }) {
    const node = scope.type === 'node' ? scope.node : ''
    let walkedMs = memory?.walkedMs ?? -Infinity
    const answers = seen.flatMap((one): Answer[] => {
      if (one.event === null) return [{ is: 'hold', rowMs: one.timeMs, run: false }]
      if (one.timeMs <= walkedMs) return []
      walkedMs = one.timeMs
      return [one.event === 'breaker_open'
        ? { is: 'match', rowMs: one.timeMs, startedMs: one.timeMs, finding: findingOf(node, one) }
        : { is: 'clear', rowMs: one.timeMs }]
    })
    const isOpen = incident !== null || answers.some(({ is }) => is === 'match')
    return { answers, memory: isOpen ? { walkedMs } : null }
  },
}

interface Reason { pattern: RegExp, cause: string, steps: (node: string) => string[] }

/** In this order: the first that fits tells. Sources: meshcore.md, sections 1.5 and 1.6. */
const reasons: Reason[] = [
  {
    pattern: /clock is \d+ s ahead/,
    cause: 'it does not answer, and the clock of the companion is ahead and can\'t be set back',
    steps: (node) => [
      'Check that the clock of the worker\'s computer is right: the companion is compared with it',
      'Restart the companion: the worker then sets its clock',
      `Restart ${node}, which else ignores requests until their time is later than that of the last one it accepted`,
      `Check the power and the antenna of ${node}, and the password in the worker's settings`,
    ],
  },
  {
    pattern: /^no answer: password/i,
    cause: 'it has never answered, neither to a login nor to a request',
    steps: (node) => [
      `Check the password of ${node} in the worker's settings: a repeater says nothing to a wrong one`,
      `Check the power and the antenna of ${node}, and that the companion hears its adverts`,
      'Run "meshmon radio doctor": it checks the clock of the companion, the contact, the login and the path',
    ],
  },
  {
    pattern: /password|login/i,
    cause: 'it does not accept the login',
    steps: (node) => [`Check the password of ${node} in the worker's settings: a repeater says nothing to a wrong one`, `If it is right, check the clock of the companion and the path to ${node}`],
  },
  {
    pattern: /clock|replay|time stamp|timestamp/i,
    cause: 'the clock of the companion is behind the one it last accepted',
    steps: (node) => [`Set the clock of the companion: ${node} ignores requests that are older than the last one it accepted`, `If the companion's clock was ahead before, restart ${node}`],
  },
  {
    pattern: /path|route|contact|advert|not found/i,
    cause: 'the companion knows no path to it',
    steps: (node) => [`Send an advert from ${node} so that the companion learns it as a contact`, `Reset the path to ${node} so that the next request floods`],
  },
]

const silentReason: Omit<Reason, 'pattern'> = {
  cause: 'it does not answer',
  steps: (node) => [
    `Check the power and the antenna of ${node}`,
    `Check that the password of ${node} in the worker's settings is right: a repeater says nothing to a wrong one`,
    'Check the clock of the companion: requests older than the last accepted one are ignored',
    `Reset the path to ${node}, it may have changed`,
  ],
}

function findingOf (node: string, { timeMs, reason, details }: Seen): Finding {
  const known = reasons.find(({ pattern }) => reason !== null && pattern.test(reason)) ?? silentReason
  return {
    severity: 'major',
    cause: `The radio worker has given up on ${node} for now: ${known.cause}${reason === null ? '' : ` (${reason})`}.`,
    nextSteps: known.steps(node),
    evidence: { metric: 'breaker_open', unit: '', open: 1, clear: 0, reason, ...(details !== null && { details }), points: [[isoOf(timeMs), 1]] },
  }
}
