import { Refused } from './refused.js'

// Beyond these PostgreSQL and JavaScript disagree on what a time is.
const firstMs = Date.UTC(1970, 0, 1)
const lastMs = Date.UTC(9999, 0, 1)

/** A time of a query, milliseconds since 1970; refuses what no clock shows (a 61st second, the year 0). */
export function parseTime (parameter: string, text: string): number {
  const ms = Date.parse(text)
  if (!(ms >= firstMs && ms < lastMs)) throw new Refused(400, `${parameter}: ${text} is not a time from 1970 to 9998`)
  return ms
}

/** RFC 3339 UTC with Z, or null for an absent time: a parameter of a statement. */
export function timeParameter (parameter: string, text: string | undefined): string | null {
  return text === undefined ? null : new Date(parseTime(parameter, text)).toISOString()
}

/** The moment `seconds` before `nowMs`, as a parameter of a statement. */
export function before (nowMs: number, seconds: number): string {
  return new Date(nowMs - seconds * 1000).toISOString()
}
