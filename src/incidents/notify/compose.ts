/* eslint-disable sql/constants -- constants of this file, handed to a helper of it */
import type { ClientBase, Pool } from 'pg'
import { withTransaction } from '../../database/transaction.js'
import { hasDue, readDue, settle } from '../outbox.js'
import { type IncidentRow, issueColumns } from '../issue.js'
import { dailyMessage, issueMessage, summaryMessage, type Affected, type Message } from './message.js'
import { findKnownKeys, insertMessages, readRecent } from './notifications.js'
import { dailyKey, planMessages, type Planned } from './plan.js'

export interface Composing {
  pool: Pool
  /** Names of the targets. Without any, nobody is told, now or later. */
  targets: string[]
  perMin: number
  publicUrl: string | undefined
}

/** One collector composes at a time: they would count the messages of a minute past each other. */
const composeLock = 7_734_004
const tryLock = `select pg_try_advisory_xact_lock(${composeLock}) as locked`

const selectIncident = `select ${issueColumns} from incidents where id = $1`

const affectedColumns = 'id, kind, scope, severity, count(*) over ()::integer as count'
const worstFirst = "order by array_position(array['critical', 'major', 'minor'], severity), started_at, id limit 50"
const selectConsequences = `select ${affectedColumns} from incidents where caused_by = $1 and (state <> 'closed' or $2) ${worstFirst}`
const selectOpenOfKind = `select ${affectedColumns} from incidents where kind = $1 and state <> 'closed' and not in_maintenance ${worstFirst}`

/**
 * Makes messages of the transitions whose time has come, in one transaction: a transition is either still in the outbox or on its way to
 * every target. Returns the time before which nothing more can be made of what is left, or null.
 */
export async function composeDue (composing: Composing, nowMs: number): Promise<number | null> {
  const { pool, targets, perMin, publicUrl } = composing
  if (!await hasDue(pool, nowMs)) return null
  return await withTransaction(pool, async (client) => {
    const { rows: [lock] } = await client.query<{ locked: boolean }>(tryLock)
    if (lock?.locked !== true) return null
    const due = await readDue(client, nowMs)
    if (targets.length === 0) {
      await settle(client, due.map(({ id }) => ({ id, outcome: 'dropped' })), nowMs)
      return null
    }
    const knownDaily = await findKnownKeys(client, due.map(dailyKey).filter((key) => key !== null))
    const { messages, settled, heldUntilMs } = planMessages(due, { nowMs, perMin, knownDaily, ...await readRecent(client, nowMs) })
    const made: Message[] = []
    for (const planned of messages) made.push(await makeMessage(client, planned, publicUrl))
    await insertMessages(client, made, targets, nowMs)
    await settle(client, settled, nowMs)
    return heldUntilMs
  })
}

async function makeMessage (client: ClientBase, planned: Planned, publicUrl: string | undefined): Promise<Message> {
  const base = { key: planned.key, atMs: planned.atMs, publicUrl }
  switch (planned.type) {
    case 'summary': return summaryMessage(base, planned.parts)
    case 'daily': return dailyMessage(base, planned.kind, await readAffected(client, selectOpenOfKind, [planned.kind]))
    case 'single': {
      const { rows: [incident] } = await client.query<IncidentRow>(selectIncident, [planned.incident.id])
      if (incident === undefined) throw new Error(`incident ${planned.incident.id} went away while its message was made`)
      return issueMessage(base, planned.event, incident, await readAffected(client, selectConsequences, [incident.id, planned.event === 'closed']))
    }
  }
}

async function readAffected (client: ClientBase, text: string, values: unknown[]): Promise<Affected> {
  const { rows } = await client.query<Affected['incidents'][number] & { count: number }>(text, values)
  return { incidents: rows.map(({ count, ...incident }) => incident), count: rows[0]?.count ?? 0 }
}
