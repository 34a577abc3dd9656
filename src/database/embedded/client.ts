import type { Socket } from 'node:net'
import * as protocol from './protocol.js'

export interface ClientLimits {
  /** Bytes of one message, and of the messages up to one Sync. */
  maxMessageBytes: number
  /** Named prepared statements of one connection. */
  maxStatements: number
}

const { frontend } = protocol
const completes: ReadonlySet<number | undefined> = new Set([frontend.query, frontend.sync, frontend.flush, frontend.functionCall])
// Left over from a COPY that was refused while the client was already sending rows: PostgreSQL ignores them too.
const ignored: ReadonlySet<number | undefined> = new Set([frontend.copyData, frontend.copyDone, frontend.copyFail])

/** One connection: its unread messages, the batch that waits to run, and its prepared statements. */
export class Client {
  readonly #reader: protocol.MessageReader
  readonly #statements = new Map<string, Buffer>()
  readonly #parsed = new Set<string>()
  #messages: Buffer[] = []
  #messageBytes = 0
  #complete = false
  started = false

  constructor (readonly socket: Socket, readonly pid: number, readonly secret: number, readonly limits: ClientLimits) {
    this.#reader = new protocol.MessageReader(limits.maxMessageBytes)
  }

  get heldBytes (): number {
    return this.#reader.bufferedBytes + this.#messageBytes
  }

  /** The messages up to and with the one that asks for an answer, once they are all here. */
  get batch (): Buffer[] | undefined {
    return this.#complete ? this.#messages : undefined
  }

  push (chunk: Buffer): void {
    this.#reader.push(chunk)
  }

  takeOpening (): Buffer | undefined {
    return this.#reader.takeOpening()
  }

  /** True when a batch is complete; reading from the socket stops until it is taken, and while answers are not read. */
  readBatch (): boolean {
    while (!this.#complete && !this.socket.writableNeedDrain) {
      const message = this.#reader.takeMessage()
      if (message === undefined) break
      if (message[0] === frontend.terminate) {
        this.socket.end()
        return false
      }
      if (!ignored.has(message[0])) this.#add(message)
    }
    if (this.#complete || this.socket.writableNeedDrain) this.socket.pause()
    else this.socket.resume()
    return this.#complete
  }

  #add (message: Buffer): void {
    this.#messages.push(message)
    this.#messageBytes += message.length
    this.#complete = completes.has(message[0])
    if (this.#messageBytes > this.limits.maxMessageBytes) {
      throw new protocol.ProtocolError('54000', `more than ${this.limits.maxMessageBytes} bytes without a Sync`)
    }
    if (message[0] === frontend.parse && this.#statements.size >= this.limits.maxStatements && !this.#statements.has(protocol.statementName(message) ?? '')) {
      throw new protocol.ProtocolError('54000', `more than ${this.limits.maxStatements} named prepared statements`)
    }
  }

  takeBatch (): Buffer[] | undefined {
    const batch = this.batch
    if (batch !== undefined) [this.#messages, this.#messageBytes, this.#complete] = [[], 0, false]
    return batch
  }

  /** The Parse messages of earlier batches that this batch needs and the session no longer has. */
  unparsed (batch: Buffer[]): Buffer[] {
    const missing: Buffer[] = []
    for (const message of batch) {
      const name = protocol.statementName(message)
      if (name === undefined || name === '') continue
      const earlier = this.#statements.get(name)
      if (message[0] === frontend.close) this.#statements.delete(name)
      else if (message[0] === frontend.parse) this.#statements.set(name, Buffer.from(message))
      else if (earlier !== undefined && !this.#parsed.has(name)) missing.push(earlier)
      this.#parsed.add(name)
    }
    return missing
  }

  forgetParsed (): void {
    this.#parsed.clear()
  }

  write (pieces: Buffer[]): void {
    this.socket.cork()
    for (const piece of pieces) this.socket.write(piece)
    this.socket.uncork()
  }

  welcome (serverVersion: string): void {
    const parameters = {
      server_version: serverVersion, server_encoding: 'UTF8', client_encoding: 'UTF8', DateStyle: 'ISO, MDY', TimeZone: 'UTC',
      IntervalStyle: 'postgres', integer_datetimes: 'on', standard_conforming_strings: 'on', is_superuser: 'on'
    }
    this.write([
      protocol.authenticationOk,
      ...Object.entries(parameters).map(([name, value]) => protocol.parameterStatus(name, value)),
      protocol.backendKeyData(this.pid, this.secret),
      protocol.readyForQuery('I')
    ])
    this.started = true
    this.socket.setTimeout(0)
  }

  /** Ends the connection with an error that the client can show. */
  end (sqlState: string, reason: string): void {
    if (this.socket.writable) this.socket.end(protocol.errorResponse('FATAL', sqlState, reason))
  }
}
