import type { Json } from './tables.js'

type Maybe = number | null | undefined

// An agent whose clock was set after its start counts from 1970.
const tenYearsS = 10 * 365.25 * 86_400

/** The numbers of a window of probes; where every probe was lost, agents write a time of 0 that nobody measured. */
export function withoutLost (rttMs: Maybe, jitterMs: Maybe, lossPct: Maybe): { rtt_ms: number | null, jitter_ms: number | null, loss_pct: number | null } {
  return lossPct === 100 && !rttMs
    ? { rtt_ms: null, jitter_ms: null, loss_pct: lossPct }
    : { rtt_ms: rttMs ?? null, jitter_ms: jitterMs ?? null, loss_pct: lossPct ?? null }
}

/** An uptime in seconds, null where it cannot be true. */
export function believableUptime (uptimeS: Maybe): number | null {
  return uptimeS === null || uptimeS === undefined || uptimeS > tenYearsS ? null : uptimeS
}

/** Text of a sysinfo field; agents write "unknown" or nothing where they could not read it. */
export function knownText (text: string | null | undefined): string | null {
  return !text || text.toLowerCase() === 'unknown' ? null : text
}

/** Degrees as a number; null where absent, not a number or not on earth (`limit` 90 or 180). */
export function coordinate (value: Json | undefined, limit: number): number | null {
  const degrees = typeof value === 'string' && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value
  return typeof degrees === 'number' && Math.abs(degrees) <= limit ? degrees : null
}

/** Lower case, '' where the agent does not know it: part of a key, which null must not be. */
export function foldLinkType (linkType: string | null | undefined): string {
  return knownText(linkType)?.toLowerCase() ?? ''
}

/** The same value with every time of 1970-01-01 null: a clock that was never set. */
export function withoutUnsetTimes (value: Json): Json {
  if (typeof value === 'string') return value.startsWith('1970-01-01T') ? null : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withoutUnsetTimes)
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withoutUnsetTimes(field)]))
}
