/** Airtime spent within one minute; it counts as spent at `atMs`, the newest moment of it. */
export interface Spent { atMs: number, ms: number }

/** A share of the airtime for remote requests. Times are milliseconds of one clock of the caller's that only grows. */
export interface Budget {
  /**
   * Whether a round that will probably cost so much may begin: a tenth of the hour is left behind it for second tries, which nobody can
   * plan, and the last quarter of an hour has not had its share yet, so that an hour's airtime is not gone in its first minutes.
   */
  mayBegin (ms: number, nowMs: number): boolean
  /** A round that costs more can never begin. */
  mostMs: number
  /** When a round of that cost may begin if nothing else is spent; Infinity where it never may. */
  nextMs (ms: number, nowMs: number): number
  /** What a quarter of an hour is for, and what the last one took. */
  quarter (nowMs: number): { shareMs: number, spentMs: number }
  /** Whether one more request fits into the hour, with its answer. */
  allows (ms: number, nowMs: number): boolean
  spend (ms: number, nowMs: number): void
  leftMs (nowMs: number): number
  /** All that was spent since the start. */
  totalMs (): number
  /** What was spent within the last hour, oldest first; at most 62 entries. */
  spent (nowMs: number): Spent[]
}

const minuteMs = 60_000
const quarterMs = 15 * minuteMs
const hourMs = 60 * minuteMs
const planned = 0.9

/**
 * No hour, wherever it begins, holds more than `perHourMs`, if each spending is asked for.
 * @param before what was spent before the start, oldest first, by the same clock
 */
export function createBudget (perHourMs: number, before: Spent[] = []): Budget {
  let spendings = before.map((one) => ({ ...one }))
  let totalMs = 0

  function sumSince (sinceMs: number): number {
    return spendings.reduce((sum, { atMs, ms }) => atMs > sinceMs ? sum + ms : sum, 0)
  }

  function leftMs (nowMs: number): number {
    return Math.max(perHourMs - sumSince(nowMs - hourMs), 0)
  }

  const shareMs = planned * perHourMs / 4
  const mayBegin = (ms: number, nowMs: number): boolean => ms <= leftMs(nowMs) - (1 - planned) * perHourMs && sumSince(nowMs - quarterMs) < shareMs
  const allows = (ms: number, nowMs: number): boolean => ms <= leftMs(nowMs)

  return {
    allows,
    leftMs,
    mostMs: planned * perHourMs,
    mayBegin,
    nextMs (ms, nowMs) {
      const changes = spendings.flatMap(({ atMs }) => [atMs + quarterMs, atMs + hourMs]).map(Math.ceil).filter((atMs) => atMs > nowMs).sort((a, b) => a - b)
      return [nowMs, ...changes].find((atMs) => mayBegin(ms, atMs)) ?? Infinity
    },
    quarter: (nowMs) => ({ shareMs, spentMs: sumSince(nowMs - quarterMs) }),
    spend (ms, nowMs) {
      totalMs += ms
      spendings = spendings.filter(({ atMs }) => atMs > nowMs - hourMs)
      const newest = spendings.at(-1)
      if (newest !== undefined && Math.floor(newest.atMs / minuteMs) === Math.floor(nowMs / minuteMs)) {
        newest.ms += ms
        newest.atMs = nowMs
      } else {
        spendings.push({ atMs: nowMs, ms })
      }
    },
    totalMs: () => totalMs,
    spent: (nowMs) => spendings.filter(({ atMs }) => atMs > nowMs - hourMs).map((one) => ({ ...one })),
  }
}
