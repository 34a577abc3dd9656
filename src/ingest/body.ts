import { isUtf8 } from 'node:buffer'
import { countRows } from '../messages/index.js'
import { deepest, tooDeep } from '../messages/storable.js'
import { repairNonFinite, scanStructure, splitList, type Structure } from './json-text.js'

/** One message of a body: its value, or why it has none. `raw` is its text where that is not a part of a list. */
export type BodyMessage = { index: number, value: unknown, raw?: string } | { index: number, error: string, raw: string }

interface Messages {
  messages: BodyMessage[]
  /** Numbers that were written as `nan` or `inf`: null now. */
  nonFinite: number
}

export type ParsedBody =
  | { ok: true, invalidUtf8: number } & Messages
  | { ok: false, status: 400 | 413, detail: string }

type ParsedJson = { value: unknown, nonFinite: number } | { error: string }

const replacement = '\ufffd'
const longestError = 200
// A message may stand in a list. One too deep by that one level is found in the message itself.
const deepestInBody = deepest + 1

/**
 * Reads a request body: one object, a list of them, or one per line; whatever its Content-Type says, the body decides.
 * Invalid UTF-8 becomes U+FFFD and `nan` or `inf` in place of a number null, both counted; nothing else is repaired.
 * Never throws. `maxMessages` bounds the messages, and the results (probes, tests) in all of them together.
 */
export function parseBody (bytes: Buffer, { maxMessages }: { maxMessages: number }): ParsedBody {
  const { text, invalidUtf8 } = decode(bytes)
  if (text === '') return { ok: false, status: 400, detail: 'the body is empty' }
  const tooMany = { ok: false as const, status: 413 as const, detail: `more than ${maxMessages} messages or results in one request: send fewer at a time` }
  const structure = scanStructure(text, deepestInBody)
  if (text.startsWith('[') && structure.elements > maxMessages) return tooMany
  const parsed = readMessages(text, structure, maxMessages)
  if ('error' in parsed) return { ok: false, status: 400, detail: parsed.error }
  return exceeds(parsed.messages, maxMessages) ? tooMany : { ok: true, ...parsed, invalidUtf8 }
}

/** Text of a message for the quarantine. */
export function rawText (message: BodyMessage): string {
  return 'value' in message ? message.raw ?? JSON.stringify(message.value) : message.raw
}

/** Text without a BOM and without the NUL bytes and white space that C programs send behind the message. */
function decode (bytes: Buffer): { text: string, invalidUtf8: number } {
  const all = bytes.toString()
  const invalidUtf8 = isUtf8(bytes) ? 0 : occurrences(all, replacement) - occurrences(bytes.toString('latin1'), '\u00ef\u00bf\u00bd')
  let end = all.length
  while (end > 0 && isPadding(all.charCodeAt(end - 1))) end--
  // A BOM is white space to trimStart.
  return { text: all.slice(0, end).trimStart(), invalidUtf8 }
}

function isPadding (code: number): boolean {
  return code === 0 || code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

function occurrences (text: string, part: string): number {
  let count = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++
  return count
}

function readMessages (text: string, structure: Structure, maxMessages: number): Messages | { error: string } {
  const whole = parseJson(text, structure)
  if ('value' in whole) {
    const { value, nonFinite } = whole
    return { messages: Array.isArray(value) ? value.map((element: unknown, index) => ({ index, value: element })) : [{ index: 0, value, raw: text }], nonFinite }
  }
  // Elsewhere one bad message spoils no other; a list can be taken apart only where its brackets match.
  const parts = text.startsWith('[') ? whole.error === tooDeep && splitList(text, maxMessages) : lines(text, maxMessages)
  return parts ? parseParts(parts) : whole
}

/** The lines of a body of one message per line, at most one more than `limit`; undefined where it is no such body. */
function lines (text: string, limit: number): string[] | undefined {
  const found: string[] = []
  let anyMessage = false
  for (let start = 0; start < text.length && found.length <= limit;) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(start, end).trimEnd()
    start = end + 1
    if (line === '') continue
    found.push(line)
    // Not indented and whole by itself: not a line of one message printed over several.
    anyMessage ||= line.startsWith('{') && line.endsWith('}') && 'value' in parseJson(line, scanStructure(line, deepestInBody))
  }
  return anyMessage && found.length > 1 ? found : undefined
}

function parseParts (parts: string[]): Messages {
  let nonFinite = 0
  const messages = parts.map((raw, index) => {
    const parsed = parseJson(raw, scanStructure(raw, deepest))
    if ('error' in parsed) return { index, error: parsed.error, raw }
    nonFinite += parsed.nonFinite
    return { index, value: parsed.value, raw }
  })
  return { messages, nonFinite }
}

function parseJson (text: string, structure: Structure): ParsedJson {
  if (structure.tooDeep) return { error: tooDeep }
  const asSent = tryParse(text)
  if ('value' in asSent) return asSent
  const repaired = repairNonFinite(text)
  return repaired.count === 0 ? asSent : tryParse(repaired.text, repaired.count)
}

function tryParse (text: string, nonFinite = 0): ParsedJson {
  try {
    return { value: JSON.parse(text), nonFinite }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { error: `not JSON: ${reason.slice(0, longestError).replace(/\p{C}/gu, replacement)}` }
  }
}

function exceeds (messages: BodyMessage[], limit: number): boolean {
  let rows = 0
  return messages.some((message) => (rows += 'value' in message ? countRows(message.value) : 1) > limit)
}
