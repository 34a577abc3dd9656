/* eslint-disable sql/constants -- constants of the digests, with values as parameters */
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { withTransaction } from '../database/transaction.js'
import { digests, type Digest } from './digests.js'
import { crosses, markMs } from './marks.js'
import type { General } from './settings/general.js'
import { type Claim, holdClaim } from './slots.js'
import { saveCursors } from './store.js'

export interface Filling { pool: Pool, general: General, log: Pick<Logger, 'error'> }

/**
 * Brings the digests up to this slot: each in a transaction of its own with the note of how far it came, so that nothing is counted twice. One that
 * fails stays behind until the next slot, and the rules judge by what it had.
 */
export async function fillDigests (claim: Claim, cursors: Map<string, number>, { pool, general, log }: Filling): Promise<void> {
  for (const digest of digests) {
    const cursorMs = cursors.get(nameOf(digest))
    if (cursorMs !== undefined && cursorMs <= claim.atMs && claim.atMs - cursorMs < digest.everyMs) continue
    try {
      if (await fillOne(pool, claim, digest, { sinceMs: sinceOf(cursorMs, digest, claim), general })) cursors.set(nameOf(digest), claim.atMs)
    } catch (error) {
      log.error({ err: error, digest: digest.table }, `${digest.table} was not brought up to this slot`)
    }
  }
}

async function fillOne (pool: Pool, claim: Claim, digest: Digest, { sinceMs, general }: { sinceMs: number, general: General }): Promise<boolean> {
  return await withTransaction(pool, async (client) => {
    if (!await holdClaim(client, claim)) return false
    await client.query(digest.fill(sinceMs, claim.atMs, general))
    if (crosses(sinceMs, claim.atMs, markMs)) await client.query(digest.prune(claim.atMs))
    await saveCursors(client, [nameOf(digest)], claim.atMs)
    return true
  })
}

function nameOf ({ table }: Digest): string {
  return `digest ${table}`
}

/** Never further back than rules look; from now on where the clock was set back. */
function sinceOf (cursorMs: number | undefined, { lookBackMs }: Digest, { atMs }: Claim): number {
  if (cursorMs === undefined) return atMs - lookBackMs
  return cursorMs > atMs ? atMs : Math.max(cursorMs, atMs - lookBackMs)
}
