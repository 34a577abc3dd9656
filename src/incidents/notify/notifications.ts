import type { ClientBase, Pool } from 'pg'
import type { Message } from './message.js'

/** A message on its way to one target, leased to this process. */
export interface Leased {
  id: number
  /** This attempt included. */
  attempts: number
  expiresMs: number
  payload: Message
}

/** Nothing is tried for longer than this. */
export const giveUpAfterMs = 24 * 3_600_000
/** A sender that died is taken for dead after this; longer than any attempt may take. */
export const leaseMs = 60_000
const minuteMs = 60_000

const insertNotifications = `
  insert into notifications (key, target, event, incident_id, payload, created_at, due_at, expires_at)
  select key, target, event, incident_id, payload::json, $1::timestamptz, $1::timestamptz, $2::timestamptz
  from unnest($3::text[], $4::text[], $5::text[], $6::text[]) as message (key, event, incident_id, payload) cross join unnest($7::text[]) as t (target)
  on conflict (key, target) do nothing`

const countRecent = `
  select count(distinct key)::integer as messages, (extract(epoch from max(created_at) filter (where event = 'summary')) * 1000)::float8 as summary_ms
  from notifications where created_at > $1 and event <> 'daily'`

const findKeys = 'select distinct key from notifications where key = any($1::text[])'

// An incident's messages go out in their order. What was never tried goes first, so that news does not wait behind what fails.
const claim = `
  update notifications set attempts = attempts + 1, leased_until = $3
  where id = (
    select n.id from notifications n
    where target = $1 and sent_at is null and failed_at is null and due_at <= $2 and (leased_until is null or leased_until <= $2)
      and not exists (
        select from notifications earlier
        where earlier.incident_id = n.incident_id and earlier.target = n.target and earlier.id < n.id and earlier.sent_at is null and earlier.failed_at is null)
      and (select count(*) from notifications sent where sent.target = $1 and sent.sent_at > $4) < $5
    order by attempts, id limit 1
    for update skip locked)
  returning id, attempts, (extract(epoch from expires_at) * 1000)::float8 as expires_ms, payload`

// Who lost its lease meanwhile must not undo what its successor recorded.
const finish = `
  update notifications set sent_at = $3, failed_at = $4, due_at = coalesce($5, due_at), error = $6, leased_until = null
  where id = $1 and attempts = $2 and sent_at is null`

const giveBack = 'update notifications set attempts = attempts - 1, leased_until = null where id = $1 and attempts = $2 and sent_at is null'

const expireWaiting = `
  update notifications set failed_at = $1, leased_until = null, error = coalesce(error, 'no collector has this target in its settings')
  where sent_at is null and failed_at is null and expires_at <= $1 and (leased_until is null or leased_until <= $1)
  returning id, target, error`

/** Puts messages on their way to every target, once for each of them. */
export async function insertMessages (client: ClientBase, messages: Message[], targets: string[], nowMs: number): Promise<void> {
  await client.query(insertNotifications, [
    toIso(nowMs), toIso(nowMs + giveUpAfterMs), messages.map(({ key }) => key), messages.map(({ event }) => event),
    messages.map(({ issue }) => issue?.id ?? null), messages.map((message) => JSON.stringify(message)), targets,
  ])
}

/** How many messages the last minute brought, and when the newest summary was made, if within it. */
export async function readRecent (client: ClientBase, nowMs: number): Promise<{ recentMessages: number, lastSummaryMs: number | null }> {
  const { rows: [row] } = await client.query<{ messages: number, summary_ms: number | null }>(countRecent, [toIso(nowMs - minuteMs)])
  return { recentMessages: row?.messages ?? 0, lastSummaryMs: row?.summary_ms ?? null }
}

export async function findKnownKeys (client: ClientBase, keys: string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set()
  const { rows } = await client.query<{ key: string }>(findKeys, [keys])
  return new Set(rows.map(({ key }) => key))
}

/** Leases the next message to a target to this process; null where none is due, or the target has had `perMin` within a minute. */
export async function claimNext (db: Pool, target: string, nowMs: number, perMin: number): Promise<Leased | null> {
  const { rows: [row] } = await db.query<{ id: number, attempts: number, expires_ms: number, payload: Message }>(
    claim, [target, toIso(nowMs), toIso(nowMs + leaseMs), toIso(nowMs - minuteMs), perMin])
  return row === undefined ? null : { id: row.id, attempts: row.attempts, expiresMs: row.expires_ms, payload: row.payload }
}

export async function markSent (db: Pool, { id, attempts }: Leased, nowMs: number): Promise<void> {
  await db.query(finish, [id, attempts, toIso(nowMs), null, null, null])
}

/** Tries again at `retryMs`; null: never. */
export async function markFailed (db: Pool, { id, attempts }: Leased, error: string, { nowMs, retryMs }: { nowMs: number, retryMs: number | null }): Promise<void> {
  await db.query(finish, [id, attempts, null, retryMs === null ? toIso(nowMs) : null, retryMs === null ? null : toIso(retryMs), error])
}

/** As if it had never been claimed. */
export async function release (db: Pool, { id, attempts }: Leased): Promise<void> {
  await db.query(giveBack, [id, attempts])
}

/** Gives up what nobody could send in time. */
export async function expire (db: Pool, nowMs: number): Promise<Array<{ id: number, target: string, error: string }>> {
  const { rows } = await db.query<{ id: number, target: string, error: string }>(expireWaiting, [toIso(nowMs)])
  return rows
}

function toIso (ms: number): string {
  return new Date(ms).toISOString()
}
