import { Type } from 'typebox'
import type { ActiveRule, EngineSettings } from '../../src/rules/judge-slot.js'
import type { Rule } from '../../src/rules/rule.js'
import { defaultSettings } from '../../src/rules/settings/settings.js'
import { common } from '../../src/rules/settings/common.js'
import { slotValues, timeMs } from '../../src/rules/sql.js'

interface Row { at_ms: number, src: string, dst: string, time_ms: number, loss: number }
interface Seen { timeMs: number, loss: number }

const settings = Type.Object({ ...common({ close_after_s: 60, close_rows: 2 }) })

const statement = `
select ${timeMs('slot.at')} as at_ms, src, dst, ${timeMs('time')} as time_ms, loss_pct as loss
from unnest($1::timestamptz[], $2::timestamptz[]) as slot (at, since)
join path_probe on received_at > since and received_at <= at
order by time`

/** Judges the newest loss of every path and nothing else: what the engine does around a rule can be tried with it. */
export const simpleRule: Rule<typeof settings, Seen, null> = {
  name: 'loss_spike',
  category: 'network',
  scope: 'path',
  judgesBy: 'time',
  absence: 'closes',
  settings,
  observe: (slots) => ({ text: statement, values: slotValues(slots) }),
  read: ({ at_ms: atMs, src, dst, time_ms: timeMs, loss }: Row) => ({ atMs, scope: { type: 'path', src, dst }, seen: { timeMs, loss } }),
  judge: ({ seen }) => ({
    answers: seen.map(({ timeMs, loss }) => loss > 2 ? { is: 'match', rowMs: timeMs, startedMs: timeMs, finding: findingOf(loss) } : { is: 'clear', rowMs: timeMs }),
    memory: null,
  }),
}

function findingOf (loss: number): { severity: 'minor' | 'critical', cause: string, nextSteps: string[], evidence: { metric: string, unit: string, open: number, clear: number, points: Array<[string, number]> } } {
  return {
    severity: loss > 20 ? 'critical' : 'minor',
    cause: `${loss} % of the packets are lost`,
    nextSteps: ['Look at the antenna'],
    evidence: { metric: 'loss_pct', unit: '%', open: 2, clear: 1, points: [['2026-11-01T00:00:00.000Z', loss]] },
  }
}

export const simpleActive: ActiveRule = { rule: simpleRule, settings: { enabled: true, close_after_s: 60, close_rows: 2 } }

export function settingsWith (rules: ActiveRule[]): EngineSettings {
  return { rules, general: defaultSettings([]).engine }
}
