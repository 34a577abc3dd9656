import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refused } from './refused.js'

/** Values of the columns a list is sorted by, of its last row: the next page starts after them, whatever is inserted meanwhile. */
export type Key = (string | number)[]
type Part = 'time' | 'integer' | 'text'

export interface Page<Row> {
  rows: Row[]
  /** Where the next page starts, or null on the last one. */
  next: Key | null
}

const longestText = 600
const parts: Record<Part, (value: unknown) => boolean> = {
  time: (value) => typeof value === 'string' && /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(value) && isTime(value),
  integer: (value) => Number.isSafeInteger(value),
  text: (value) => typeof value === 'string' && value.length <= longestText && !value.includes('\u0000') && !/\p{Cs}/u.test(value),
}

/** A date that the calendar has: 30 February reads as 2 March and is none. */
function isTime (text: string): boolean {
  const ms = Date.parse(text)
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === text.slice(0, 19)
}

export function encodeCursor (key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The key in a cursor, one value per part; nulls without a cursor. Refuses what this list did not give. */
export function decodeCursor (cursor: string | undefined, expected: readonly Part[]): Key | null[] {
  if (cursor === undefined) return expected.map(() => null)
  const key = parseJson(Buffer.from(cursor, 'base64url').toString())
  if (isKey(key, expected)) return key
  throw new Refused(400, 'cursor: not one of this list; take the one in the Link header of the page before, or start without')
}

function isKey (value: unknown, expected: readonly Part[]): value is Key {
  return Array.isArray(value) && value.length === expected.length && expected.every((part, i) => parts[part](value[i]))
}

function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Makes a page of up to `limit` rows; the statement was asked for one more, to know whether there are others. */
export function makePage<Row> (rows: Row[], limit: number, keyOf: (row: Row) => Key): Page<Row> {
  const last = rows[limit - 1]
  return rows.length > limit && last !== undefined ? { rows: rows.slice(0, limit), next: keyOf(last) } : { rows, next: null }
}

/** Names the next page in the `Link` header. The address has no host: no answer refers to one. */
export function linkNext (request: FastifyRequest, reply: FastifyReply, next: Key | null): void {
  if (next === null) return
  const url = new URL(request.url, 'http://collector')
  url.searchParams.set('cursor', encodeCursor(next))
  reply.header('link', `<${url.pathname}${url.search}>; rel="next"`)
}
