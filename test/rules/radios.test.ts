import t from 'tap'
import { RulesOnly } from '../support/rules-only.js'

const minute = 60_000
const t0 = Date.parse('2026-11-01T00:00:00Z')

t.test('a breaker that opened and closed within one slot, and rows that are read again', async (t) => {
  const only = new RulesOnly(['repeater_unreachable'])
  const opened = { timeMs: t0, event: 'breaker_open', reason: null, details: null }
  const answered = { timeMs: t0 + 1000, event: 'answered', reason: null, details: null }
  const slot = (s: number, rows: unknown[]) => only.moves({ atMs: t0 + s * 1000, seen: { repeater_unreachable: { r: rows } } })
  t.same(slot(10, [opened]), ['repeater_unreachable r: clear>open'])
  t.same(slot(20, [opened, answered]), ['repeater_unreachable r: open>closed'])
  t.same(slot(30, [opened, answered]), [], 'read again they change nothing')
  t.same(slot(40, [{ ...opened, timeMs: t0 + 35_000 }]), ['repeater_unreachable r: clear>open'])
})

t.test('a day without any word of the worker closes, a jump of the clock does not', async (t) => {
  const only = new RulesOnly(['repeater_unreachable'])
  only.judge({ atMs: t0, seen: { repeater_unreachable: { r: [{ timeMs: t0, event: 'breaker_open', reason: null, details: null }] } } })
  t.same(only.moves({ atMs: t0 + 2 * 1440 * minute }), [], 'two days forward')
  t.same(only.moves({ atMs: t0 - 60 * minute }), [], 'an hour back')
  const moves: string[] = []
  for (let slot = 3; slot <= 8641; slot++) moves.push(...only.moves({ atMs: t0 + slot * 10_000 }))
  t.same(moves, ['repeater_unreachable r: open>closed'])
})

t.test('batteries: each reading once, older ones not, and a run ends where a reading is better', async (t) => {
  const only = new RulesOnly(['battery_low'])
  const slot = (s: number, readings: Array<[number, number]>) =>
    only.moves({ atMs: t0 + s * 1000, seen: { battery_low: { r: readings.map(([second, pct]) => ({ timeMs: t0 + second * 1000, pct, mv: 3600 })) } } })
  t.same(slot(10, [[1, 19]]), ['battery_low r: clear>pending'])
  t.same(slot(20, [[1, 19], [11, 19]]), [], 'the same reading again is no third')
  t.same(slot(30, [[5, 19]]), [], 'an older one is none')
  t.same(slot(40, [[31, 20]]), ['battery_low r: pending>clear'], 'on the line the run ends')
  t.same(slot(50, [[41, 19], [42, 18], [43, 9]]), ['battery_low r: clear>pending', 'battery_low r: pending>open'])
  t.equal(only.states.state('battery_low', 'r')?.incident?.finding.severity, 'critical')
  t.same(slot(60, [[51, 29]]), [], 'between the limits nothing changes')
  t.same(slot(70, [[61, 30]]), ['battery_low r: open>closing'])
  t.same(slot(80, [[71, 5]]), [], 'one low reading is no run')
})
