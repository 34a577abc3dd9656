import type { ClientBase } from 'pg'
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

/** An incident opens and closes once; it may escalate twice. */
function keyOf ({ incidentId, event, atMs }: QueuedMessage): string {
  return event === 'escalated' ? `${incidentId}/${event}/${toIso(atMs)}` : `${incidentId}/${event}`
}

function toIso (ms: number): string {
  return new Date(ms).toISOString()
}
