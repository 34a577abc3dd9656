/**
 * The parts of the PostgreSQL wire protocol (version 3.0) that a server in front of one session needs.
 * Source: PostgreSQL manual, "Message Formats". A message is a type byte, a 4-byte length that counts itself, and a body;
 * the first message of a connection has no type byte.
 */

/** What a connection may open with, by the number that stands where the protocol version belongs. */
export const openingCode = { startup: 196608, cancel: 80877102, ssl: 80877103, gssenc: 80877104 } as const

/** Messages of a client after which the server must act; all others wait for one of these. */
export const frontend = {
  bind: 0x42, close: 0x43, copyDone: 0x63, copyFail: 0x66, copyData: 0x64, describe: 0x44, flush: 0x48,
  functionCall: 0x46, parse: 0x50, query: 0x51, sync: 0x53, terminate: 0x58
} as const

export class ProtocolError extends Error {
  constructor (readonly sqlState: string, message: string) {
    super(message)
  }
}

/** Cuts a byte stream into messages. A message longer than `maxBytes` throws a ProtocolError when its length is read. */
export class MessageReader {
  #chunks: Buffer[] = []
  #bytes = 0

  constructor (readonly maxBytes: number) {}

  get bufferedBytes (): number {
    return this.#bytes
  }

  push (chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** The first message of a connection: length and body, no type byte. */
  takeOpening (): Buffer | undefined {
    return this.#take(0)
  }

  takeMessage (): Buffer | undefined {
    return this.#take(1)
  }

  #take (lengthOffset: number): Buffer | undefined {
    if (this.#bytes < lengthOffset + 4) return undefined
    const length = this.#head(lengthOffset + 4).readUInt32BE(lengthOffset)
    if (length < 4 || length > this.maxBytes) {
      throw new ProtocolError('08P01', `message of ${length} bytes; the embedded database takes 4 to ${this.maxBytes}`)
    }
    const total = lengthOffset + length
    if (this.#bytes < total) return undefined
    const buffer = this.#head(total)
    this.#chunks[0] = buffer.subarray(total)
    this.#bytes -= total
    return buffer.subarray(0, total)
  }

  // Joins only what is needed, so that a message of many chunks is copied once.
  #head (bytes: number): Buffer {
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= bytes) return first
    const joined = Buffer.concat(this.#chunks)
    this.#chunks = [joined]
    return joined
  }
}

function message (type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.write(type, 0, 'latin1')
  header.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}

const text = (...parts: string[]): Buffer => Buffer.from(parts.map((part) => part + '\0').join(''))

const int32 = (...values: number[]): Buffer => {
  const buffer = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => buffer.writeUInt32BE(value, index * 4))
  return buffer
}

export const query = (sql: string): Buffer => message('Q', text(sql))
export const parse = (name: string, sql: string): Buffer => message('P', Buffer.concat([text(name, sql), Buffer.alloc(2)]))
export const sync = message('S', Buffer.alloc(0))
export const copyFail = (reason: string): Buffer => message('f', text(reason))

export const authenticationOk = message('R', int32(0))
export const parameterStatus = (name: string, value: string): Buffer => message('S', text(name, value))
export const backendKeyData = (pid: number, secret: number): Buffer => message('K', int32(pid, secret))
export const readyForQuery = (status: TransactionStatus): Buffer => message('Z', Buffer.from(status))

/** `severity` FATAL tells the client that the connection ends. */
export function errorResponse (severity: 'ERROR' | 'FATAL', sqlState: string, reason: string): Buffer {
  return message('E', text(`S${severity}`, `V${severity}`, `C${sqlState}`, `M${reason}`, ''))
}

/** I: idle, T: in a transaction, E: in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E'

/** Transaction status from the last six bytes of an answer; undefined when it does not end with ReadyForQuery. */
export function endStatus (tail: Buffer): TransactionStatus | undefined {
  if (tail.length < 6 || tail[0] !== 0x5a || tail.readUInt32BE(1) !== 5) return undefined
  const status = String.fromCharCode(tail[5] ?? 0)
  return status === 'I' || status === 'T' || status === 'E' ? status : undefined
}

function cString (buffer: Buffer, from: number): string {
  return buffer.toString('utf8', from, buffer.indexOf(0, from))
}

/** Names and values of a startup message (`user`, `database`, `application_name` …). */
export function startupParameters (opening: Buffer): Map<string, string> {
  const fields = opening.toString('utf8', 8).split('\0')
  const parameters = new Map<string, string>()
  for (let index = 0; fields[index]; index += 2) parameters.set(fields[index] ?? '', fields[index + 1] ?? '')
  return parameters
}

/** The prepared statement that a Parse, Bind, Describe or Close message names; undefined for other messages and portals. */
export function statementName (buffer: Buffer): string | undefined {
  switch (buffer[0]) {
    case frontend.parse: return cString(buffer, 5)
    case frontend.bind: return cString(buffer, buffer.indexOf(0, 5) + 1)
    case frontend.describe:
    case frontend.close: return buffer[5] === 0x53 ? cString(buffer, 6) : undefined
    default: return undefined
  }
}

/** Text of the first error in a whole answer. */
export function errorReason (answer: Buffer): string | undefined {
  for (let at = 0; at + 5 <= answer.length; at += 1 + answer.readUInt32BE(at + 1)) {
    if (answer[at] !== 0x45) continue
    const fields = answer.toString('utf8', at + 5, at + 1 + answer.readUInt32BE(at + 1)).split('\0')
    return fields.find((field) => field.startsWith('M'))?.slice(1)
  }
  return undefined
}
