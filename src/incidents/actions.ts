import type { ClientBase, Pool } from 'pg'
import { withTransaction } from '../database/transaction.js'
import { wantsMessage } from './notify/wants.js'
import { queueMessages } from './outbox.js'
import { lockSlot } from './slot-lock.js'

/** What a person does to an incident, and why. */
export interface Action { id: string, by: string | null, note: string | null }

/** `closed`: the incident is, so that nothing was done. */
export type Outcome = 'done' | 'closed' | 'missing'

export interface ClosedByHand { id: string, stale: boolean, in_maintenance: boolean }

interface Incident extends ClosedByHand { state: 'open' | 'closing' | 'closed', acked_by: string | null, acked_note: string | null, acknowledged: boolean }

const selectIncident = `
select id, state, stale, in_maintenance, ack is not null as acknowledged, ack ->> 'by' as acked_by, ack ->> 'note' as acked_note
from incidents where id = $1 for update`

const setAck = 'update incidents set ack = $2::jsonb, updated_at = $3 where id = $1'

const closeIncident = `
update incidents
set state = 'closed', resolution = 'manual', ended_at = greatest($2::timestamptz, started_at + interval '1 millisecond'), updated_at = $2
where id = $1`

/** What became of the incident by the statement before; where its state stayed, the evidence says what changed. */
const writeJournal = `
insert into incident_journal (incident_id, rule, subject, at, from_state, to_state, evidence)
select id, kind, subject, $2, $3, state, $4::jsonb from incidents where id = $1`

/** Acknowledges until the incident closes. Once more by another person or with another note replaces it; the very same changes nothing. */
export async function acknowledge (db: Pool, { id, by, note }: Action, nowMs: number): Promise<Outcome> {
  return await act(db, id, async (client, incident) => {
    if (incident.acknowledged && incident.acked_by === by && incident.acked_note === note) return
    const at = isoOf(nowMs)
    await client.query(setAck, [id, JSON.stringify({ by, at, note }), at])
    await client.query(writeJournal, [id, at, incident.state, JSON.stringify({ change: 'acknowledged', by, note })])
  })
}

/** Takes an acknowledgement back; where there is none, nothing changes. */
export async function takeBackAck (db: Pool, { id, by, note }: Action, nowMs: number): Promise<Outcome> {
  return await act(db, id, async (client, incident) => {
    if (!incident.acknowledged) return
    const at = isoOf(nowMs)
    await client.query(setAck, [id, null, at])
    await client.query(writeJournal, [id, at, incident.state, JSON.stringify({ change: 'ack taken back', by, note })])
  })
}

/** Closes by hand. The engine takes it from the table at its next slot: rows up to now no longer count, newer ones that match open a new incident. */
export async function closeByHand (db: Pool, { id, by, note }: Action, nowMs: number): Promise<Outcome> {
  return await act(db, id, async (client, incident) => {
    const at = isoOf(nowMs)
    await client.query(closeIncident, [id, at])
    await client.query(writeJournal, [id, at, incident.state, JSON.stringify({ resolution: 'manual', by, note })])
    await tellClosed(client, [incident], nowMs)
  })
}

/** Runs `change` on an incident that is not closed, together with its entry in the journal. */
async function act (db: Pool, id: string, change: (client: ClientBase, incident: Incident) => Promise<void>): Promise<Outcome> {
  return await withTransaction(db, async (client) => {
    await lockSlot(client)
    const { rows: [incident] } = await client.query<Incident>(selectIncident, [id])
    if (incident === undefined) return 'missing'
    if (incident.state === 'closed') return 'closed'
    await change(client, incident)
    return 'done'
  })
}

/** Notes the message of their closing, in the transaction that closes them. */
export async function tellClosed (client: ClientBase, incidents: ClosedByHand[], atMs: number): Promise<void> {
  const told = incidents.filter(({ stale, in_maintenance: inMaintenance }) => wantsMessage({ stale, inMaintenance }, 'closed'))
  await queueMessages(client, told.map(({ id }) => ({ incidentId: id, event: 'closed', atMs, waitMs: 0 })))
}

function isoOf (ms: number): string {
  return new Date(ms).toISOString()
}
