import type { Progress } from '../progress.js'
import type { Outgoing, Sink } from './sink.js'

/** Ties mesh time to real time: `mesh` happens at `real`, and `speed` times as fast. Whatever is due already goes at once. */
export interface Pace { mesh: number, real: number, speed: number }

export interface RunOptions {
  /** null: as fast as it goes. */
  pace: Pace | null
  sink: Sink
  progress: Progress
  signal: AbortSignal
  now: () => number
  /** Resolves after so many ms, or as soon as the signal aborts. */
  wait: (ms: number) => Promise<void>
}

/**
 * Delivers messages until they end or the signal aborts.
 * @returns the time of the last one (ms), null if there was none
 */
export async function run (emissions: Iterable<Outgoing>, { pace, sink, progress, signal, now, wait }: RunOptions): Promise<number | null> {
  let last: number | null = null
  for (const emission of emissions) {
    const early = pace === null ? 0 : pace.real + (emission.at - pace.mesh) / pace.speed - now()
    if (early > 0) {
      sink.push()
      await wait(early)
    }
    if (signal.aborted) break
    const full = sink.write(emission)
    if (full !== undefined) await full
    last = emission.at
    progress.show(emission.at, sink.counts.messages)
  }
  await sink.close()
  progress.end()
  return last
}
