import type { Pool } from 'pg'
import type { BaseLogger } from 'pino'
import { claimNext, markFailed, markSent, release, type Leased } from './notifications.js'
import { nextAttempt, type Result } from './retry.js'
import type { Target } from './target.js'

export interface Delivering {
  pool: Pool
  /** Messages to one target within a minute. */
  perMin: number
  log: Pick<BaseLogger, 'warn' | 'error' | 'debug'>
  now: () => number
  /** Aborted: nothing more is begun. */
  closing: AbortSignal
  /** Aborted: what is under way is broken off. */
  givingUp: AbortSignal
}

/** Sends what is due to one target, one after another. Rejects where the database fails; a lease that is left then runs out. */
export async function deliverTo (target: Target, delivering: Delivering): Promise<void> {
  const { pool, perMin, now, closing } = delivering
  while (!closing.aborted) {
    const leased = await claimNext(pool, target.name, now(), perMin)
    if (leased === null) return
    const result = await attempt(target, leased, delivering)
    if (result === null) await release(pool, leased)
    else await record(target, leased, result, delivering)
  }
}

/** Null: broken off. */
async function attempt (target: Target, { payload }: Leased, { now, givingUp }: Delivering): Promise<Result | null> {
  try {
    return await target.send(payload, { nowMs: now(), signal: givingUp })
  } catch (error) {
    return givingUp.aborted ? null : { is: 'failed', permanent: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

async function record (target: Target, leased: Leased, result: Result, { pool, log, now }: Delivering): Promise<void> {
  const about = { target: target.name, key: leased.payload.key, attempts: leased.attempts }
  const nowMs = now()
  if (result.is === 'sent') {
    await markSent(pool, leased, nowMs)
    log.debug(about, `told ${target.name}: ${result.detail}`)
    return
  }
  const retryMs = nextAttempt(result, leased.attempts, { nowMs, expiresMs: leased.expiresMs })
  await markFailed(pool, leased, result.reason, { nowMs, retryMs })
  if (retryMs === null) log.error(about, `gave up telling ${target.name}: ${result.reason}; GET /notifications lists it`)
  else log.warn(about, `could not tell ${target.name}: ${result.reason}; trying again in ${Math.round((retryMs - nowMs) / 1000)} s`)
}
