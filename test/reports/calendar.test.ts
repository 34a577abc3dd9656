import t from 'tap'
import { wallClock } from '../../src/charts/wall-clock.js'
import { dayBefore, daysOf, localTime, monthAt, monthsBetween, periodText, shiftMonth, spanOf } from '../../src/reports/calendar.js'

const hourMs = 3_600_000
const iso = (timeMs: number) => new Date(timeMs).toISOString()
const hours = (timeZone: string, period: { year: number, month: number }) => daysOf(period, wallClock(timeZone)).map(({ fromMs, toMs }) => (toMs - fromMs) / hourMs)

t.test('a month has the days of its zone, west and east of UTC', async (t) => {
  for (const [zone, from, to] of [
    ['America/New_York', '2026-02-01T05:00:00.000Z', '2026-03-01T05:00:00.000Z'],
    ['Asia/Kolkata', '2026-01-31T18:30:00.000Z', '2026-02-28T18:30:00.000Z'],
    ['UTC', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
  ] as const) {
    const days = daysOf({ year: 2026, month: 2 }, wallClock(zone))
    t.equal(days.length, 28)
    t.same([iso(days[0]!.fromMs), iso(days.at(-1)!.toMs)], [from, to], zone)
    t.same(spanOf({ year: 2026, month: 2 }, wallClock(zone)), { fromMs: Date.parse(from), toMs: Date.parse(to) })
    t.equal(iso(dayBefore(Date.parse(from), wallClock(zone))), iso(Date.parse(from) - 24 * hourMs))
  }
})

t.test('days of 23 and 25 hours where clocks change', async (t) => {
  const [march, october] = [3, 10].map((month) => hours('Europe/Amsterdam', { year: 2026, month }))
  t.same(march?.flatMap((length, i) => length === 24 ? [] : [[i + 1, length]]), [[29, 23]])
  t.same(october?.flatMap((length, i) => length === 24 ? [] : [[i + 1, length]]), [[25, 25]])
  t.same(hours('UTC', { year: 2026, month: 3 }).filter((length) => length !== 24), [])
  t.equal(daysOf({ year: 2028 }, wallClock('Europe/Amsterdam')).length, 366)
})

t.test('times carry the offset of their moment', async (t) => {
  const amsterdam = wallClock('Europe/Amsterdam')
  t.equal(localTime(Date.UTC(2026, 0, 5, 6, 7, 8), amsterdam), '2026-01-05T07:07:08+01:00')
  t.equal(localTime(Date.UTC(2026, 6, 5, 6, 7, 8), amsterdam), '2026-07-05T08:07:08+02:00')
  t.equal(localTime(Date.UTC(2026, 6, 5, 2), wallClock('America/St_Johns')), '2026-07-04T23:30:00-02:30')
  t.equal(localTime(Date.UTC(2026, 6, 5, 2), wallClock('UTC')), '2026-07-05T02:00:00+00:00')
})

t.test('months follow one another', async (t) => {
  t.same(monthAt(Date.UTC(2026, 0, 1, 2), wallClock('America/New_York')), { year: 2025, month: 12 })
  t.same(monthAt(Date.UTC(2025, 11, 31, 23), wallClock('Europe/Amsterdam')), { year: 2026, month: 1 })
  t.same(shiftMonth({ year: 2026, month: 1 }, -1), { year: 2025, month: 12 })
  t.same(monthsBetween({ year: 2025, month: 12 }, { year: 2026, month: 2 }).map(periodText), ['2025-12', '2026-01', '2026-02'])
  t.same(monthsBetween({ year: 2026, month: 3 }, { year: 2026, month: 2 }), [])
})
