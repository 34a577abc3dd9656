/**
 * Runs `work` with a signal that aborts with `signal`, and after `ms`. Rejects with `reason` at that deadline, else as `work` does.
 *
 * Not AbortSignal.timeout within AbortSignal.any: Node.js 20 may collect that timer as garbage, and it then never fires (nodejs/node#57736).
 */
export async function withDeadline<T> ({ ms, signal, reason }: Deadline, work: (limited: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController()
  const timer = setTimeout(() => { late.abort(reason ?? new Error(`no answer within ${ms / 1000} s`)) }, ms)
  try {
    return await work(AbortSignal.any([signal, late.signal]))
  } catch (error) {
    throw late.signal.aborted && !signal.aborted ? late.signal.reason : error
  } finally {
    clearTimeout(timer)
  }
}

export interface Deadline {
  ms: number
  signal: AbortSignal
  /** Without it: an Error that tells within what time no answer came. */
  reason?: Error
}
