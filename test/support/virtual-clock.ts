import type { Clock } from '../../src/clock.js'

interface Wait { dueMs: number, resolve: () => void }

/** 2026-06-01T00:00:00Z: where a virtual clock starts unless told otherwise. */
export const virtualStart = Date.UTC(2026, 5, 1)

/**
 * A clock for tests: time stands still while anything can run and then jumps to the next wait, so that a simulated day takes seconds.
 * Whatever works with it may use promises, setImmediate and files; sockets and node's own timers go by real time and are not waited for.
 */
export class VirtualClock implements Clock {
  /** Clocks of this process that wait until nothing else runs: each has one setImmediate open. */
  static #quieting = 0
  /** In the order they end; those of the same moment in the order they began. */
  readonly #waits: Wait[] = []
  #monotonicMs = 0
  #offsetMs: number
  #running = false

  constructor (startMs = virtualStart) {
    this.#offsetMs = startMs
  }

  now (): number {
    return this.#offsetMs + this.#monotonicMs
  }

  monotonicMs (): number {
    return this.#monotonicMs
  }

  /** Sets the wall clock, as somebody may on any host; what waits is not touched. */
  setNow (ms: number): void {
    this.#offsetMs = ms - this.#monotonicMs
  }

  wait (ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = (): void => {
        this.#waits.splice(this.#waits.indexOf(wait), 1)
        reject(signal?.reason)
      }
      const wait = {
        dueMs: this.#monotonicMs + Math.max(ms, 0),
        resolve: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        }
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const later = this.#waits.findIndex(({ dueMs }) => dueMs > wait.dueMs)
      this.#waits.splice(later === -1 ? this.#waits.length : later, 0, wait)
    })
  }

  /** Lets so much time pass, and everything happen that falls into it. */
  run (ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms
    return this.#alone(async () => {
      while (await this.#step(untilMs));
      this.#monotonicMs = untilMs
    })
  }

  /**
   * Lets time pass until a promise has settled, and returns or throws what it settled with.
   * @throws Error when nothing waits any more, or when it is still open after `limitMs`
   */
  until<T> (promise: Promise<T>, limitMs = 7 * 86_400_000): Promise<T> {
    const untilMs = this.#monotonicMs + limitMs
    const outcome = { settled: false }
    const note = (): void => { outcome.settled = true }
    promise.then(note, note)
    return this.#alone(async () => {
      await VirtualClock.#quiet()
      while (!outcome.settled) {
        if (!await this.#step(untilMs)) throw new Error(this.#waits.length === 0 ? 'nothing waits for the clock and the promise is open: it would never settle' : `the promise is still open after ${limitMs} ms`)
      }
      return await promise
    })
  }

  /** How many waits are open: none may be left behind. */
  get waiting (): number {
    return this.#waits.length
  }

  /** Goes on to the next wait and lets everything run that it sets off; false if there is none in time. */
  async #step (untilMs: number): Promise<boolean> {
    await VirtualClock.#quiet()
    const next = this.#waits[0]
    if (next === undefined || next.dueMs > untilMs) return false
    this.#waits.shift()
    this.#monotonicMs = next.dueMs
    next.resolve()
    await VirtualClock.#quiet()
    return true
  }

  /** Resolves when no microtask, no setImmediate but those of other clocks, and no file operation is open any more. */
  static async #quiet (): Promise<void> {
    VirtualClock.#quieting++
    let open: string[]
    do {
      await new Promise((resolve) => setImmediate(resolve))
      open = process.getActiveResourcesInfo()
    } while (open.some((kind) => /^(FSReq.*|CloseReq)$/.test(kind)) || open.filter((kind) => kind === 'Immediate').length >= VirtualClock.#quieting)
    VirtualClock.#quieting--
  }

  async #alone<T> (work: () => Promise<T>): Promise<T> {
    if (this.#running) throw new Error('somebody else moves this clock already')
    this.#running = true
    try {
      return await work()
    } finally {
      this.#running = false
    }
  }
}
