/** The clocks of a time zone. A wall time is what they show, as the milliseconds since 1970 at which UTC shows the same. */
export interface WallClock {
  toWall (timeMs: number): number
  /** Of a time that comes twice the first; of one that is skipped the moment as long after the jump. */
  toInstant (wallMs: number): number
  /** Such as CET, or GMT+7 where the zone has no name of its own. */
  zoneName (timeMs: number): string
}

const dayMs = 86_400_000

/** Throws a RangeError where there is no such IANA zone. */
export function wallClock (timeZone: string): WallClock {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric', fractionalSecondDigits: 3,
  })
  const names = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'short' })

  function toWall (timeMs: number): number {
    const shown = new Map(parts.formatToParts(timeMs).map(({ type, value }) => [type, Number(value)]))
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0] =
      (['year', 'month', 'day', 'hour', 'minute', 'second', 'fractionalSecond'] as const).map((type) => shown.get(type))
    return Date.UTC(year, month - 1, day, hour, minute, second, ms)
  }

  const offset = (timeMs: number) => toWall(timeMs) - timeMs

  return {
    toWall,
    toInstant (wallMs) {
      const [before, after] = [wallMs - offset(wallMs - dayMs), wallMs - offset(wallMs + dayMs)]
      const shows = [before, after].filter((timeMs) => toWall(timeMs) === wallMs)
      return shows.length === 0 ? before : Math.min(...shows)
    },
    zoneName: (timeMs) => names.formatToParts(timeMs).find(({ type }) => type === 'timeZoneName')?.value ?? timeZone,
  }
}

/** Whether there is an IANA zone of this name. */
export function isTimeZone (name: string): boolean {
  try {
    return wallClock(name) !== undefined
  } catch {
    return false
  }
}
