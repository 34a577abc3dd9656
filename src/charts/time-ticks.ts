import { utcFormat } from 'd3-time-format'
import type { WallClock } from './wall-clock.js'

export interface Tick { timeMs: number, label: string }

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Ticks of ranges up to `spanMs`: from one wall time to the next, and how they are written. */
interface Rule {
  spanMs: number
  /** The last tick at or before a wall time. */
  floor (wallMs: number): number
  next (wallMs: number): number
  format: (time: Date) => string
}

/** Steps that divide a day. */
function everyMs (stepMs: number) {
  return { floor: (wallMs: number) => Math.floor(wallMs / stepMs) * stepMs, next: (wallMs: number) => wallMs + stepMs }
}

/** The 1st, 6th, … 26th: the 31st would stand too close to the 1st. */
const every5Days = {
  floor: (wallMs: number) => atDay(wallMs, 0, 1 + 5 * Math.min(5, Math.floor((new Date(wallMs).getUTCDate() - 1) / 5))),
  next: (wallMs: number) => {
    const day = new Date(wallMs).getUTCDate()
    return day >= 26 ? atDay(wallMs, 1, 1) : atDay(wallMs, 0, day + 5)
  },
}

function everyMonths (months: number) {
  return {
    floor: (wallMs: number) => atDay(wallMs, -(new Date(wallMs).getUTCMonth() % months), 1),
    next: (wallMs: number) => atDay(wallMs, months, 1),
  }
}

/** Midnight of a day of the month, `months` later. */
function atDay (wallMs: number, months: number, day: number): number {
  const time = new Date(wallMs)
  return Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + months, day)
}

const clock = utcFormat('%H:%M')
const weekday = utcFormat('%a')
const day = utcFormat('%-d')
const dayAndMonth = utcFormat('%-d %b')
const month = utcFormat('%b')
const monthAndYear = utcFormat('%b %Y')
const year = utcFormat('%Y')

/** Day, week, month and year as meshcore-stats has them; the others for ranges between and beyond. */
const rules: Rule[] = [
  { spanMs: 3 * hourMs, ...everyMs(hourMs / 2), format: clock },
  { spanMs: 9 * hourMs, ...everyMs(hourMs), format: clock },
  { spanMs: 36 * hourMs, ...everyMs(4 * hourMs), format: clock },
  { spanMs: 72 * hourMs, ...everyMs(12 * hourMs), format: clock },
  { spanMs: 10 * dayMs, ...everyMs(dayMs), format: weekday },
  { spanMs: 45 * dayMs, ...every5Days, format: (time) => time.getUTCDate() === 1 ? dayAndMonth(time) : day(time) },
  { spanMs: 400 * dayMs, ...everyMonths(1), format: month },
  { spanMs: 1500 * dayMs, ...everyMonths(3), format: monthAndYear },
]
const longest: Rule = { spanMs: Infinity, ...everyMonths(12), format: year }

/** Ticks of a time axis at round times of the zone, both ends included. */
export function timeTicks (fromMs: number, toMs: number, { toWall, toInstant }: WallClock): Tick[] {
  const rule = rules.find(({ spanMs }) => toMs - fromMs <= spanMs) ?? longest
  const ticks: Tick[] = []
  for (let wallMs = rule.floor(toWall(fromMs)); ; wallMs = rule.next(wallMs)) {
    const timeMs = toInstant(wallMs)
    if (timeMs > toMs) return ticks
    if (timeMs >= fromMs) ticks.push({ timeMs, label: rule.format(new Date(toWall(timeMs))) })
  }
}
