import { parseDuration } from '../simulate/faults.js'

/** A text that is no moment; the message says what one looks like. */
export class MomentError extends Error {
  override name = 'MomentError'
}

/** Milliseconds since 1970 of an RFC 3339 time, `now`, or a span back from now such as `-24h`. @throws MomentError */
export function parseMoment (text: string, nowMs: number): number {
  if (text === 'now') return nowMs
  try {
    if (text.startsWith('-')) return nowMs - parseDuration(text.slice(1))
  } catch {
    throw new MomentError(`"${text}" is not a time like -90m, -24h or -7d`)
  }
  const ms = Date.parse(text)
  if (!/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/i.test(text) || Number.isNaN(ms)) throw new MomentError(`"${text}" is not a time like 2026-11-01T00:00:00Z, -24h or now`)
  return ms
}
