import t from 'tap'
import { loadConfig } from '../../src/config.js'
import { withTransaction } from '../../src/database/transaction.js'
import { makeTargets } from '../../src/incidents/notify/target.js'
import { queueMessages } from '../../src/incidents/outbox.js'
import { startReceiver } from '../support/receiver.js'
import { startNotifyTest } from '../support/notify.js'

const { clock, open, queue, notifier, outcomes, pool } = await startNotifyTest(t)
const second = 1000

/** Many paths to one node that all lose packets, as an engine opens them within one slot. */
async function openPaths (from: number, to: number): Promise<void> {
  await pool.query(`
    insert into incidents (id, kind, category, subject, scope, state, severity, impact, started_at, opened_at)
    select 'p' || n, 'loss_spike', 'network', 'n' || n || '>sink', jsonb_build_object('type', 'path', 'src', 'n' || n, 'dst', 'sink'), 'open',
      case when n = 7 then 'critical' else 'minor' end, '{}', $3, $3
    from generate_series($1::integer, $2::integer) as n`, [from, to, new Date(clock.nowMs).toISOString()])
  const messages = Array.from({ length: to - from + 1 }, (_, i) => ({ incidentId: `p${from + i}`, event: 'opened', atMs: clock.nowMs, waitMs: 90_000 } as const))
  await withTransaction(pool, (client) => queueMessages(client, messages))
}

t.test('10,000 issues opened within two slots: one summary', async (t) => {
  const receiver = await startReceiver(t)
  const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url, PUBLIC_URL: 'http://meshmon' })
  await openPaths(1, 5000)
  clock.nowMs += 10 * second
  await openPaths(5001, 9997)
  clock.nowMs += 80 * second
  await open({ id: 'link', kind: 'rf_quality_drop', category: 'network', subject: 'a--sink', scope: { type: 'link', a: 'a', b: 'sink', medium: 'rf' }, severity: 'critical' }, { id: 'x' }, { id: 'y' })
  for (let i = 0; i < 8; i++) {
    await deliverDue()
    clock.nowMs += 10 * second
  }
  t.equal(receiver.received.length, 1)
  const [{ body, raw }] = receiver.received as [typeof receiver.received[0]]
  t.match(body, {
    event: 'summary', title: '10,000 issues opened', severity: 'critical', url: 'http://meshmon/ui/issues', issue: null,
    summary: {
      issues: 10_000, events: { opened: 10_000 },
      groups: [
        { event: 'opened', kind: 'loss_spike', count: 9997, worst: 'critical', first: [1, 2, 3, 4, 5].map((n) => `Packet loss: n${n} → sink`) },
        { kind: 'node_silent', count: 2 }, { kind: 'rf_quality_drop', count: 1 },
      ],
      causes: [{ id: 'link', severity: 'critical', url: 'http://meshmon/ui/issues/link' }, { id: 'x' }, { id: 'y' }],
      nodes: [{ node: 'sink', count: 9998 }],
    },
  })
  t.match(body.text, /^9,997 loss_spike opened, worst critical:\n- Packet loss: n1 → sink\n[\s\S]*- and 9,992 more[\s\S]*Look at these first:\n- Radio link quality dropped: a – sink \(critical\)/)
  t.ok(raw.length < 10_000, `${raw.length} bytes`)
  t.ok(Object.values(await outcomes()).every((outcome) => outcome === 'summary'))
})

t.test('what a summary announced is followed by itself', async (t) => {
  const receiver = await startReceiver(t)
  const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url, NOTIFY_PER_MIN: '2' })
  await open({ id: 'a' }, { id: 'b' }, { id: 'c' })
  clock.nowMs += 15 * second
  await deliverDue()
  clock.nowMs += 600 * second
  await queue({ incidentId: 'a', event: 'closed' })
  await pool.query("update incidents set state = 'closed', ended_at = now(), resolution = 'recovered' where id = 'a'")
  await deliverDue()
  t.same(receiver.received.map(({ body }) => body.title), ['3 issues opened', 'Closed: Node silent: n-a'])
})

t.test('a target that comes back after long gets no more than the limit in a minute', async (t) => {
  const receiver = await startReceiver(t)
  const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url, NOTIFY_PER_MIN: '3' })
  const [target] = makeTargets(loadConfig({ NOTIFY_URLS: receiver.url }).config)
  await pool.query(`
    insert into notifications (key, target, event, payload, created_at, due_at, expires_at, attempts)
    select 'k' || n, $1, 'opened', json_build_object('key', 'k' || n), $2::timestamptz, $2::timestamptz, $2::timestamptz + interval '1 day', 5
    from generate_series(1, 10) as n`, [target!.name, new Date(clock.nowMs).toISOString()])
  const counts = []
  for (let i = 0; i < 3; i++) {
    await deliverDue()
    counts.push(receiver.received.length)
    clock.nowMs += 60 * second
  }
  t.same(counts, [4, 8, 10], 'a summary is one more')
})
