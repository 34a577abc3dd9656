import type { Slot } from './rule.js'

/** A row carries the time of its receipt, and may become visible this much later: it is written in a transaction with others, and a queue comes before. */
export const commitMs = 30_000

/** Milliseconds with microseconds as fraction, as the engine counts time, of a timestamptz expression. */
export function timeMs (expression: string): string {
  return `(extract(epoch from ${expression}) * 1000)::float8`
}

/** A time of the engine as RFC 3339 text with its microseconds, for a parameter or an answer. */
export function isoOf (ms: number): string {
  const us = Math.round(ms * 1000)
  const wholeMs = Math.floor(us / 1000)
  return `${new Date(wholeMs).toISOString().slice(0, -1)}${String(us - wholeMs * 1000).padStart(3, '0')}Z`
}

/** What several slots cover: new since, the first moment judged, the last. */
export function spanOf (slots: Slot[]): { sinceMs: number, firstMs: number, atMs: number } {
  return { sinceMs: Math.min(...slots.map(({ sinceMs }) => sinceMs)), firstMs: Math.min(...slots.map(({ atMs }) => atMs)), atMs: Math.max(...slots.map(({ atMs }) => atMs)) }
}

/** Values for `unnest($1::timestamptz[], $2::timestamptz[]) as slot (at, since)`. */
export function slotValues (slots: Slot[]): [string[], string[]] {
  return [slots.map(({ atMs }) => isoOf(atMs)), slots.map(({ sinceMs }) => isoOf(sinceMs))]
}
