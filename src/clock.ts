import { setTimeout as delay } from 'node:timers/promises'

/** Time as the radio worker and its simulated radios know it. Tests pass one that runs as fast as the work is done. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. The host may set it at any time, by years. */
  now (): number
  /** Milliseconds that only ever grow, from an unknown start: for timeouts, steps and ages. */
  monotonicMs (): number
  /** Resolves after so many milliseconds; rejects with the signal's reason once that aborts. */
  wait (ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  async wait (ms, signal) {
    signal?.throwIfAborted()
    try {
      await delay(ms, undefined, { signal })
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  }
}
