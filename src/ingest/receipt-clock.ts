import type { Micros } from '../messages/tables.js'

/**
 * Receipt times in microseconds, each later than the one before, so that messages whose own time can't be
 * believed never share one. `now` gives milliseconds since 1970.
 */
export function createReceiptClock (now: () => number): () => Micros {
  let last = 0
  return () => {
    last = Math.max(Math.floor(now() * 1000), last + 1)
    return last
  }
}
