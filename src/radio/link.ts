import type { BaseLogger } from 'pino'
import type { Clock } from '../clock.js'
import { RadioError, type FrameCounts } from './companion.js'
import { decodeFrame, encodeCommand, FrameError } from './frames/index.js'
import type { Command, RadioFrame, SelfInfo } from './frames/types.js'
import { TransportError, type Channel, type Transport } from './transports/transport.js'
import { Turns } from './turns.js'

/** The companion answers in 2 to 3 ms; the protocol document advises this limit. */
const ANSWER_LIMIT_MS = 5000
const MAX_WAITING = 64
const APP = 'meshmon'

/** What of a frame belongs to a question: its (last) answer, a part of the answer, or nothing. */
export type Taken<T> = { answer: T } | 'more' | null

export interface LinkOptions {
  transport: Transport
  clock: Clock
  log: Pick<BaseLogger, 'debug'>
  /** Frames that no question took and that are no answers. Runs before any later frame is looked at. */
  onPush: (frame: RadioFrame) => void
}

type Question<T> = (frame: RadioFrame) => Taken<T>

interface InFlight {
  /** When the question was sent, or the last part of its answer came. */
  heardMs: number
  /** Whether the frame belonged to the question. */
  offer: (frame: RadioFrame) => boolean
  fail: (error: Error) => void
}

/** Without `status`: only the old way to ask brings it, which nobody here uses, and its body may be anything (meshcore.md 4.2, point 8). */
const isPush = (payload: Uint8Array, frame: RadioFrame): boolean => (payload[0] ?? 0) >= 128 && frame.is !== 'status'

/**
 * Questions to the companion itself over an open channel. The companion answers in order and without any reference to the question,
 * so one is in flight at a time, and after one that was not answered in time APP_START goes first: what comes before its SELF_INFO
 * answers older questions and is dropped. Nothing but SELF_INFO answers APP_START, which also ends a running list of contacts (meshcore.md 1.2).
 */
export class Link {
  readonly frames: FrameCounts = { undecodable: 0, unasked: 0 }
  /** Resolves when the connection has ended: null after `close`, `no_answer` when the companion hangs. */
  readonly ended: Promise<TransportError | RadioError | null>
  readonly #options: LinkOptions
  readonly #turns = new Turns(MAX_WAITING, () => new RadioError('queue_full', `${MAX_WAITING} questions to the companion are already waiting; ask again later`))
  readonly #closed = new AbortController()
  #resolveEnded: (error: TransportError | RadioError | null) => void = () => {}
  #channel: Channel | null = null
  #closing: Promise<void> | undefined
  #inFlight: InFlight | null = null
  #inStep = true

  constructor (options: LinkOptions) {
    this.#options = options
    this.ended = new Promise((resolve) => { this.#resolveEnded = resolve })
  }

  /** Aborts when the connection has ended; the reason is the RadioError that callers get. */
  get signal (): AbortSignal { return this.#closed.signal }

  /** Opens the channel; to be called once, before anything is asked. Rejects with TransportError. */
  async open (signal: AbortSignal): Promise<void> {
    const channel = await this.#options.transport.open({
      onFrame: (payload) => { this.#receive(payload) },
      onEnd: (error) => { this.#end(error) }
    }, signal)
    this.#channel = channel
    if (this.signal.aborted) await channel.close()
  }

  /** Asks APP_START. Ends the connection when the companion hangs. */
  start (): Promise<SelfInfo> {
    return this.#turns.take(() => this.#start())
  }

  /**
   * Sends a command and hands `take` every frame until it has the answer; an error frame, and silence for 5 s since the last part,
   * reject with RadioError. `take` runs before any later frame is looked at.
   */
  ask<T> (command: Command, take: Question<T>): Promise<T> {
    return this.#turns.take(async () => {
      if (!this.#inStep) await this.#start()
      return await this.#exchange(command, (frame) => {
        if (frame.is === 'error') throw refusal(command, frame.code)
        return take(frame)
      })
    })
  }

  /** Rejects what is asked and resolves when the port may be opened by another. */
  async close (): Promise<void> {
    this.#end(null)
    await this.#closing
  }

  async #start (): Promise<SelfInfo> {
    for (let attempt = 1; attempt <= 2; attempt++) {
      try {
        const self = await this.#exchange({ is: 'app_start', app: APP }, (frame) => frame.is === 'self_info' ? { answer: frame } : null)
        this.#inStep = true
        return self
      } catch (error) {
        if (!(error instanceof RadioError && error.problem === 'no_answer')) throw error
      }
    }
    const hangs = new RadioError('no_answer', `the companion at ${this.#options.transport.name} does not answer: it hangs, or no companion firmware is there`)
    this.#end(hangs)
    throw hangs
  }

  async #exchange<T> (command: Command, take: Question<T>): Promise<T> {
    this.signal.throwIfAborted()
    const payload = encodeCommand(command)
    const { clock } = this.#options
    const settled = new AbortController()
    const answer = new Promise<T>((resolve, reject) => {
      const settle = (): void => {
        this.#inFlight = null
        settled.abort()
      }
      const fail = (error: Error): void => {
        settle()
        reject(error)
      }
      const offer = (frame: RadioFrame): boolean => {
        try {
          const taken = take(frame)
          if (taken === null) return false
          if (taken === 'more') {
            inFlight.heardMs = clock.monotonicMs()
          } else {
            settle()
            resolve(taken.answer)
          }
        } catch (error) {
          // Only an error frame is surely the last of an answer.
          if (frame.is !== 'error') this.#inStep = false
          fail(error instanceof Error ? error : new Error(String(error)))
        }
        return true
      }
      const inFlight: InFlight = { heardMs: clock.monotonicMs(), offer, fail }
      this.#inFlight = inFlight
    })
    this.#send(payload)
    await Promise.race([answer, this.#silence(command, settled.signal)])
    return await answer
  }

  /** Gives the question in flight up once nothing of its answer came for the limit; resolves when `settled` aborts. */
  async #silence (command: Command, settled: AbortSignal): Promise<void> {
    const { clock } = this.#options
    try {
      for (let inFlight = this.#inFlight; inFlight !== null && !settled.aborted; inFlight = this.#inFlight) {
        const leftMs = inFlight.heardMs + ANSWER_LIMIT_MS - clock.monotonicMs()
        if (leftMs > 0) {
          await clock.wait(leftMs, settled)
        } else {
          this.#inStep = false
          inFlight.fail(new RadioError('no_answer', `the companion did not answer ${command.is} within ${ANSWER_LIMIT_MS / 1000} s`))
        }
      }
    } catch (error) {
      if (!settled.aborted) throw error
    }
  }

  #send (payload: Uint8Array): void {
    try {
      this.#channel?.send(payload)
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
      this.#end(error)
    }
  }

  #receive (payload: Uint8Array): void {
    const { log, onPush } = this.#options
    let frame: RadioFrame
    try {
      frame = decodeFrame(payload)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.frames.undecodable++
      log.debug({ code: payload[0], bytes: payload.length, problem: error.message }, 'dropped a frame of the companion that can\'t be decoded')
      return
    }
    if (this.#inFlight?.offer(frame)) return
    if (isPush(payload, frame)) {
      onPush(frame)
    } else {
      this.frames.unasked++
      log.debug({ frame: frame.is }, 'dropped an answer of the companion that nobody waits for')
    }
  }

  #end (error: TransportError | RadioError | null): void {
    if (this.signal.aborted) return
    this.#resolveEnded(error)
    const reason = error instanceof RadioError
      ? error
      : new RadioError('closed', error === null ? 'the connection to the companion was closed' : `the connection to the companion ended: ${error.message}`)
    this.#closed.abort(reason)
    this.#inFlight?.fail(reason)
    this.#closing = this.#channel?.close().catch((failure: unknown) => { this.#options.log.debug({ err: failure }, 'closing the channel failed') })
  }
}

function refusal (command: Command, code: number | null): RadioError {
  if (code === 2) return new RadioError('not_a_contact', 'the companion does not have this node among its contacts (error 2): it must hear an advert of it first', code)
  if (code === 3) return new RadioError('queue_full', 'the companion\'s packet pool is full (error 3): nothing was sent', code)
  return new RadioError('refused', `the companion refused ${command.is}${code === null ? '' : ` with error ${code}`}`, code)
}
