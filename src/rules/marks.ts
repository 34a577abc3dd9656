import type { Slot, Statement } from './rule.js'
import { commitMs, isoOf } from './sql.js'

/** What need not be known to the second is judged once a minute: a tenth of the work, and of what is written. */
export const markMs = 60_000

/** The last full minute before a moment. */
export function markOf (ms: number): number {
  return Math.floor(ms / markMs) * markMs
}

/** Whether a multiple of `everyMs` lies between two moments, the later one included. */
export function crosses (sinceMs: number | null, atMs: number, everyMs: number): boolean {
  return sinceMs === null || Math.floor(sinceMs / everyMs) !== Math.floor(atMs / everyMs)
}

/**
 * A statement by minutes: $1 are the moments whose slot ends a minute (up to which receipts belong to it), $2 since when they do, $3 and $4 the span of all of
 * them, the first a little earlier: some of its rows were not yet committed at the mark before. Null where no minute ends.
 */
export function atMarks (slots: Slot[], text: string, ...values: unknown[]): Statement | null {
  const marks = slots.map(({ atMs, sinceMs }) => ({ atMs, afterMs: markOf(sinceMs), untilMs: markOf(atMs) })).filter(({ afterMs, untilMs }) => untilMs > afterMs)
  const [first, last] = [marks[0], marks.at(-1)]
  if (first === undefined || last === undefined) return null
  return {
    text,
    values: [
      marks.map(({ atMs }) => isoOf(atMs)), marks.map(({ afterMs }) => isoOf(afterMs)),
      isoOf(first.afterMs - commitMs), isoOf(last.untilMs), ...values,
    ],
  }
}

/** The place of a row's slot among those of `since`, ascending: a row belongs to the first slot whose `at` is not before its arrival. Earlier rows go to the first. */
export function placeOf (arrival: string, since: string): string {
  return `greatest(1, width_bucket(${arrival} - interval '1 microsecond', ${since}::timestamptz[]))`
}
