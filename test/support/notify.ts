import pino from 'pino'
import type { Pool } from 'pg'
import type { Test } from 'tap'
import { loadConfig } from '../../src/config.js'
import { withTransaction } from '../../src/database/transaction.js'
import { createNotifier, type Notifier } from '../../src/incidents/notify/notifier.js'
import { queueMessages, type QueuedMessage } from '../../src/incidents/outbox.js'
import { incident, insert } from './api.js'
import { createTestDatabase } from './database.js'

export const startMs = Date.UTC(2026, 5, 15, 12)

/** A database of its own, empty before each test, with a clock that stands still and what an engine would do. */
export async function startNotifyTest (t: Test) {
  const { pool, url: databaseUrl } = await createTestDatabase(t)
  const clock = { nowMs: startMs }
  t.beforeEach(async () => {
    clock.nowMs = startMs
    await pool.query('delete from notifications; delete from outbox; delete from incidents')
  })
  return {
    pool,
    databaseUrl,
    clock,
    notifier: (settings: Record<string, string>, options: { deadlineMs?: number, stopGraceMs?: number, log?: pino.Logger } = {}): Notifier =>
      createNotifier({ pool, config: loadConfig(settings).config, log: pino({ level: 'silent' }), now: () => clock.nowMs, ...options }),
    queue: (...messages: Array<Pick<QueuedMessage, 'incidentId' | 'event'> & Partial<QueuedMessage>>) => withTransaction(pool, (client) =>
      queueMessages(client, messages.map((message) => ({ atMs: clock.nowMs, waitMs: 0, ...message })))),
    /** Incidents with their openings in the outbox. */
    open: (...incidents: Array<Record<string, unknown>>) => openIncidents(pool, clock.nowMs, incidents),
    outcomes: async () => Object.fromEntries((await pool.query<{ key: string, outcome: string | null }>('select key, outcome from outbox order by id')).rows.map(({ key, outcome }) => [key, outcome])),
    notifications: async () => (await pool.query('select key, target, attempts, due_at, leased_until, sent_at, failed_at, error from notifications order by id')).rows,
  }
}

async function openIncidents (pool: Pool, nowMs: number, incidents: Array<Record<string, unknown>>): Promise<void> {
  await insert(pool, 'incidents', incidents.map(({ id, ...more }) => incident(String(id), 60, more)))
  await withTransaction(pool, (client) => queueMessages(client, incidents.map(({ id, kind }) => ({
    incidentId: String(id), event: 'opened', atMs: nowMs, waitMs: kind === 'loss_spike' ? 90_000 : 0,
  }))))
}
