import { readRetryAfter } from '../../retry-after.js'

/** What came of one attempt. `reason` never holds a secret and is bounded. */
export type Result =
  | { is: 'sent', detail: string }
  | { is: 'failed', reason: string, permanent: boolean, waitMs?: number }

const firstWaitMs = 5000
const longestWaitMs = 3_600_000

/** 408 and 425: too slow, too early; 409 and 423: it is being taken already; 429: too many. All others of 4xx stay as they are. */
const passing: ReadonlySet<number> = new Set([408, 409, 423, 425, 429])

/** When to try again after the attempt of this number failed, or null: never. 5 s, 10 s, 20 s ... 1 h, for as long as the message lives. */
export function nextAttempt ({ permanent, waitMs }: { permanent: boolean, waitMs?: number }, attempts: number, { nowMs, expiresMs }: { nowMs: number, expiresMs: number }): number | null {
  if (permanent) return null
  const atMs = nowMs + Math.min(waitMs ?? firstWaitMs * 2 ** Math.min(attempts - 1, 20), longestWaitMs)
  return atMs < expiresMs ? atMs : null
}

export interface Answer {
  status: number
  /** `Retry-After`, `Location`. */
  retryAfter: string | undefined
  location: string | undefined
  /** Its first characters. */
  text: string
}

/** The status alone decides: a receiver that said 200 has the message, whatever became of the rest of its answer. */
export function judgeAnswer ({ status, retryAfter, location, text }: Answer, nowMs: number): Result {
  if (status >= 200 && status < 300) return { is: 'sent', detail: String(status) }
  if (status >= 300 && status < 400) return { is: 'failed', permanent: false, reason: `answered ${status}${location === undefined ? '' : ` to ${hostOf(location)}`}: redirects are not followed; set the address it leads to` }
  const said = text.trim() === '' ? '' : `: ${text.trim()}`
  const waitMs = readRetryAfter(retryAfter, nowMs)
  return { is: 'failed', permanent: status >= 400 && status < 500 && !passing.has(status), reason: `answered ${status}${said}`, ...(waitMs !== undefined && { waitMs }) }
}

/** A path may hold a secret. */
function hostOf (location: string): string {
  return URL.canParse(location) ? new URL(location).host : 'another path'
}
