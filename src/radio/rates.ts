/** A counter or an uptime: one reading (all four alike), or the readings of one bucket. */
export interface CounterReading { timeMs: number, first: number, last: number, min: number, max: number }

/** What a counter grew by in the time that ends at `timeMs`. */
export interface Growth { timeMs: number, minutes: number, increase: number }

export interface RateOptions {
  counterBits: 16 | 32
  /** Width of a bucket; undefined for single readings. */
  bucketS?: number
  /** Now, where the newest bucket may not be over: it counts for the time that has passed of it. */
  nowMs?: number
}

/** Readings closer together than this say nothing about a rate. */
const leastMinutes = 1 / 60

/**
 * How a counter grew between readings (oldest first), by uptime at the same times where it is known. A counter that fell while uptime
 * grew has wrapped if it has 16 bits; else it was reset, and how much it had counted is not known: that time is left out. A counter of
 * 32 bits wraps once in years, but can be cleared by a command.
 */
export function growthOf (readings: CounterReading[], uptimes: CounterReading[], { counterBits, bucketS, nowMs = Infinity }: RateOptions): Growth[] {
  const uptimeAt = new Map(uptimes.map((uptime) => [uptime.timeMs, uptime]))
  const wrap = counterBits === 16 ? 2 ** 16 : null

  function between (previous: CounterReading, next: CounterReading): number | null {
    const [before, after] = [uptimeAt.get(previous.timeMs), uptimeAt.get(next.timeMs)]
    const ran = before && after && after.first >= before.last
    if (ran === false) return null
    const increase = next.first - previous.last
    if (increase >= 0) return increase
    return ran === true && wrap !== null ? increase + wrap : null
  }

  /** From the first to the last reading of a bucket. After a reset: what was seen before it and since. */
  function within (bucket: CounterReading): number {
    const { first, last, max } = bucket
    const uptime = uptimeAt.get(bucket.timeMs)
    const fell = last < first || max > last
    const ran = uptime !== undefined && uptime.last >= uptime.first && uptime.max <= uptime.last
    if (!fell) return last - first
    return ran && wrap !== null ? last - first + wrap : max - first + last
  }

  return readings.flatMap((next, i) => {
    const previous = readings[i - 1]
    if (bucketS === undefined) {
      if (previous === undefined) return []
      const minutes = (next.timeMs - previous.timeMs) / 60_000
      const increase = between(previous, next)
      return increase === null || minutes < leastMinutes ? [] : [{ timeMs: next.timeMs, minutes, increase }]
    }
    const adjoins = previous !== undefined && next.timeMs - previous.timeMs === bucketS * 1000
    const minutes = Math.min(bucketS * 1000, nowMs - next.timeMs) / 60_000
    return minutes < leastMinutes ? [] : [{ timeMs: next.timeMs, minutes, increase: within(next) + (adjoins ? between(previous, next) ?? 0 : 0) }]
  })
}

/** Mean, least and greatest rate per minute in bins of `stepS`, aligned to the epoch. */
export function binRates (growths: Growth[], stepS: number): { timeMs: number, mean: number, min: number, max: number }[] {
  const bins = new Map<number, { minutes: number, increase: number, rates: number[] }>()
  for (const { timeMs, minutes, increase } of growths) {
    const start = Math.floor(timeMs / (stepS * 1000)) * stepS * 1000
    const bin = bins.get(start) ?? { minutes: 0, increase: 0, rates: [] }
    bins.set(start, bin)
    bin.minutes += minutes
    bin.increase += increase
    bin.rates.push(increase / minutes)
  }
  return [...bins].sort(([a], [b]) => a - b).map(([timeMs, { minutes, increase, rates }]) => ({
    timeMs,
    mean: increase / minutes,
    min: rates.reduce((least, rate) => Math.min(least, rate), Infinity),
    max: rates.reduce((greatest, rate) => Math.max(greatest, rate), -Infinity),
  }))
}
