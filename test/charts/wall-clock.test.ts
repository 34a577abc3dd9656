import fc from 'fast-check'
import t from 'tap'
import { timeTicks } from '../../src/charts/time-ticks.js'
import { wallClock } from '../../src/charts/wall-clock.js'
import { windowRange, type WindowName } from '../../src/charts/windows.js'

const zurich = wallClock('Europe/Zurich')
const hourMs = 3_600_000
const dayMs = 24 * hourMs

function labels (from: string, to: string, zone = 'Europe/Zurich'): string[] {
  return timeTicks(Date.parse(from), Date.parse(to), wallClock(zone)).map(({ timeMs, label }) => `${new Date(timeMs).toISOString().slice(5, 16)} ${label}`)
}

t.test('what clocks of a zone show, and when they show it', async (t) => {
  t.equal(zurich.toWall(Date.UTC(2026, 6, 1, 10)), Date.UTC(2026, 6, 1, 12))
  t.equal(zurich.toInstant(Date.UTC(2026, 6, 1, 12)), Date.UTC(2026, 6, 1, 10))
  t.equal(zurich.toInstant(Date.UTC(2026, 2, 29, 2, 30)), Date.UTC(2026, 2, 29, 1, 30), 'skipped: as long after the jump')
  t.equal(zurich.toInstant(Date.UTC(2026, 9, 25, 2, 30)), Date.UTC(2026, 9, 25, 0, 30), 'twice: the first')
  t.equal(wallClock('America/Santiago').toInstant(Date.UTC(2026, 8, 6)), Date.UTC(2026, 8, 6, 4), 'a day that begins at 1 o\'clock')
  t.equal(zurich.zoneName(Date.UTC(2026, 6, 1)), 'CEST')
  t.equal(wallClock('Asia/Kathmandu').toWall(0), 5.5 * hourMs)
  t.throws(() => wallClock('Mars/Phobos'), RangeError)
})

t.test('a moment is found again from what its clocks show, but for the hour that comes twice', async (t) => {
  const zones = ['Europe/Zurich', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia', 'UTC'].map((zone) => wallClock(zone))
  const span = { min: Date.UTC(2012, 0, 1), max: Date.UTC(2040, 0, 1) }
  fc.assert(fc.property(fc.integer(span), fc.constantFrom(...zones), (timeMs, clock) => {
    const again = clock.toInstant(clock.toWall(timeMs))
    return clock.toWall(again) === clock.toWall(timeMs) && (again === timeMs || (again < timeMs && timeMs - again <= hourMs))
  }))
  t.pass('held')
})

t.test('the day has a tick every four hours, the days of a change of clocks too', async (t) => {
  t.same(labels('2026-06-15T10:00:00Z', '2026-06-16T10:00:00Z'), ['06-15T10:00 12:00', '06-15T14:00 16:00', '06-15T18:00 20:00', '06-15T22:00 00:00', '06-16T02:00 04:00', '06-16T06:00 08:00', '06-16T10:00 12:00'])
  t.same(labels('2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'), ['03-28T23:00 00:00', '03-29T02:00 04:00', '03-29T06:00 08:00', '03-29T10:00 12:00', '03-29T14:00 16:00', '03-29T18:00 20:00', '03-29T22:00 00:00'], '23 hours')
  t.same(labels('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z').length, 7, '25 hours')
})

t.test('week, month and year', async (t) => {
  t.same(labels('2026-03-25T12:00:00Z', '2026-04-01T12:00:00Z'), [
    '03-25T23:00 Thu', '03-26T23:00 Fri', '03-27T23:00 Sat', '03-28T23:00 Sun', '03-29T22:00 Mon', '03-30T22:00 Tue', '03-31T22:00 Wed',
  ], 'at local midnight, whichever time it is')
  t.same(labels('2026-01-15T00:00:00Z', '2026-02-15T00:00:00Z', 'UTC').map((label) => label.slice(12)), ['16', '21', '26', '1 Feb', '6', '11'], 'no 31')
  t.same(labels('2025-06-15T00:00:00Z', '2026-06-15T00:00:00Z', 'UTC').map((label) => label.slice(12)), ['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec', 'Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'])
  t.same(labels('2026-06-15T10:10:00Z', '2026-06-15T11:40:00Z', 'UTC').map((label) => label.slice(12)), ['10:30', '11:00', '11:30'])
  t.same(labels('2020-06-15T00:00:00Z', '2026-06-15T00:00:00Z', 'UTC').map((label) => label.slice(12)), ['2021', '2022', '2023', '2024', '2025', '2026'])
})

t.test('in every zone and window: ticks in order, in the range, neither none nor a crowd', async (t) => {
  const zones = ['Europe/Zurich', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'Asia/Kathmandu'].map((zone) => wallClock(zone))
  const crowds: Record<WindowName, [number, number]> = { day: [5, 8], week: [6, 8], month: [5, 8], year: [11, 13] }
  fc.assert(fc.property(fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2036, 0, 1) }), fc.constantFrom(...zones), fc.constantFrom('day', 'week', 'month', 'year'), (nowMs, clock, window) => {
    const { fromMs, toMs } = windowRange(window, nowMs)
    const ticks = timeTicks(fromMs, toMs, clock)
    const [least, most] = crowds[window]
    return toMs > nowMs && toMs - nowMs <= dayMs && ticks.length >= least && ticks.length <= most &&
      ticks.every(({ timeMs }, i) => timeMs >= fromMs && timeMs <= toMs && timeMs > (ticks[i - 1]?.timeMs ?? -Infinity))
  }))
  t.pass('held')
})
