import type pg from 'pg'
import { findTables } from '../../src/archive/tables.js'
import type { Edition } from '../../src/database/edition.js'
import { rollups } from '../../src/database/relations.js'
import { buildTestApp } from './api.js'

const awkward = 'Ünï "quoted", comma\\nback\nline\r\n\t{}'

/** Raw rows of some weeks, up to now. The last ones are in buckets that no refresh has made. */
const fillRaw = `
  insert into path_probe (time, received_at, src, dst, peer, route, rtt_ms, jitter_ms, loss_pct, window_s, extra)
    select time, time + interval '1.000001 s', 'node-' || n % 5, 'node-K', '10.0.0.1', '["node-A", "node-K"]', 10 + n % 70, nullif(n % 7, 3), n % 3, 5, case when n % 9 = 0 then '{"a": "\\"x\\""}'::jsonb end
    from generate_series(0, 599) n, lateral (select now() - n * interval '30 minutes 0.123457 s' as time) as at;
  insert into hop_quality (time, received_at, src, dst, hop_index, from_node, to_node, link_type, lq, nlq, etx, signal_dbm)
    select time, time, 'node-A', 'node-K', n % 3, 'node-' || n % 3, 'node-' || n % 3 + 1, case when n % 4 = 0 then '' else 'rf' end, random(), 1 / 3.0, 1 + random(), -60.5
    from generate_series(0, 399) n, lateral (select now() - n * interval '31 minutes' as time) as at;
  insert into agent_health (time, node, source, cpu_pct, hardware_model, details) select now() - n * interval '1 hour', 'node-' || n % 5, 'agent', n, $awkward$${awkward}$awkward$, '{"b": [1, null]}' from generate_series(0, 240) n;
  insert into crash_reports (time, node, signal, description, backtrace) select now() - n * interval '3 days', 'node-A', 11, repeat('x', 20000), '["main"]' from generate_series(0, 40) n;
  insert into phone_test (time, node, phone_number, display_name, dns_resolved) select now() - n * interval '5 hours', 'node-A', '', $awkward$${awkward}$awkward$, n % 2 = 0 from generate_series(0, 50) n;
  insert into radio_metrics (time, node, metric, value) select now() - n * interval '9 hours', 'Base', 'battery_mv', 4200 - n % 300 + 1e-9 from generate_series(0, 300) n;
  insert into worker_event (time, node, event) values (now() - interval '2 days', 'node-A', 'restart')`

const fillOrdinary = `
  insert into names (folded, name) values ('node-a', 'node-A'), ('base', 'Base');
  insert into nodes (name, kind, first_seen, last_seen, last_time, info) select 'node-' || n, 'router', now() - interval '30 days', now(), '-infinity', '{"n": 1}' from generate_series(0, 9) n;
  delete from nodes where name = 'node-9';
  insert into rejected_messages (address, reason, errors, body) select '10.0.0.1', '', '[]', decode(repeat('00ff5c', n), 'hex') from generate_series(0, 400) n;
  insert into rejected_messages (reason, body) select 'not JSON', decode(string_agg(md5(random()::text || m), ''), 'hex') from generate_series(1, 5) n, generate_series(1, 4000) m group by n;
  insert into incidents (id, kind, category, subject, scope, state, severity, impact, next_steps, evidence, started_at, opened_at, ended_at, resolution)
    select 'i-' || n, 'node_silent', 'node', 'node-' || n, jsonb_build_object('type', 'node', 'node', 'node-' || n), case when n < 2 then 'open' else 'closed' end, 'major', '{}',
      array['one', '', null, $awkward$${awkward}$awkward$], '{"metric": "silence"}', now() - interval '3 days', now() - interval '3 days', case when n > 1 then now() - interval '1 day' end, case when n > 1 then 'recovered' end
    from generate_series(0, 30) n;
  insert into incident_journal (incident_id, rule, subject, at, from_state, to_state) select 'i-' || n % 31, 'node_silent', 'node-' || n % 31, now() - interval '3 days', 'clear', 'open' from generate_series(0, 700) n;
  insert into rule_state (rule, subject, state, since) values ('node_silent', 'node-0', 'open', now());
  insert into outbox (key, incident_id, event, at, due_at) values ('k', 'i-0', 'opened', now(), now());
  insert into notifications (key, target, event, payload, created_at, due_at, expires_at) values ('k', 't', 'opened', '{"b": 1,  "a": 2}', now(), now(), now() + interval '1 day');
  insert into maintenance (pattern, starts_at, ends_at) values ('node-*', now(), now() + interval '1 hour');
  insert into path_route (src, dst, bucket, hash, route, last_time) values ('node-A', 'node-K', now(), -5, array['node-A', 'a"b', ''], now())`

const remakeAll = (rollup: string): string => `
  delete from ${rollup}_stored where bucket in (select bucket from touched_buckets where rollup = '${rollup}');
  insert into ${rollup}_stored select live.* from (select distinct bucket from touched_buckets where rollup = '${rollup}') as marked cross join lateral ${rollup}_live(marked.bucket) live;
  delete from touched_buckets where rollup = '${rollup}'`

/** Makes every rollup as far back as that; nothing of it is older than its raw rows. */
export async function refreshAll (pool: pg.Pool, edition: Edition, daysBack: number): Promise<void> {
  for (const { name, sourceKeep } of rollups) {
    await pool.query(edition === 'apache' ? remakeAll(name) : `call refresh_continuous_aggregate('${name}', now() - interval '${sourceKeep === 'radio' ? 364 : daysBack} days', now() - interval '1 hour')`)
  }
}

/**
 * Fills a migrated database with rows in every table: rollups of a time whose raw rows are gone, compressed chunks where the edition has them,
 * texts and numbers that are easily spoilt on their way.
 */
export async function fillDatabase (pool: pg.Pool, edition: Edition): Promise<void> {
  await pool.query(fillOrdinary)
  await pool.query(`
    insert into path_probe (time, src, dst, peer, route, rtt_ms) select now() - interval '150 days' - n * interval '1 hour', 'old', 'node-K', '', '[]', n from generate_series(0, 300) n;
    insert into hop_quality (time, src, dst, hop_index, from_node, to_node, lq) select now() - interval '150 days' - n * interval '1 hour', 'old', 'node-K', 0, 'old', 'node-K', 1 from generate_series(0, 300) n`)
  await refreshAll(pool, edition, 400)
  for (const table of ['path_probe', 'hop_quality']) await pool.query("select drop_chunks($1::regclass, now() - interval '90 days')", [table])
  await pool.query(fillRaw)
  await refreshAll(pool, edition, 89)
  if (edition === 'apache') return
  for (const table of ['path_probe', 'hop_quality', 'agent_health', 'phone_test', 'radio_metrics']) {
    await pool.query("select compress_chunk(chunk) from show_chunks($1::regclass, older_than => interval '7 days') as chunk", [table])
  }
}

/** Floats are added up in whatever order rows come. */
function rounded (cell: string | null): string | null {
  return cell !== null && /^-?[\d.]+(e[-+]\d+)?$/.test(cell) ? String(Number(Number(cell).toPrecision(9))) : cell
}

async function rowsOf (client: pg.ClientBase, relation: string): Promise<string[]> {
  const { rows } = await client.query<(string | null)[]>({ text: `select * from ${relation}`, rowMode: 'array', types: { getTypeParser: () => String } })
  return rows.map((row) => JSON.stringify(row)).sort()
}

/** Every row of every table and of every rollup, in an order of their own. Of rollups the numbers are rounded. */
export async function readContents (pool: pg.Pool): Promise<Record<string, string[]>> {
  const client = await pool.connect()
  try {
    const contents: Record<string, string[]> = {}
    for (const { name, relation, isRollup } of await findTables(client)) if (!isRollup) contents[name] = await rowsOf(client, relation)
    for (const { name } of rollups) contents[name] = (await rowsOf(client, name)).map((row) => JSON.stringify((JSON.parse(row) as (string | null)[]).map(rounded)))
    return contents
  } finally {
    client.release()
  }
}

/** Policies with their intervals, by relation. */
export async function readPolicies (pool: pg.Pool): Promise<unknown[]> {
  const { rows } = await pool.query(`
    select proc_name, coalesce(a.view_name, j.hypertable_name) as relation, schedule_interval::text, scheduled, config - 'hypertable_id' - 'mat_hypertable_id' as config
    from timescaledb_information.jobs j left join timescaledb_information.continuous_aggregates a on j.hypertable_name in (a.view_name, a.materialization_hypertable_name)
    where proc_name like 'policy\\_%' and job_id >= 1000 order by 1, 2`)
  return rows
}

const asked = [
  '/issues?status=all&limit=100', '/nodes', '/paths', '/links', '/rejected', '/crashes', '/health', '/topology', '/maintenance', '/notifications', '/radios',
]

/** What the API answers, by path. */
export async function readAnswers (pool: pg.Pool): Promise<Record<string, string>> {
  const app = await buildTestApp(pool)
  const iso = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 11).concat('00:00:00Z')
  const series = [
    `/paths/node-1/node-K/series?metric=rtt_ms&from=${iso(10)}&to=${iso(0)}&points=50`, `/paths/old/node-K/series?metric=rtt_ms&from=${iso(170)}&to=${iso(140)}&points=50`,
    `/radios/Base/series?metric=battery_mv&from=${iso(400)}&to=${iso(1)}&points=50`,
  ]
  try {
    const answers: Record<string, string> = {}
    for (const path of [...asked, ...series]) {
      const { statusCode, payload } = await app.inject(path)
      answers[path] = `${statusCode} ${payload}`
    }
    return answers
  } finally {
    await app.close()
  }
}
