import type { BaseLogger } from 'pino'
import type { Clock } from '../clock.js'
import { RadioError, type Asked } from './companion.js'
import { encodeCommand } from './frames/index.js'
import type { Command, LoginSuccess, RadioFrame, RemoteRequest, Sent } from './frames/types.js'
import type { Link, Taken } from './link.js'
import { Turns } from './turns.js'

const MAX_WAITING = 32
/** Answers may come that late, against the companion's own guess (meshcore.md 4.2, point 4). */
const LATE_FACTOR = 1.5
/** The companion sends its path 500 ms after the answer to a flood; a request before that is answered over the old path and lost (4.2, point 10). */
const PAUSE_AFTER_FLOOD_MS = 2000
/** When the companion's guess was not heard: a flood login with a long password (4.2, point 4). */
const UNKNOWN_LATE_MS = 9620 * LATE_FACTOR
const PREFIX_BYTES = 6
const KEY_BYTES = 32
/** RepeaterStats of the oldest firmware. */
const MIN_STATUS_BYTES = 48
/** Repeaters send 1 or 2 so far. */
const MAX_FIRMWARE_LEVEL = 15
const ADMIN_ROLE = 3
const MAX_TAGS = 64

/** The request on the air. `take` hands a push over; whether it was the answer. */
interface Outstanding {
  sent: Sent
  /** On the monotonic clock: no answer is expected later. */
  lateMs: number
  take: (push: RadioFrame) => boolean
  giveUp: () => void
}

/** Requests to other nodes through the companion, which keeps one outstanding at a time: the next clears it (4.2, point 7). */
export class Remote {
  readonly #link: Link
  readonly #clock: Clock
  readonly #log: Pick<BaseLogger, 'debug'>
  readonly #turns = new Turns(MAX_WAITING, () => new RadioError('queue_full', `${MAX_WAITING} remote requests are already waiting; ask again later`))
  /** Of the requests sent lately, oldest first. */
  readonly #tags: number[] = []
  #outstanding: Outstanding | null = null
  /** On the monotonic clock: until then an answer to a request that was given up could still come. */
  #lateMs = 0
  #pausedUntilMs = 0

  constructor (link: Link, clock: Clock, log: Pick<BaseLogger, 'debug'>) {
    this.#link = link
    this.#clock = clock
    this.#log = log
    link.signal.addEventListener('abort', () => { this.#giveUp() }, { once: true })
  }

  login (key: Uint8Array, password: string): Promise<Asked<LoginSuccess>> {
    const isAnswer = (push: RadioFrame): LoginSuccess | null => push.is === 'login_success' && isOf(key, push.prefix) && this.#isCredible(push) ? push : null
    return this.#turns.take(async () => {
      await this.#until(Math.max(this.#pausedUntilMs, this.#lateMs, this.#outstanding?.lateMs ?? 0))
      return await this.#ask({ is: 'login', key, password }, isAnswer)
    })
  }

  request (key: Uint8Array, request: RemoteRequest): Promise<Asked<Uint8Array>> {
    const minBytes = request.is === 'status' ? MIN_STATUS_BYTES : 0
    const isAnswer = (push: RadioFrame, sent: Sent): Uint8Array | null => push.is === 'binary' && push.tag === sent.tag && push.body.length >= minBytes ? push.body : null
    return this.#turns.take(async () => {
      await this.#until(this.#pausedUntilMs)
      return await this.#ask({ is: 'request', key, request }, isAnswer)
    })
  }

  /** Takes every push of the companion. */
  receive (push: RadioFrame): void {
    if (this.#outstanding?.take(push)) {
      const { sent } = this.#outstanding
      this.#outstanding = null
      if (sent.flooded) this.#pausedUntilMs = this.#clock.monotonicMs() + PAUSE_AFTER_FLOOD_MS
    } else if (push.is === 'login_success' || push.is === 'login_fail' || push.is === 'binary') {
      this.#log.debug({ push: push.is }, 'dropped a remote answer that nobody waits for or that can\'t be true')
    }
  }

  async #until (ms: number): Promise<void> {
    const leftMs = ms - this.#clock.monotonicMs()
    if (leftMs > 0) await this.#clock.wait(leftMs, this.#link.signal)
  }

  /** The answer can follow SENT in the same chunk of bytes, so the request is outstanding as soon as SENT is seen. */
  async #ask<T> (command: Command, isAnswer: (push: RadioFrame, sent: Sent) => T | null): Promise<Asked<T>> {
    const sentMs = this.#clock.monotonicMs()
    try {
      return await this.#link.ask(command, this.#sending(command, isAnswer))
    } catch (error) {
      if (error instanceof RadioError && error.problem === 'no_answer') this.#lateMs = Math.max(this.#lateMs, sentMs + UNKNOWN_LATE_MS)
      throw error
    }
  }

  #sending<T> (command: Command, isAnswer: (push: RadioFrame, sent: Sent) => T | null): (frame: RadioFrame) => Taken<Asked<T>> {
    const requestBytes = encodeCommand(command).length - 1 - KEY_BYTES
    return (frame) => {
      if (frame.is !== 'sent') return null
      this.#giveUp()
      if (command.is === 'request') this.#remember(frame.tag)
      const answer = new Promise<T | null>((resolve) => {
        this.#outstanding = {
          sent: frame,
          lateMs: this.#clock.monotonicMs() + frame.suggestedMs * LATE_FACTOR,
          take: (push) => {
            const found = isAnswer(push, frame)
            if (found !== null) resolve(found)
            return found !== null
          },
          giveUp: () => { resolve(null) }
        }
      })
      return { answer: { sent: frame, requestBytes, answer } }
    }
  }

  #giveUp (): void {
    if (this.#outstanding === null) return
    this.#lateMs = Math.max(this.#lateMs, this.#outstanding.lateMs)
    this.#outstanding.giveUp()
    this.#outstanding = null
  }

  #remember (tag: number): void {
    this.#tags.push(tag)
    if (this.#tags.length > MAX_TAGS) this.#tags.shift()
  }

  /**
   * The companion takes a late answer to an older request for the login's (4.2, point 8): a status with 3840 mV then reads as a
   * success whose repeater clock is that request's tag, and whose other fields are parts of the status. Old companions push only
   * the first 8 bytes, which tell nothing; there is no length between.
   */
  #isCredible ({ isAdmin, clockS, permissions, firmwareLevel }: LoginSuccess): boolean {
    if (clockS === undefined) return true
    if (permissions === undefined || firmwareLevel === undefined) return false
    return isAdmin === ((permissions & ADMIN_ROLE) === ADMIN_ROLE) && firmwareLevel <= MAX_FIRMWARE_LEVEL && !this.#tags.includes(clockS)
  }
}

const isOf = (key: Uint8Array, prefix: Uint8Array): boolean => Buffer.compare(key.subarray(0, PREFIX_BYTES), prefix) === 0
