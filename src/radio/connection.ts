import type { BaseLogger } from 'pino'
import type { Clock } from '../clock.js'
import { RadioError, type ClockCheck, type Companion, type FrameCounts } from './companion.js'
import { Rivals } from './rivals.js'
import { openCompanion } from './session.js'
import { TransportError, type Transport } from './transports/transport.js'

const FIRST_WAIT_MS = 1000
const MAX_WAIT_MS = 60_000
/** A connection that held so long starts the back-off anew. */
const STABLE_MS = 60_000
const FIRST_RIVAL_WAIT_MS = 2 * 60_000
const MAX_RIVAL_WAIT_MS = 15 * 60_000
/** A companion that restarts behind a serial converter ends no connection, but its clock is set back (meshcore.md 4.2, point 9). */
const CLOCK_CHECK_MS = 15 * 60_000

export interface ConnectionOptions {
  transport: Transport
  clock: Clock
  log: Pick<BaseLogger, 'debug' | 'info' | 'warn'>
  /** Release the radio whenever nobody uses it, so that other programs can. */
  sharing: boolean
  /** At which failures are logged: a command tells them itself. */
  failureLevel?: 'warn' | 'debug'
  /** For the back-off: 0 to 1. */
  random?: () => number
}

/** For /metrics and the doctor. Times are milliseconds since 1970. */
export interface ConnectionState {
  /** The transport's name. */
  radio: string
  connected: boolean
  sinceMs: number | null
  /** Connections made after one was lost or could not be made. */
  reconnects: number
  /** Attempts and connections that failed since one held for a minute. */
  failures: number
  /** When the radio may be opened again at the earliest; null: now. */
  retryMs: number | null
  /** Stays after the trouble has passed. */
  lastError: { atMs: number, problem: string, message: string, remedy: string } | null
  /** Another program keeps taking the radio. */
  secondClient: boolean
  /** Of the last connection. */
  clock: ClockCheck | null
  /** Over all connections. */
  frames: FrameCounts
}

export interface Connection {
  /**
   * Runs work with the companion, connecting first if need be; several may run at once. Waits out a back-off of up to a minute;
   * rejects at once with TransportError `busy` while another program is left the radio for longer. Rejects with TransportError or
   * RadioError when the radio can't be reached, with the signal's reason as soon as that aborts, else as the work does.
   */
  use<T> (work: (companion: Companion) => Promise<T>, signal: AbortSignal): Promise<T>
  state (): ConnectionState
  /** Ends what runs, for good. Resolves when the port may be opened by another. */
  close (): Promise<void>
}

export function createConnection (options: ConnectionOptions): Connection {
  return new KeptConnection(options)
}

interface Up { companion: Companion, sinceMs: number, openedMs: number, clockCheckedMs: number }

class KeptConnection implements Connection {
  readonly #options: ConnectionOptions
  readonly #closed = new AbortController()
  readonly #rivals = new Rivals()
  readonly #endedFrames: FrameCounts = { undecodable: 0, unasked: 0 }
  #attempt: Promise<Up> | null = null
  #released: Promise<void> = Promise.resolve()
  #up: Up | null = null
  #users = 0
  #failures = 0
  #reconnects = 0
  #interrupted = false
  #retryMs = 0
  #lastError: ConnectionState['lastError'] = null
  #clockCheck: ClockCheck | null = null

  constructor (options: ConnectionOptions) { this.#options = options }

  async use<T> (work: (companion: Companion) => Promise<T>, signal: AbortSignal): Promise<T> {
    const stop = AbortSignal.any([signal, this.#closed.signal])
    stop.throwIfAborted()
    this.#users++
    try {
      const up = await unlessAborted(this.#connected(), stop)
      return await unlessAborted(this.#run(up, work), stop)
    } finally {
      this.#users--
      if (this.#users === 0 && this.#options.sharing) this.#release()
    }
  }

  state (): ConnectionState {
    const { clock, transport } = this.#options
    const leftMs = this.#retryMs - clock.monotonicMs()
    const { undecodable, unasked } = this.#up?.companion.frames ?? { undecodable: 0, unasked: 0 }
    return {
      radio: transport.name,
      connected: this.#up !== null,
      sinceMs: this.#up?.sinceMs ?? null,
      reconnects: this.#reconnects,
      failures: this.#failures,
      retryMs: this.#up === null && leftMs > 0 ? clock.now() + leftMs : null,
      lastError: this.#lastError,
      secondClient: this.#rivals.suspected(clock.monotonicMs()),
      clock: this.#up?.companion.clock ?? this.#clockCheck,
      frames: { undecodable: this.#endedFrames.undecodable + undecodable, unasked: this.#endedFrames.unasked + unasked }
    }
  }

  async close (): Promise<void> {
    this.#closed.abort(new RadioError('closed', 'the connection to the radio was closed'))
    this.#release()
    await this.#released
  }

  async #run<T> (up: Up, work: (companion: Companion) => Promise<T>): Promise<T> {
    const atMs = this.#options.clock.monotonicMs()
    if (atMs - up.clockCheckedMs >= CLOCK_CHECK_MS) {
      up.clockCheckedMs = atMs
      await up.companion.checkClock()
    }
    return await work(up.companion)
  }

  #connected (): Promise<Up> {
    if (this.#attempt !== null) return this.#attempt
    const attempt = this.#open()
    const forget = (): void => { if (this.#attempt === attempt) this.#attempt = null }
    attempt.then(({ companion }) => companion.ended.then(forget), forget)
    this.#attempt = attempt
    return attempt
  }

  async #open (): Promise<Up> {
    const { transport, clock, log } = this.#options
    await this.#released
    const leftMs = this.#retryMs - clock.monotonicMs()
    if (leftMs > MAX_WAIT_MS) throw this.#taken(leftMs)
    const { signal } = this.#closed
    if (leftMs > 0) await clock.wait(leftMs, signal)
    try {
      const companion = await openCompanion({ transport, clock, log, signal })
      const openedMs = clock.monotonicMs()
      const up = { companion, sinceMs: clock.now(), openedMs, clockCheckedMs: openedMs }
      this.#keep(up)
      return up
    } catch (error) {
      if (!signal.aborted && (error instanceof TransportError || error instanceof RadioError)) this.#failed(error, { heldMs: 0, foreign: false })
      throw error
    }
  }

  #keep (up: Up): void {
    const { companion } = up
    this.#up = up
    if (this.#interrupted) this.#reconnects++
    this.#interrupted = false
    if (companion.frames.unasked > 0) this.#options.log.warn(`${companion.name} answered questions that were not asked here: another program may have been connected to this radio`)
    companion.ended.then((error) => {
      if (this.#up === up) this.#up = null
      this.#clockCheck = companion.clock
      this.#endedFrames.undecodable += companion.frames.undecodable
      this.#endedFrames.unasked += companion.frames.unasked
      if (error === null) return
      this.#released = companion.close()
      this.#failed(error, { heldMs: this.#options.clock.monotonicMs() - up.openedMs, foreign: companion.frames.unasked > 0 })
    })
  }

  #failed (error: TransportError | RadioError, { heldMs, foreign }: { heldMs: number, foreign: boolean }): void {
    const { clock, log } = this.#options
    const atMs = clock.monotonicMs()
    this.#interrupted = true
    this.#failures = heldMs >= STABLE_MS ? 1 : this.#failures + 1
    let waitMs = this.#backOffMs(this.#failures, FIRST_WAIT_MS, MAX_WAIT_MS)
    let told = error
    if (error instanceof TransportError) {
      if (error.problem !== 'lost') {
        this.#rivals.away()
      } else if (this.#rivals.lost({ atMs, heldMs, foreign })) {
        waitMs = this.#backOffMs(this.#rivals.taken, FIRST_RIVAL_WAIT_MS, MAX_RIVAL_WAIT_MS)
        told = this.#taken(waitMs)
      }
    }
    this.#retryMs = atMs + waitMs
    const { problem, message } = told
    const remedy = told instanceof TransportError ? told.remedy : 'Check that companion firmware for this kind of connection is on the radio and that no other program uses it; then switch the radio off and on.'
    this.#lastError = { atMs: clock.now(), problem, message, remedy }
    log[this.#options.failureLevel ?? 'warn']({ problem, remedy, retryMs: Math.round(waitMs), failures: this.#failures }, message)
  }

  #taken (waitMs: number): TransportError {
    return new TransportError('busy',
      `another program is connected to this radio (${this.#options.transport.name}): it took the connection over; left alone for another ${Math.ceil(waitMs / 60_000)} min`,
      'A radio serves one program at a time: close the other one (phone app, Home Assistant, a second meshmon), or give it a radio of its own. If there is none, the radio restarts: check its power.')
  }

  #backOffMs (attempt: number, firstMs: number, maxMs: number): number {
    const random = this.#options.random ?? Math.random
    return Math.min(firstMs * 2 ** (attempt - 1), maxMs) * (0.75 + random() / 4)
  }

  #release (): void {
    const attempt = this.#attempt
    if (attempt === null) return
    this.#attempt = null
    this.#released = attempt.then(({ companion }) => companion.close(), () => {})
  }
}

/** As the promise settles, but rejects with the signal's reason as soon as that aborts. */
function unlessAborted<T> (promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => { reject(signal.reason) }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => { signal.removeEventListener('abort', abort) })
  })
}
