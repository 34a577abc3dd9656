import type { WallClock } from '../charts/wall-clock.js'

/** A month, counted from 1, or a whole year, of the report's own time zone. */
export interface Period { year: number, month?: number }
export interface Month { year: number, month: number }

/** A local day; 23 or 25 hours long where clocks are changed. `toMs` is the midnight that ends it. */
export interface Day extends Month { day: number, fromMs: number, toMs: number }

const dayMs = 86_400_000

/** The days of a period, in order. */
export function daysOf ({ year, month }: Period, clock: WallClock): Day[] {
  const firstWall = Date.UTC(year, (month ?? 1) - 1, 1)
  const endWall = month === undefined ? Date.UTC(year + 1, 0, 1) : Date.UTC(year, month, 1)
  const midnights = Array.from({ length: (endWall - firstWall) / dayMs + 1 }, (_, i) => clock.toInstant(firstWall + i * dayMs))
  return midnights.slice(1).map((toMs, i) => {
    const date = new Date(firstWall + i * dayMs)
    return { year, month: date.getUTCMonth() + 1, day: date.getUTCDate(), fromMs: midnights[i] ?? toMs, toMs }
  })
}

/** The midnight a day before, from which on the first day's counters count. */
export function dayBefore (fromMs: number, clock: WallClock): number {
  return clock.toInstant(clock.toWall(fromMs) - dayMs)
}

/** Both ends of a period, milliseconds since 1970. */
export function spanOf ({ year, month }: Period, clock: WallClock): { fromMs: number, toMs: number } {
  const end = month === undefined ? Date.UTC(year + 1, 0, 1) : Date.UTC(year, month, 1)
  return { fromMs: clock.toInstant(Date.UTC(year, (month ?? 1) - 1, 1)), toMs: clock.toInstant(end) }
}

export function monthAt (timeMs: number, clock: WallClock): Month {
  const wall = new Date(clock.toWall(timeMs))
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1 }
}

/** So many months later, or earlier. */
export function shiftMonth ({ year, month }: Month, by: number): Month {
  const shifted = new Date(Date.UTC(year, month - 1 + by, 1))
  return { year: shifted.getUTCFullYear(), month: shifted.getUTCMonth() + 1 }
}

/** The months from one to another, both included. */
export function monthsBetween (first: Month, last: Month): Month[] {
  const count = (last.year - first.year) * 12 + last.month - first.month + 1
  return Array.from({ length: Math.max(0, count) }, (_, i) => shiftMonth(first, i))
}

/** RFC 3339 with the zone's offset, to the second. */
export function localTime (timeMs: number, clock: WallClock): string {
  const wallMs = clock.toWall(timeMs)
  const offsetMinutes = Math.round((wallMs - timeMs) / 60_000)
  const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60].map((part) => String(part).padStart(2, '0'))
  return `${new Date(wallMs).toISOString().slice(0, 19)}${offsetMinutes < 0 ? '-' : '+'}${hours}:${minutes}`
}

/** `2026-03-09` */
export function dateText ({ year, month, day }: Pick<Day, 'year' | 'month' | 'day'>): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10)
}

/** `2026-03`, or `2026`. */
export function periodText ({ year, month }: Period): string {
  return month === undefined ? String(year) : `${year}-${String(month).padStart(2, '0')}`
}

const names = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

/** `January 2024`, or `2024`. */
export function periodTitle ({ year, month }: Period): string {
  return month === undefined ? String(year) : `${monthName(month)} ${year}`
}

export function monthName (month: number): string {
  return names[month - 1] ?? String(month)
}

/** A year and those of its months of which there is a report. */
export interface YearEntry { year: number, months: number[] }

/** Newest year first, its months in order. */
export function byYear (months: Month[]): YearEntry[] {
  const years = [...new Set(months.map(({ year }) => year))].sort((a, b) => b - a)
  return years.map((year) => ({ year, months: months.filter((one) => one.year === year).map(({ month }) => month).sort((a, b) => a - b) }))
}

/** The periods before and after one of those there are, of the same length. */
export function neighboursOf ({ year, month }: Period, years: YearEntry[]): { previous?: Period, next?: Period } {
  const ordered = years.toReversed()
  const periods: Period[] = month === undefined ? ordered.map(({ year }) => ({ year })) : ordered.flatMap(({ year, months }) => months.map((month) => ({ year, month })))
  const place = (period: Period) => period.year * 12 + (period.month ?? 0)
  const here = place({ year, ...(month !== undefined && { month }) })
  const previous = periods.findLast((period) => place(period) < here)
  const next = periods.find((period) => place(period) > here)
  return { ...(previous && { previous }), ...(next && { next }) }
}
