import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createMessageReader, type MessageContext, type MessageResult } from '../../src/messages/index.js'
import type { NormalisedMessage } from '../../src/messages/tables.js'
import { packageRoot } from '../../src/paths.js'

/** Microseconds of an RFC 3339 text with at most milliseconds. */
export function at (text: string): number {
  return Date.parse(text) * 1000
}

/** When the messages of the tests arrive: an hour after those of the fixtures were sent. */
export const receivedAt = at('2026-11-22T11:40:00Z')

/** A context as one request has it. */
export function context (over: Partial<MessageContext> = {}): MessageContext {
  return { receivedAt, networkStatusTiming: 'unusable', ...over }
}

const read = createMessageReader()

/** Reads one message in a context of its own. */
export function readMessage (value: unknown, over: Partial<MessageContext> = {}): MessageResult {
  return read(value, context(over))
}

/** Reads a message that must be accepted. */
export function accept (value: unknown, over: Partial<MessageContext> = {}): NormalisedMessage {
  const result = readMessage(value, over)
  if (!result.ok) throw new Error(`rejected: ${JSON.stringify(result)}`)
  return result.message
}

/** The reason why a message is rejected, as `path message`. */
export function reject (value: unknown): string {
  const result = readMessage(value)
  if (result.ok) throw new Error(`accepted: ${JSON.stringify(result.message)}`)
  return result.errors.map(({ path, message }) => `${path} ${message}`).join('; ')
}

const payloads = join(packageRoot, 'test', 'fixtures', 'payloads')

/** Names of the payload files that end so. */
export function payloadNames (end: string): string[] {
  return readdirSync(payloads).filter((file) => file.endsWith(end))
}

/** One file of test/fixtures/payloads, byte for byte as an agent sent it. */
export function payload (file: string): Buffer {
  return readFileSync(join(payloads, file))
}

/** The message in a payload file that is valid JSON. */
export function payloadMessage (file: string): unknown {
  return JSON.parse(payload(file).toString())
}
