import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import { Client, type ClientLimits } from './client.js'
import type { Engine } from './engine.js'
import { databaseName } from './names.js'
import * as protocol from './protocol.js'

export interface GatewayLimits extends ClientLimits {
  maxConnections: number
  /** Bytes of messages held for all connections together. */
  maxPendingBytes: number
  /** Bytes of one answer. It is held in memory until the client has read it. */
  maxAnswerBytes: number
  /** How long a connection may hold the session without a message. */
  idleInTransactionMs: number
  startupMs: number
}

export const defaultLimits: GatewayLimits = {
  maxConnections: 100,
  maxMessageBytes: 64 << 20,
  maxPendingBytes: 128 << 20,
  maxAnswerBytes: 128 << 20,
  maxStatements: 256,
  idleInTransactionMs: 60_000,
  startupMs: 10_000
}

const tooLarge = 'the answer is larger than the embedded database can hold; use limit, or fetch through a cursor'

/**
 * Lets many connections share the engine's one session. The session belongs to one connection from its first message until
 * ReadyForQuery says idle; the others wait in a queue, one batch of messages (up to Sync, Flush or Query) each, their sockets
 * paused. When the owner changes, `discard all` removes what the last one left: session settings and listens do not outlive a
 * transaction (use `set local`). Prepared statements of the protocol do: they are parsed again for the connection that uses
 * them; those of SQL `prepare` do not. Advisory locks exclude nobody, since all connections are one session to PostgreSQL; inside
 * a transaction they are not needed, since no other connection runs meanwhile. A running statement cannot be cancelled.
 */
export class Gateway {
  readonly #clients = new Map<Socket, Client>()
  #waiting: Client[] = []
  #owner: Client | undefined
  #lastOwner: Client | undefined
  #status: protocol.TransactionStatus | undefined = 'I'
  #scheduled: NodeJS.Immediate | undefined
  #idleTimer: NodeJS.Timeout | undefined
  #nextPid = 1

  constructor (readonly engine: Engine, readonly serverVersion: string, readonly limits: GatewayLimits, readonly onCrash: (error: unknown) => void) {}

  get connections (): number {
    return this.#clients.size
  }

  accept (socket: Socket): void {
    const client = new Client(socket, this.#nextPid++, randomInt(2 ** 31), this.limits)
    this.#clients.set(socket, client)
    socket.setTimeout(this.limits.startupMs, () => socket.destroy())
    // A client that goes away is no error of ours; 'close' follows.
    socket.on('error', () => {})
    socket.on('close', () => this.#drop(client))
    socket.on('data', (chunk: Buffer) => {
      client.push(chunk)
      this.#read(client)
    })
    // Reading stopped because answers were not read.
    socket.on('drain', () => this.#read(client))
    socket.resume()
  }

  /** Ends every connection and rolls back what is open. */
  close (): void {
    for (const client of this.#clients.values()) client.end('57P01', 'the embedded database is stopping')
    clearTimeout(this.#idleTimer)
    clearImmediate(this.#scheduled)
    if (this.#owner !== undefined) this.#rollBack()
    this.#waiting = []
  }

  #read (client: Client): void {
    if (!this.#clients.has(client.socket)) return
    try {
      if (!client.started && !this.#start(client)) return
      const held = [...this.#clients.values()].reduce((sum, { heldBytes }) => sum + heldBytes, 0)
      if (held > this.limits.maxPendingBytes) throw new protocol.ProtocolError('53200', 'too much data is waiting for the embedded database; try again')
      if (client.batch !== undefined || !client.readBatch()) return
    } catch (error) {
      if (!(error instanceof protocol.ProtocolError)) throw error
      client.end(error.sqlState, error.message)
      this.#drop(client)
      return
    }
    if (this.#owner !== client) this.#waiting.push(client)
    this.#schedule()
  }

  #start (client: Client): boolean {
    const opening = client.takeOpening()
    if (opening === undefined) return false
    switch (opening.readUInt32BE(4)) {
      case protocol.openingCode.ssl:
      case protocol.openingCode.gssenc:
        client.socket.write('N')
        return this.#start(client)
      case protocol.openingCode.cancel:
        client.socket.end()
        return false
      case protocol.openingCode.startup:
        break
      default:
        throw new protocol.ProtocolError('0A000', 'the embedded database speaks protocol version 3.0 only')
    }
    const database = protocol.startupParameters(opening).get('database')
    if (database !== databaseName) throw new protocol.ProtocolError('3D000', `database "${database}" does not exist; the embedded database is "${databaseName}"`)
    if (this.#clients.size > this.limits.maxConnections) throw new protocol.ProtocolError('53300', 'too many connections to the embedded database')
    client.welcome(this.serverVersion)
    return true
  }

  #schedule (): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined
      this.#step()
    })
  }

  // One batch each time, so that answers go out and other connections are heard between two of them.
  #step (): void {
    this.#owner ??= this.#waiting.shift()
    const client = this.#owner
    if (client === undefined) return
    clearTimeout(this.#idleTimer)
    const batch = client.takeBatch()
    if (batch === undefined) {
      this.#idleTimer = setTimeout(() => this.#endIdle(client), this.limits.idleInTransactionMs)
      return
    }
    try {
      this.#prepare(client, batch)
      this.#answer(client, batch)
    } catch (error) {
      this.onCrash(error)
      return
    }
    if (this.#status === 'I') this.#owner = undefined
    this.#read(client)
    this.#schedule()
  }

  #prepare (client: Client, batch: Buffer[]): void {
    if (this.#lastOwner !== client) {
      this.#execute(protocol.query('discard all'))
      this.#lastOwner?.forgetParsed()
      this.#lastOwner = client
    }
    for (const parse of client.unparsed(batch)) this.#execute(Buffer.concat([parse, protocol.sync]))
  }

  #answer (client: Client, batch: Buffer[]): void {
    const answer: Buffer[] = []
    let bytes = 0
    this.#execute(batch.length === 1 && batch[0] !== undefined ? batch[0] : Buffer.concat(batch), (piece) => {
      bytes += piece.length
      if (bytes <= this.limits.maxAnswerBytes) answer.push(Buffer.from(piece))
    })
    if (bytes <= this.limits.maxAnswerBytes) client.write(answer)
    else if (this.#status === undefined) client.end('54000', tooLarge)
    else client.write([protocol.errorResponse('ERROR', '54000', tooLarge), protocol.readyForQuery(this.#status)])
  }

  #execute (input: Buffer, onOutput: (piece: Uint8Array) => void = () => {}): void {
    let tail = Buffer.alloc(0)
    this.engine.execute(input, (piece) => {
      tail = Buffer.concat([tail.subarray(-5), piece.subarray(-6)]).subarray(-6)
      onOutput(piece)
    })
    this.#status = protocol.endStatus(tail)
  }

  // The Parse fails on purpose: without it the Sync would commit statements that the client sent without its own Sync.
  #rollBack (): void {
    this.#execute(Buffer.concat([protocol.parse('', 'abandoned'), protocol.sync]))
    if (this.#status !== 'I') this.#execute(protocol.query('rollback'))
  }

  #endIdle (client: Client): void {
    client.end('25P03', `terminating connection: idle in a transaction for ${this.limits.idleInTransactionMs / 1000} s, and others wait for the embedded database`)
    this.#drop(client)
  }

  #drop (client: Client): void {
    if (!this.#clients.delete(client.socket)) return
    this.#waiting = this.#waiting.filter((waiting) => waiting !== client)
    if (this.#owner !== client) return
    clearTimeout(this.#idleTimer)
    this.#owner = undefined
    try {
      this.#rollBack()
    } catch (error) {
      this.onCrash(error)
      return
    }
    this.#schedule()
  }
}
