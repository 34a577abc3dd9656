/** Reads something as it is at a moment, milliseconds since 1970. */
export type ReadAt<Value> = (nowMs: number) => Promise<Value>

/** The same reading for all who ask within `keptMs` of the first, also while it is being read. One that failed is not kept. */
export function keepFor<Value> (keptMs: number, read: ReadAt<Value>): ReadAt<Value> {
  let kept: { value: Promise<Value>, atMs: number } | undefined
  return async (nowMs) => {
    if (kept !== undefined && nowMs >= kept.atMs && nowMs - kept.atMs < keptMs) return await kept.value
    const reading = { value: read(nowMs), atMs: nowMs }
    kept = reading
    try {
      return await reading.value
    } catch (error) {
      if (kept === reading) kept = undefined
      throw error
    }
  }
}
