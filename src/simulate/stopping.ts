import { setTimeout as sleep } from 'node:timers/promises'

/** Real time, and the end of a run: SIGINT, SIGTERM or `stop`. */
export interface Stopping {
  signal: AbortSignal
  now: () => number
  /** Resolves after so many ms, or as soon as the signal aborts. */
  wait: (ms: number) => Promise<void>
  /** Ends what waits, and lets signals end the process again. */
  stop: () => void
}

export function stopOnSignals (): Stopping {
  const ending = new AbortController()
  const stop = (): void => {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    ending.abort()
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  return { signal: ending.signal, now: Date.now, wait: (ms) => sleep(ms, undefined, { signal: ending.signal }).catch(() => {}), stop }
}
