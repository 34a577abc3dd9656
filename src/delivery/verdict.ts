import { readRetryAfter } from '../retry-after.js'
import { readObject, readTaken, type CollectorAnswer } from './collector.js'

/** What an answer means for the messages that were sent. */
export type Verdict =
  | { is: 'taken', stored: number, duplicates: number, refused: { index: number, reason: unknown }[] }
  | { is: 'too large' }
  /** `kind` tells one cause from another; `waitMs` is what the collector asked for. */
  | { is: 'trouble', kind: 'away' | 'token' | 'address', text: string, waitMs?: number }

const shownCharacters = 200

/** Judges the answer to a request of `count` messages, at most 100: of more, a collector does not list all that it refused. */
export function judgeAnswer (answer: CollectorAnswer, count: number, nowMs: number): Verdict {
  const { status, body } = answer
  if (status === 200) return judgeTaken(body, count)
  if (status === 413) return { is: 'too large' }
  const { rejected, detail } = readObject(body)
  const said = typeof detail === 'string' ? `: ${detail.slice(0, shownCharacters)}` : ''
  if (status === 400 && Array.isArray(rejected) && rejected.length === count) {
    return { is: 'taken', stored: 0, duplicates: 0, refused: rejected.map((entry: unknown, index) => ({ index, reason: { ...object(entry), ...(count === 1 && { detail }) } })) }
  }
  if (status === 401 || status === 403) return { is: 'trouble', kind: 'token', text: `answers ${status}${said}: set INGEST_TOKEN to the collector's` }
  if (status === 429 || status >= 500 || status === 408) {
    const waitMs = readRetryAfter(answer.retryAfter, nowMs)
    return { is: 'trouble', kind: 'away', text: `answers ${status}${said}`, ...(waitMs !== undefined && { waitMs }) }
  }
  return { is: 'trouble', kind: 'address', text: `answers ${status}${said}, as no collector does: set COLLECTOR_URL to the address of one` }
}

function judgeTaken (body: string, count: number): Verdict {
  const taken = readTaken(body)
  if (taken?.received !== count) return { is: 'trouble', kind: 'address', text: 'does not answer as a collector does: set COLLECTOR_URL to the address of one' }
  const refused = taken.rejected.flatMap((entry) => {
    const { index } = object(entry)
    return typeof index === 'number' && index < count ? [{ index, reason: entry }] : []
  })
  return { is: 'taken', stored: taken.stored, duplicates: taken.duplicates, refused }
}

function object (value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
