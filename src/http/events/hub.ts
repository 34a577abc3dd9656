import type { ServerResponse } from 'node:http'
import type { BaseLogger } from 'pino'
import { NotNow } from '../refused.js'
import type { Feed } from './feed.js'
import { createReader, type ReaderLimits } from './reader.js'

export interface HubLimits extends ReaderLimits {
  /** How often the journal is read while anybody listens. */
  pollMs: number
  /** The pause while more waits than is read at once. */
  busyPollMs: number
  clients: number
}

export const hubLimits: HubLimits = { pollMs: 1000, busyPollMs: 100, heartbeatMs: 20_000, healthMs: 30_000, clients: 1000, batch: 100, missed: 500, bufferedBytes: 512 * 1024 }

export interface Joining {
  response: ServerResponse
  /** Id of the last event the client has; null for one that begins now. */
  lastId: number | null
  /** Sends the headers; called when the first events are there. */
  begin: () => void
}

interface Waiting extends Joining { resolve: () => void, reject: (error: unknown) => void }

/**
 * Tells clients what is written to the journal. One reader for all of them, which reads only while somebody listens; each event is made once and
 * every client is sent the same bytes. A client for which too much waits is dropped; it comes again and resumes.
 */
export class EventHub {
  readonly #clients = new Set<ServerResponse>()
  readonly #waiting: Waiting[] = []
  readonly #reader
  #isClosed = false
  #isRunning = false
  #wake = (): void => {}

  constructor (feed: Feed, readonly log: Pick<BaseLogger, 'warn' | 'info'>, readonly limits: HubLimits = hubLimits) {
    this.#reader = createReader(feed, limits, (bytes) => this.#send(bytes))
  }

  /** Resolves when the client gets events from now on. Rejects where it can't: too many clients, a database that is away, a stop. */
  async join (client: Joining): Promise<void> {
    const { clients: most } = this.limits
    if (this.#isClosed) throw new NotNow('the collector stops')
    if (this.#clients.size + this.#waiting.length >= most) throw new NotNow(`${most} clients follow the events already`)
    const joined = new Promise<void>((resolve, reject) => this.#waiting.push({ ...client, resolve, reject }))
    if (this.#isRunning) this.#wake()
    else this.#run().catch((error: unknown) => this.log.warn({ err: error }, 'events ended'))
    await joined
  }

  /** Ends all streams. */
  close (): void {
    this.#isClosed = true
    this.#refuse(new NotNow('the collector stops'))
    for (const client of this.#clients) {
      // What a slow client has not taken by now would hold up the stop.
      if (client.writableLength > 0) client.destroy()
      else client.end()
    }
    this.#wake()
  }

  async #run (): Promise<void> {
    this.#isRunning = true
    let isFailing = false
    while (!this.#isClosed && this.#clients.size + this.#waiting.length > 0) {
      let isBehind = false
      try {
        isBehind = await this.#reader.turn()
        await this.#admitAll()
        if (isFailing) this.log.info('events go on')
        isFailing = false
      } catch (error) {
        this.#refuse(error)
        if (!isFailing) this.log.warn({ err: error }, 'events wait for the database')
        isFailing = true
      }
      if (this.#waiting.length === 0) await this.#pause(isBehind ? this.limits.busyPollMs : this.limits.pollMs)
    }
    this.#isRunning = false
    this.#reader.forget()
  }

  /** No turn comes between: what a greeting leaves out, the next turn brings. */
  async #admitAll (): Promise<void> {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { response, lastId, begin, resolve } = next
      const greeting = await this.#reader.greet(lastId)
      if (this.#isClosed) return
      this.#waiting.shift()
      begin()
      resolve()
      if (response.destroyed) continue
      response.write(greeting)
      this.#clients.add(response)
      response.once('close', () => this.#clients.delete(response))
    }
  }

  #refuse (error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }

  #send (bytes: Buffer): void {
    for (const client of this.#clients) {
      if (client.writableLength > this.limits.bufferedBytes) client.destroy()
      else client.write(bytes)
    }
  }

  async #pause (ms: number): Promise<void> {
    if (this.#isClosed) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
