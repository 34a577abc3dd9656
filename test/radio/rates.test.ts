import t from 'tap'
import { binRates, growthOf } from '../../src/radio/rates.js'

const reading = (timeMs: number, value: number) => ({ timeMs, first: value, last: value, min: value, max: value })
const minute = 60_000

t.test('a counter grows by what lies between its readings', async (t) => {
  t.same(growthOf([reading(0, 5), reading(minute, 10), reading(3 * minute, 10)], [], { counterBits: 32 }),
    [{ timeMs: minute, minutes: 1, increase: 5 }, { timeMs: 3 * minute, minutes: 2, increase: 0 }])
  t.same(growthOf([reading(0, 5)], [], { counterBits: 32 }), [])
  t.same(growthOf([reading(0, 5), reading(500, 10)], [], { counterBits: 32 }), [], 'half a second is no rate')
})

t.test('uptime tells a reset from a wrap', async (t) => {
  const fell = [reading(0, 65_000), reading(minute, 464)]
  const ran = [reading(0, 100), reading(minute, 160)]
  const rebooted = [reading(0, 100), reading(minute, 10)]
  t.same(growthOf(fell, ran, { counterBits: 16 }), [{ timeMs: minute, minutes: 1, increase: 1000 }])
  t.same(growthOf(fell, rebooted, { counterBits: 16 }), [])
  t.same(growthOf(fell, [], { counterBits: 16 }), [], 'not known: taken for a reset')
  t.same(growthOf(fell, ran, { counterBits: 32 }), [], 'cleared by a command')
  t.same(growthOf([reading(0, 1), reading(minute, 50)], rebooted, { counterBits: 32 }), [], 'a reset that has caught up')
})

t.test('buckets grow within, and since the bucket before', async (t) => {
  const hour = 60 * minute
  const bucket = (timeMs: number, first: number, last: number, max = last) => ({ timeMs, first, last, min: Math.min(first, last), max })
  const options = { counterBits: 16 as const, bucketS: 3600 }
  t.same(growthOf([bucket(0, 0, 50), bucket(hour, 60, 100), bucket(3 * hour, 500, 520)], [], options).map(({ increase }) => increase), [50, 50, 20], 'not across a gap')
  t.same(growthOf([bucket(0, 0, 50), bucket(hour, 60, 90)], [], { ...options, nowMs: 1.5 * hour }).map(({ minutes }) => minutes), [60, 30], 'an hour that is not over')
  t.same(growthOf([bucket(0, 90, 20, 100)], [], options).map(({ increase }) => increase), [30], 'reset at 100, then up to 20')
  t.same(growthOf([bucket(0, 65_000, 20, 65_500)], [bucket(0, 100, 3600)], options).map(({ increase }) => increase), [556], 'wrapped')
})

t.test('bins hold the mean over their time and the extremes of their rates', async (t) => {
  const growths = [{ timeMs: minute, minutes: 1, increase: 60 }, { timeMs: 4 * minute, minutes: 3, increase: 0 }, { timeMs: 11 * minute, minutes: 7, increase: 7 }]
  t.same(binRates(growths, 600), [{ timeMs: 0, mean: 15, min: 0, max: 60 }, { timeMs: 600_000, mean: 1, min: 1, max: 1 }])
})
