import { Type, type Static } from 'typebox'
import { batteryMetrics } from '../radio/metrics.js'
import { byReceipt, nodesOf } from './messages-between.js'
import { placeOf } from './marks.js'
import type { Answer, Finding, Rule } from './rule.js'
import { common } from './settings/common.js'
import { isoOf, timeMs } from './sql.js'

const percent = (initial: number, description: string) => Type.Number({ default: initial, minimum: 0, maximum: 100, description: `${description} (percent)` })

const settings = Type.Object({
  ...common({ close_after_s: 900, close_rows: 2 }),
  open_pct: percent(20, 'A charge below this'),
  open_rows: Type.Integer({ default: 3, minimum: 1, maximum: 20, description: 'in so many readings in a row opens' }),
  clear_pct: percent(30, 'Clear at this charge or more'),
  critical_pct: percent(10, 'Below this it is critical'),
  run_gap_s: Type.Integer({ default: 21_600, minimum: 60, maximum: 604_800, description: 'Two readings further apart than this do not belong to one run (seconds)' }),
}, { additionalProperties: false })

type Settings = Static<typeof settings>

interface Seen { timeMs: number, pct: number, mv: number }

interface Reading { ms: number, pct: number, mv: number }

/** The newest reading that was walked, and the readings below the limit that come right before it. */
interface Memory { walkedMs: number, run: Reading[] }

/** A radio that says nothing of its battery has one Li-ion cell. One that is not watched and has a newer reading from before sends an old queue. */
const statement = `
with reading as (
  select distinct on (m.node, m.time) m.node, m.time, place, value as mv,
    bat_pct(value, coalesce(battery ->> 'chemistry', 'liion'), case when battery ->> 'cells' ~ '^[1-9][0-9]?$' then (battery ->> 'cells')::int else 1 end) as pct
  from radio_metrics m left join nodes on nodes.name = m.node and nodes.kind in ('companion', 'repeater'), lateral (select ${placeOf('received_at', '$2')} as place) as slot
  where received_at > $3 and received_at <= $4 and metric = any($6::text[])
  order by m.node, m.time, metric, kind
)
select ${timeMs('($1::timestamptz[])[place]')} as at_ms, node, ${timeMs('time')} as time_ms, pct, mv from reading r
where pct is not null and (node = any($5::text[]) or (
  node in (select node from reading where pct < $7)
  and not exists (select from radio_metrics late where late.node = r.node and late.metric = any($6::text[]) and late.time > r.time and late.received_at <= $3)
)) order by time`

interface Row { at_ms: number, node: string, time_ms: number, pct: number, mv: number }

/** A radio's battery is nearly empty. */
export const batteryLow: Rule<typeof settings, Seen, Memory> = {
  name: 'battery_low',
  category: 'radio',
  scope: 'node',
  judgesBy: 'time',
  absence: 'closes',
  settings,
  observe: (slots, watched, settings) => byReceipt(slots, statement, nodesOf(watched), batteryMetrics, settings.open_pct),
  read: ({ at_ms: atMs, node, time_ms: timeMs, pct, mv }: Row) => ({ atMs, scope: { type: 'node', node }, seen: { timeMs, pct, mv } }),
  judge ({ seen, scope, memory, incident, afterMs, settings }) {
    const node = scope.type === 'node' ? scope.node : ''
    let walkedMs = memory?.walkedMs ?? afterMs ?? -Infinity
    let run = memory?.run ?? []
    const answers = seen.flatMap(({ timeMs: ms, pct, mv }): Answer[] => {
      if (ms <= walkedMs) return []
      const isApart = ms - walkedMs > settings.run_gap_s * 1000
      walkedMs = ms
      if (pct >= settings.open_pct) run = []
      else run = [...isApart ? [] : run, { ms, pct, mv }].slice(-60)
      return [answerOf(node, { ms, pct, mv }, run, settings)]
    })
    const isClear = incident === null && run.length === 0 && !answers.some(({ is }) => is === 'match')
    return { answers, memory: isClear ? null : { walkedMs, run } }
  },
}

function answerOf (node: string, { ms, pct }: Reading, run: Reading[], settings: Settings): Answer {
  const first = run[0]
  if (first !== undefined && run.length >= settings.open_rows) return { is: 'match', rowMs: ms, startedMs: first.ms, finding: findingOf(node, run, settings) }
  return pct >= settings.clear_pct ? { is: 'clear', rowMs: ms } : { is: 'hold', rowMs: ms, run: run.length > 0 }
}

function findingOf (node: string, run: Reading[], settings: Settings): Finding {
  const newest = run.at(-1)!
  return {
    severity: newest.pct < settings.critical_pct ? 'critical' : 'major',
    cause: `The battery of ${node} is at ${Math.round(newest.pct)} % (${(newest.mv / 1000).toFixed(2)} V) and was below ${settings.open_pct} % in the last ${run.length} readings.`,
    nextSteps: [
      `Charge or replace the battery of ${node}`,
      `Check the solar panel or charger of ${node}: clean it, look for shade, measure its voltage`,
      `If ${node} has another battery than one Li-ion cell, set its chemistry and cells`,
    ],
    evidence: {
      metric: 'bat_pct', unit: '%', open: settings.open_pct, clear: settings.clear_pct, bat_mv: newest.mv,
      points: run.slice(-60).map(({ ms, pct }): [string, number] => [isoOf(ms), Math.round(pct * 10) / 10]),
    },
  }
}
