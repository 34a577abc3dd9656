import t from 'tap'
import { wantsMessage } from '../../src/incidents/notify/wants.js'
import { queueMessages, type QueuedMessage } from '../../src/incidents/outbox.js'
import { withTransaction } from '../../src/database/transaction.js'
import { createTestDatabase } from '../support/database.js'

const atMs = Date.UTC(2026, 5, 15, 12)
const { pool } = await createTestDatabase(t)
t.beforeEach(async () => { await pool.query('delete from outbox') })

const queue = async (...messages: QueuedMessage[]) => await withTransaction(pool, (client) => queueMessages(client, messages))
const rows = async () => (await pool.query('select key, incident_id, event, at, due_at, settled_at from outbox order by id')).rows

t.test('a transition is noted once, with the time its message is due', async (t) => {
  const opened = { incidentId: 'a', event: 'opened', atMs, waitMs: 90_000 } as const
  await queue(opened, { incidentId: 'b', event: 'closed', atMs, waitMs: 0 })
  await queue(opened, { ...opened, atMs: atMs + 10_000 })
  t.same(await rows(), [
    { key: 'a/opened', incident_id: 'a', event: 'opened', at: '2026-06-15T12:00:00Z', due_at: '2026-06-15T12:01:30Z', settled_at: null },
    { key: 'b/closed', incident_id: 'b', event: 'closed', at: '2026-06-15T12:00:00Z', due_at: '2026-06-15T12:00:00Z', settled_at: null },
  ])
})

t.test('each escalation of an incident is a transition of its own', async (t) => {
  const escalated = { incidentId: 'a', event: 'escalated', atMs, waitMs: 0 } as const
  await queue(escalated)
  await queue(escalated)
  await queue({ ...escalated, atMs: atMs + 10_000 })
  t.same((await rows()).map(({ key }) => key), ['a/escalated/2026-06-15T12:00:00.000Z', 'a/escalated/2026-06-15T12:00:10.000Z'])
})

t.test('nothing is noted of a transition that is rolled back', async (t) => {
  const failure = new Error('after the transition')
  await t.rejects(withTransaction(pool, async (client) => {
    await queueMessages(client, [{ incidentId: 'a', event: 'opened', atMs, waitMs: 0 }])
    throw failure
  }), failure)
  t.same(await rows(), [])
})

t.test('maintenance is silent, history is not announced, but what was announced is followed', async (t) => {
  for (const event of ['opened', 'escalated', 'closed'] as const) {
    t.equal(wantsMessage({ stale: false, inMaintenance: false }, event), true, event)
    t.equal(wantsMessage({ stale: false, inMaintenance: true }, event), false, `${event} in maintenance`)
    t.equal(wantsMessage({ stale: true, inMaintenance: false }, event), event !== 'opened', `${event} of a stale one`)
  }
})
