import type { ClientBase, Pool } from 'pg'
import { withTransaction } from '../database/transaction.js'
import { isoOf } from './sql.js'

/** The row of engine_slot. Times of the engine in milliseconds; how old the claim is, by the database's clock. */
export interface SlotRow {
  slotMs: number
  claimedBy: string
  claimAgeMs: number
  isFinished: boolean
  judgedUntilMs: number | null
  judgedMs: number
  listeningMs: number | null
}

export interface Claiming { slotMs: number, atMs: number, intervalMs: number, instance: string }

/** What a claimed slot judges by. */
export interface Claim {
  slotMs: number
  atMs: number
  instance: string
  /** The moment judged before; null for the first slot ever, and after the clock was set back. */
  priorAtMs: number | null
  judgedMs: number
  listeningMs: number
  missedSlots: number
  /** The slot before was judged by this instance as well: what it remembers is what the database holds. */
  continues: boolean
}

export type Decision = { claim: Claim } | { refused: 'taken' | 'busy' | 'clock_behind' }

/** Set back by more than this, the clock was wrong before and judging starts anew; by less, judging waits until the clock has caught up. */
const clockResetMs = 2 * 3_600_000
/** A pause longer than this is not silence of the nodes: nobody listened, or the clock jumped. */
const pauseMs = 5 * 60_000
/** A claim that was not renewed for this part of an interval is abandoned, so that a killed collector delays the next slot by none. */
const leasePart = 0.8

/** Who judges a slot: pure, so that every order of collectors, crashes and clocks can be tried. */
export function decideClaim (row: SlotRow | null, { slotMs, atMs, intervalMs, instance }: Claiming): Decision {
  const first = { slotMs, atMs, instance, priorAtMs: null, judgedMs: intervalMs, listeningMs: atMs, missedSlots: 0, continues: false }
  if (row === null) return { claim: first }
  const isMine = row.claimedBy === instance
  // Set back, the database's clock may show the claim in the future.
  const isAbandoned = isMine || row.claimAgeMs < 0 || row.claimAgeMs >= leasePart * intervalMs
  if (slotMs === row.slotMs) return { refused: 'taken' }
  if (slotMs < row.slotMs) {
    // Of two collectors whose clocks differ the one ahead goes on, as long as it lives.
    if (!isMine && row.claimAgeMs >= 0 && row.claimAgeMs < 3 * intervalMs) return { refused: 'taken' }
    if (row.slotMs - slotMs < clockResetMs) return { refused: 'clock_behind' }
    return { claim: { ...first, judgedMs: row.judgedMs + intervalMs } }
  }
  if (!row.isFinished && !isAbandoned) return { refused: 'busy' }
  const paused = row.judgedUntilMs === null || atMs - row.judgedUntilMs > pauseMs
  return {
    claim: {
      ...first,
      priorAtMs: row.judgedUntilMs,
      judgedMs: row.judgedMs + intervalMs,
      listeningMs: paused ? atMs : row.listeningMs ?? atMs,
      missedSlots: Math.max(0, Math.round((slotMs - row.slotMs) / intervalMs) - 1),
      continues: isMine && row.isFinished,
    },
  }
}

const selectSlot = `
select slot, claimed_by, (extract(epoch from clock_timestamp() - claimed_at) * 1000)::float8 as claim_age_ms, finished_at is not null as is_finished,
  judged_until, judged_ms, listening_since
from engine_slot for update`

const upsertSlot = `
insert into engine_slot (slot, claimed_by, claimed_at) values ($1, $2, clock_timestamp())
on conflict (only_row) do update set slot = excluded.slot, claimed_by = excluded.claimed_by, claimed_at = excluded.claimed_at, finished_at = null`

const renewClaim = 'update engine_slot set claimed_at = clock_timestamp() where slot = $1 and claimed_by = $2 and finished_at is null'

const fence = 'select from engine_slot where slot = $1 and claimed_by = $2 and finished_at is null for update'

const finishSlot = `
update engine_slot set finished_at = clock_timestamp(), judged_until = $2, judged_ms = $3, listening_since = $4 where slot = $1`

interface Row {
  slot: string
  claimed_by: string
  claim_age_ms: number
  is_finished: boolean
  judged_until: string | null
  judged_ms: number
  listening_since: string | null
}

/** Claims a slot in the database. Of any number of collectors one gets it. */
export async function claimSlot (pool: Pool, claiming: Claiming): Promise<Decision> {
  return await withTransaction(pool, async (client) => {
    const { rows: [row] } = await client.query<Row>(selectSlot)
    const decision = decideClaim(row === undefined ? null : readRow(row), claiming)
    // The first slot ever: a row that another collector inserts at this moment is waited for, and then overwritten; its apply finds the claim gone.
    if ('claim' in decision) await client.query(upsertSlot, [isoOf(claiming.slotMs), claiming.instance])
    return decision
  })
}

/** Shows that this claimer is alive. */
export async function renew (pool: Pool, { slotMs, instance }: Claim): Promise<void> {
  await pool.query(renewClaim, [isoOf(slotMs), instance])
}

/** In the transaction that applies a slot, before all else. False: somebody else took over, and nothing may be written. */
export async function holdClaim (client: ClientBase, { slotMs, instance }: Claim): Promise<boolean> {
  const { rowCount } = await client.query(fence, [isoOf(slotMs), instance])
  return rowCount === 1
}

/** In the same transaction, last. */
export async function finish (client: ClientBase, { slotMs, atMs, judgedMs, listeningMs }: Claim): Promise<void> {
  await client.query(finishSlot, [isoOf(slotMs), isoOf(atMs), judgedMs, isoOf(listeningMs)])
}

function readRow (row: Row): SlotRow {
  return {
    slotMs: Date.parse(row.slot),
    claimedBy: row.claimed_by,
    claimAgeMs: row.claim_age_ms,
    isFinished: row.is_finished,
    judgedUntilMs: row.judged_until === null ? null : Date.parse(row.judged_until),
    judgedMs: row.judged_ms,
    listeningMs: row.listening_since === null ? null : Date.parse(row.listening_since),
  }
}
