import type { ClientBase, Pool } from 'pg'
import { timeMs } from '../rules/sql.js'
import type { Due, Plan, Told } from './notify/plan.js'
import type { Transition } from './notify/wants.js'

export interface QueuedMessage {
  incidentId: string
  event: Transition
  /** When the transition happened. */
  atMs: number
  /** How long its message waits: `FOLD_WAIT_S` for the opening of a path's incident, else 0. */
  waitMs: number
}

const insert = `
  insert into outbox (key, incident_id, event, at, due_at)
  select key, incident_id, event, at, due_at
  from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[]) as queued (key, incident_id, event, at, due_at)
  on conflict (key) do nothing`

/** More than this at once are left for the next time. */
const dueRows = 20_000

const selectDue = `
  select o.id, o.key, o.event, ${timeMs('o.at')} as at_ms, ${timeMs('o.due_at')} as due_ms,
    i.id as incident_id, i.kind, i.category, i.scope, i.severity, i.state, i.ack is not null as acknowledged, i.in_maintenance,
    opening.id is not null as has_opening, opening.outcome as opening, ${timeMs('opening.due_at')} as opening_due_ms, ${timeMs('closing.at')} as closed_ms,
    cause.state as cause_state, cause.in_maintenance as cause_in_maintenance,
    cause_opening.id is not null as cause_has_opening, cause_opening.outcome as cause_opening
  from outbox o
  left join incidents i on i.id = o.incident_id
  left join outbox opening on opening.key = i.id || '/opened'
  left join outbox closing on closing.key = i.id || '/closed'
  left join incidents cause on cause.id = i.caused_by
  left join outbox cause_opening on cause_opening.key = cause.id || '/opened'
  where o.settled_at is null and o.due_at <= $1
  order by o.id limit ${dueRows}`

const settleRows = `
  update outbox o set settled_at = $1, outcome = settled.outcome
  from unnest($2::bigint[], $3::text[]) as settled (id, outcome)
  where o.id = settled.id`

const hasDueRows = 'select exists (select from outbox where settled_at is null and due_at <= $1) as due'

// Counted from what was told last, so that a reminder neither follows on the heels of an escalation nor comes twice after a pause.
const insertReminders = `
  insert into outbox (key, incident_id, event, at, due_at)
  select i.id || '/reminder/' || (count(*) filter (where o.event = 'reminder') + 1), i.id, 'reminder', $1::timestamptz, $1::timestamptz
  from incidents i join outbox o on o.incident_id = i.id
  where i.state = 'open' and i.severity = 'critical' and i.ack is null and i.caused_by is null and not i.stale and not i.in_maintenance
  group by i.id
  having max(o.at) filter (where o.outcome in ('sent', 'summary')) <= $1::timestamptz - $2 * interval '1 millisecond'
    and bool_and(o.settled_at is not null)
  on conflict (key) do nothing`

interface DueRow {
  id: number
  key: string
  event: Due['event']
  at_ms: number
  due_ms: number
  incident_id: string | null
  kind: string
  category: string
  scope: Told['scope']
  severity: Told['severity']
  state: Told['state']
  acknowledged: boolean
  in_maintenance: boolean
  has_opening: boolean
  opening: Exclude<Told['opening'], undefined>
  opening_due_ms: number | null
  closed_ms: number | null
  cause_state: Told['state'] | null
  cause_in_maintenance: boolean | null
  cause_has_opening: boolean
  cause_opening: Exclude<Told['opening'], undefined>
}

/**
 * Notes transitions to tell people of. To be called in the transaction that makes them: then a message is sent if, and only if, its
 * transition happened. A transition that is noted twice is told once.
 */
export async function queueMessages (client: ClientBase, messages: QueuedMessage[]): Promise<void> {
  if (messages.length === 0) return
  await client.query(insert, [
    messages.map(keyOf),
    messages.map(({ incidentId }) => incidentId),
    messages.map(({ event }) => event),
    messages.map(({ atMs }) => toIso(atMs)),
    messages.map(({ atMs, waitMs }) => toIso(atMs + waitMs)),
  ])
}

/** Whether `readDue` would find anything: cheap, and no transaction. */
export async function hasDue (db: Pool, nowMs: number): Promise<boolean> {
  const { rows: [row] } = await db.query<{ due: boolean }>(hasDueRows, [toIso(nowMs)])
  return row?.due === true
}

/** What is due, oldest first, with the incidents as they are now. */
export async function readDue (client: ClientBase, nowMs: number): Promise<Due[]> {
  const { rows } = await client.query<DueRow>(selectDue, [toIso(nowMs)])
  return rows.map((row) => ({ id: row.id, key: row.key, event: row.event, atMs: row.at_ms, dueMs: row.due_ms, incident: toTold(row) }))
}

/** Records what became of rows: they are never due again. */
export async function settle (client: ClientBase, settled: Plan['settled'], nowMs: number): Promise<void> {
  await client.query(settleRows, [toIso(nowMs), settled.map(({ id }) => id), settled.map(({ outcome }) => outcome)])
}

/** Notes a reminder of every critical incident that nobody has acknowledged and that nothing was told of for so long. */
export async function queueReminders (db: Pool, nowMs: number, everyMs: number): Promise<void> {
  await db.query(insertReminders, [toIso(nowMs), everyMs])
}

function toTold (row: DueRow): Told | null {
  if (row.incident_id === null) return null
  return {
    id: row.incident_id, kind: row.kind, category: row.category, scope: row.scope, severity: row.severity, state: row.state,
    acknowledged: row.acknowledged, inMaintenance: row.in_maintenance,
    opening: row.has_opening ? row.opening : undefined, openingDueMs: row.opening_due_ms, closedMs: row.closed_ms,
    cause: row.cause_state === null
      ? null
      : { state: row.cause_state, inMaintenance: row.cause_in_maintenance === true, opening: row.cause_has_opening ? row.cause_opening : undefined },
  }
}

/** An incident opens and closes once; it may escalate twice. */
function keyOf ({ incidentId, event, atMs }: QueuedMessage): string {
  return event === 'escalated' ? `${incidentId}/${event}/${toIso(atMs)}` : `${incidentId}/${event}`
}

function toIso (ms: number): string {
  return new Date(ms).toISOString()
}
