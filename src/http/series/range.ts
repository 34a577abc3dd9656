import { Refused } from '../refused.js'
import { parseTime } from '../time.js'

export type Source = 'raw' | 'hourly' | 'daily'

/** What a series query asks for, as given. */
export interface RangeQuery { from?: string, to?: string, step?: number, points?: number }

/** How long rows are kept, in seconds; Infinity for ever. */
export interface Kept { rawS: number, hourlyS: number }

/** `nowMs`: a bucket that it lies in is not over yet. */
export interface Range { fromMs: number, toMs: number, stepS: number, source: Source, nowMs: number }

const daySeconds = 86_400
const hourSeconds = 3600
const defaultPoints = 500
const mostPoints = 10_000
/** More raw rows than a month's take longer to read than anybody waits on a Raspberry Pi. */
const longestRawS = 31 * daySeconds

const unitSeconds: Readonly<Record<string, number>> = { hour: hourSeconds, day: daySeconds, week: 7 * daySeconds, month: 30 * daySeconds, year: 365 * daySeconds }

/** Seconds of an age as in the settings: `90 days`, `forever`. */
export function ageSeconds (age: string): number {
  const [count, unit = ''] = age.split(' ')
  return age === 'forever' ? Infinity : Number(count) * (unitSeconds[unit.replace(/s$/, '')] ?? NaN)
}

/**
 * Which rows answer a query: raw ones for short ranges, else hourly or daily aggregates, and an aggregate where raw rows are gone
 * already. The step is at least the source's own.
 */
export function chooseRange (query: RangeQuery, kept: Kept, nowMs: number): Range {
  const { step, points } = query
  if (step !== undefined && points !== undefined) throw new Refused(400, 'step and points exclude each other')
  const toMs = query.to === undefined ? nowMs : parseTime('to', query.to)
  const fromMs = query.from === undefined ? toMs - daySeconds * 1000 : parseTime('from', query.from)
  const rangeS = (toMs - fromMs) / 1000
  if (rangeS <= 0) throw new Refused(400, 'from must be before to')
  const wantedS = step ?? Math.ceil(rangeS / (points ?? defaultPoints))
  if (rangeS / wantedS > mostPoints) throw new Refused(400, `step: ${wantedS} s give more than ${mostPoints} points in this range`)

  const source = chooseSource({ wantedS, rangeS, ageS: (nowMs - fromMs) / 1000 }, kept)
  const ownS = { raw: 1, hourly: hourSeconds, daily: daySeconds }[source]
  return { fromMs, toMs, stepS: Math.ceil(wantedS / ownS) * ownS, source, nowMs }
}

function chooseSource ({ wantedS, rangeS, ageS }: { wantedS: number, rangeS: number, ageS: number }, kept: Kept): Source {
  if (wantedS >= daySeconds || ageS > kept.hourlyS) return 'daily'
  if (wantedS >= hourSeconds || ageS > kept.rawS || rangeS > longestRawS) return 'hourly'
  return 'raw'
}
