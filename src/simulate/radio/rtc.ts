import type { Clock } from '../../clock.js'

/** A radio's own clock in whole Unix seconds: it runs by itself, whatever happens to the host's. */
export class Rtc {
  readonly #clock: Clock
  #startMs: number
  #lastUniqueS = 0

  constructor (clock: Clock, offsetS = 0) {
    this.#clock = clock
    this.#startMs = clock.now() + 1000 * offsetS - clock.monotonicMs()
  }

  nowS (): number {
    return Math.floor((this.#startMs + this.#clock.monotonicMs()) / 1000)
  }

  /** The time stamp of a packet: later than every one before, however the clock was set (getCurrentTimeUnique of the firmware). */
  uniqueS (): number {
    this.#lastUniqueS = Math.max(this.nowS(), this.#lastUniqueS + 1)
    return this.#lastUniqueS
  }

  set (timeS: number): void {
    this.#startMs = 1000 * timeS - this.#clock.monotonicMs()
  }

  /** Sets it against the host's clock. */
  setOffset (offsetS: number): void {
    this.#startMs = this.#clock.now() + 1000 * offsetS - this.#clock.monotonicMs()
  }

  /** A boot forgets which time stamps were used. */
  boot (): void {
    this.#lastUniqueS = 0
  }
}
