import type { Logger } from 'pino'

/** A close that takes longer than this is given up: what is not acknowledged is not lost, its sender comes again. */
const closeMs = 20_000

/** Resolves at the first SIGINT or SIGTERM. A second one ends the process at once. */
export function untilSignal (log: Pick<Logger, 'info'>): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(130)
        asked = true
        log.info(`${signal}: finishing what is under way; once more to stop at once`)
        resolve()
      })
    }
  })
}

/** Ctrl-C ended a command: there is nothing to say of it, and the exit code is 130. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}

/** Aborts with Interrupted at the first SIGINT or SIGTERM. A second one ends the process at once. */
export function interruption (): AbortSignal {
  const stop = new AbortController()
  untilSignal({ info: () => {} }).then(() => stop.abort(new Interrupted('interrupted')), () => {})
  return stop.signal
}

export async function closeInTime (closing: Promise<void>, log: Pick<Logger, 'warn'>): Promise<void> {
  const timer = setTimeout(() => {
    log.warn(`not closed within ${closeMs / 1000} s; stopping all the same`)
    process.exit(1)
  }, closeMs)
  await closing
  clearTimeout(timer)
}

/** A signal that aborts with this reason at SIGINT or SIGTERM. The next one ends the process at once. */
export function stopAtSignal (reason: string): AbortSignal {
  const stop = new AbortController()
  const onSignal = (): void => {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    stop.abort(new Error(reason))
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return stop.signal
}
