import t from 'tap'
import { startTestCollector } from './support/collector.js'

const window = { schema: 'meshmon.v1', type: 'path_result', src: 'node-A', dst: 'node-K', sent_at: new Date().toISOString(), route: [], metrics: {} }

const { url, pool } = await startTestCollector(t)

t.test('/metrics shows what the contract names', async (t) => {
  const post = async (body: string) => (await fetch(`${url}/ingest`, { method: 'POST', body })).status
  t.equal(await post(JSON.stringify([window, window, { ...window, type: 'ping' }])), 200)
  t.equal(await post('{"node": "a "quoted" name"}'), 400)
  await pool.query(`insert into incidents (id, kind, subject, scope, severity, impact, category, state, started_at, opened_at)
    values ('i1', 'loss_spike', 'a>b', '{"type": "path"}', 'major', '{}', 'network', 'open', now(), now())`)

  const text = await (await fetch(`${url}/metrics`)).text()
  const value = (series: string) => text.split('\n').find((line) => line.startsWith(`${series} `))?.split(' ')[1]
  t.equal(value('meshmon_ingest_messages_total{type="path_result",outcome="stored"}'), '1')
  t.equal(value('meshmon_ingest_messages_total{type="path_result",outcome="duplicate"}'), '1')
  t.equal(value('meshmon_ingest_messages_total{type="unknown",outcome="rejected"}'), '1', 'a foreign type makes no label of its own')
  t.equal(value('meshmon_ingest_unreadable_bodies_total{address="127.0.0.1"}'), '1')
  t.equal(value('meshmon_ingest_queue_rows'), '0')
  t.ok(Number(value('meshmon_flush_duration_seconds_count')) >= 1)
  t.equal(value('meshmon_nodes{status="active"}'), '1')
  t.equal(value('meshmon_open_issues{kind="loss_spike",severity="major"}'), '1')
  for (const name of ['missed', 'abandoned']) t.ok(Number(value(`meshmon_engine_${name}_slots_total`)) >= 0, name)
  t.equal(value('http_request_duration_seconds_count{method="POST",route="/ingest",status="200"}'), '1')
  t.ok(Number(value('process_resident_memory_bytes')) > 0)
})

t.test('changes are limited per address, measurements are not', async (t) => {
  const statuses = new Map<number, number>()
  let last: Response | undefined
  for (let i = 0; i < 61; i++) {
    last = await fetch(`${url}/nodes/nobody`, { method: 'DELETE' })
    statuses.set(last.status, (statuses.get(last.status) ?? 0) + 1)
  }
  t.same([...statuses], [[404, 60], [429, 1]])
  t.match(await last?.json(), { status: 429, detail: /more than 60 changes within a minute/ })
  t.ok(last?.headers.get('retry-after'))
  t.equal((await fetch(`${url}/ingest`, { method: 'POST', body: JSON.stringify(window) })).status, 200)
  t.equal((await fetch(`${url}/nodes`)).status, 200)
})
