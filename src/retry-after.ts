/** Milliseconds that a `Retry-After` header asks for (seconds or an HTTP date), at least a second; undefined where it says nothing. */
export function readRetryAfter (header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return Number.isNaN(ms) ? undefined : Math.max(ms, 1000)
}
