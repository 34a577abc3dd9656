import type pg from 'pg'
import t from 'tap'
import { createTestDatabase, testEachEdition } from '../support/database.js'

/** The shapes of the main queries of api.md and rules.md. `chunks`: so many chunks at most may be looked at; the tables have twelve each. */
const shapes: { what: string, sql: string, chunks: number }[] = [
  { what: 'last windows of a path', chunks: 12, sql: "select * from path_probe where src = 'a' and dst = 'b' order by time desc limit 3" },
  { what: 'series of a path', chunks: 2, sql: "select time, rtt_ms from path_probe where src = 'a' and dst = 'b' and time > now() - interval '1 day' order by time" },
  { what: 'last windows of every path', chunks: 2, sql: "select src, dst, time, jitter_ms from path_probe where time > now() - interval '30 minutes'" },
  { what: 'paths received since the last slot', chunks: 12, sql: "select * from path_probe where received_at > now() - interval '10 s' and received_at <= now()" },
  { what: 'hops of a window', chunks: 1, sql: "select * from hop_quality where src = 'a' and dst = 'b' and time = date_trunc('day', now())" },
  { what: 'last rows of a link', chunks: 12, sql: "select * from hop_quality where from_node = 'a' and to_node = 'b' and link_type = 'rf' order by time desc limit 3" },
  { what: 'series of a link', chunks: 2, sql: "select time, etx from hop_quality where from_node = 'a' and to_node = 'b' and link_type in ('rf', '', 'unknown') and time > now() - interval '1 day'" },
  { what: 'links now', chunks: 2, sql: "select from_node, to_node, avg(etx) from hop_quality where time > now() - interval '10 minutes' group by 1, 2" },
  { what: 'hops received since the last slot', chunks: 12, sql: "select * from hop_quality where received_at > now() - interval '10 s'" },
  { what: 'last health of a node', chunks: 12, sql: "select * from agent_health where node = 'a' order by time desc limit 1" },
  { what: 'health of the last minutes', chunks: 2, sql: "select node, avg(cpu_pct) from agent_health where time > now() - interval '10 minutes' group by 1" },
  { what: 'health received lately', chunks: 12, sql: "select node, received_at - sent_at from agent_health where received_at > now() - interval '15 minutes'" },
  { what: 'newest crashes', chunks: 12, sql: 'select * from crash_reports order by time desc limit 200' },
  { what: 'crashes of a node', chunks: 12, sql: "select * from crash_reports where node = 'a' and time > now() - interval '7 days'" },
  { what: 'series of a radio', chunks: 12, sql: "select time, value from radio_metrics where node = 'r' and metric = 'bat' and time > now() - interval '7 days'" },
  { what: 'radio values received since the last slot', chunks: 12, sql: "select * from radio_metrics where received_at > now() - interval '10 s'" },
  { what: 'last test of a phone', chunks: 12, sql: "select * from phone_test where node = 'a' and phone_number = '1' order by time desc limit 1" },
  { what: 'last event of a worker', chunks: 12, sql: "select * from worker_event where node = 'r' order by time desc limit 1" },
  { what: 'the open incident of a subject', chunks: 0, sql: "select * from incidents where kind = 'jitter_burst' and subject = 'a>b' and state <> 'closed'" },
  { what: 'newest incidents', chunks: 0, sql: 'select * from incidents order by started_at desc, id desc limit 200' },
  { what: 'incidents of a subject', chunks: 0, sql: "select * from incidents where subject = 'a>b' order by started_at desc" },
  { what: 'consequences of an incident', chunks: 0, sql: "select * from incidents where caused_by = 'x'" },
  { what: 'timeline of an incident', chunks: 0, sql: "select * from incident_journal where incident_id = 'x' order by at, id" },
  { what: 'transitions to tell people of', chunks: 0, sql: 'select * from outbox where due_at <= now() and settled_at is null order by due_at limit 10' },
  { what: 'messages to send', chunks: 0, sql: "select * from notifications where target = 'a' and due_at <= now() and sent_at is null and failed_at is null order by due_at limit 10" },
  { what: 'newest rejected messages', chunks: 0, sql: 'select * from rejected_messages order by id desc limit 200' },
  { what: 'a node by its name', chunks: 0, sql: "select * from nodes where lower(name) = 'node-a'" },
  { what: 'hours of a path', chunks: 40, sql: "select * from path_probe_hourly where src = 'a' and dst = 'b' and bucket > now() - interval '30 days' order by bucket" },
]

const fill = `
  insert into path_probe (time, src, dst, peer, route) select at, 'a', 'b', 'b', '[]' from generate_series(now() - interval '11 days', now(), interval '1 hour') at;
  insert into hop_quality (time, src, dst, hop_index, from_node, to_node) select at, 'a', 'b', 0, 'a', 'b' from generate_series(now() - interval '11 days', now(), interval '1 hour') at;
  insert into agent_health (time, node) select at, 'a' from generate_series(now() - interval '11 days', now(), interval '1 hour') at;
  insert into crash_reports (time, node) select at, 'a' from generate_series(now() - interval '330 days', now(), interval '30 days') at;
  insert into phone_test (time, node, phone_number) select at, 'a', '1' from generate_series(now() - interval '77 days', now(), interval '7 days') at;
  insert into radio_metrics (time, node, metric, value) select at, 'r', 'bat', 1 from generate_series(now() - interval '330 days', now(), interval '30 days') at;
  insert into worker_event (time, node, event) select at, 'r', 'poll_ok' from generate_series(now() - interval '330 days', now(), interval '30 days') at;
`

/** The plan when whole tables are read only where no index will do: the tables here are too small for the planner to bother otherwise. */
async function explain (pool: pg.Pool, sql: string): Promise<{ seqScans: string[], chunks: number }> {
  const client = await pool.connect()
  try {
    await client.query('begin; set local enable_seqscan = off')
    const { rows } = await client.query(`explain ${sql}`)
    const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n')
    const chunks = plan.match(/ on _hyper_\d+_\d+_chunk/g) ?? []
    return { seqScans: plan.match(/Seq Scan on (?!touched_buckets)\w+/g) ?? [], chunks: new Set(chunks).size }
  } finally {
    await client.query('rollback')
    client.release()
  }
}

await testEachEdition(t, 'the main queries use indexes and only the chunks they need', async (t, edition) => {
  const { pool } = await createTestDatabase(t, { edition })
  await pool.query(fill)
  for (const { what, sql, chunks } of shapes) {
    const plan = await explain(pool, sql)
    t.same(plan.seqScans, [], what)
    t.ok(plan.chunks <= chunks, `${what}: ${plan.chunks} chunks`)
  }
  await pool.query('drop index path_probe_received')
  t.ok((await explain(pool, String(shapes[3]?.sql))).seqScans.length > 10, 'without its index the same look-up reads every chunk')
})
