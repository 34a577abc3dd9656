import type { Pool } from 'pg'
import { migrate } from '../../src/database/migrate.js'

/** A mesh made in SQL: the last three hours before `startMs` and what follows until `toMs` in full, before that one window in 30. */
export interface History { nodes: number, days: number, startMs: number, toMs: number }

/** A window of every path, its two hops, every `$3` seconds from `$1` until before `$2`, `$4` nodes with three paths each; one path in 50 has jitter. */
const insertWindows = `
with path as (
  select 'n-' || i as src, 'n-' || (i + step / 2) % $4 as mid, 'n-' || (i + step) % $4 as dst, i * 3 + step as number
  from generate_series(0, $4::int - 1) as i, unnest(array[2, 14, 62]) as step
), probe as (
  select path.*, time + number % 400 * interval '100 ms' as time from path, generate_series($1::timestamptz, $2::timestamptz - interval '1 second', $3::float8 * interval '1 second') as time
), hops as (
  insert into hop_quality (time, received_at, src, dst, hop_index, from_node, to_node, link_type, lq, nlq, etx)
  select time, time, src, dst, index, case index when 0 then src else mid end, case index when 0 then mid else dst end, 'rf', 0.95, 0.93, 1.13
  from probe, generate_series(0, 1) as index on conflict do nothing
)
insert into path_probe (time, received_at, src, dst, peer, route, rtt_ms, jitter_ms, loss_pct, window_s)
select time, time, src, dst, dst, jsonb_build_array(src, mid, dst), 20, case when number % 50 = 0 then 45 else 5 end, 0, 5 from probe on conflict do nothing`

const insertHealth = `
insert into agent_health (time, received_at, node, cpu_pct, uptime_seconds, restart_count)
select time, time, 'n-' || i, 20, 100000, 1 from generate_series(0, $3::int - 1) as i, generate_series($1::timestamptz, $2::timestamptz, interval '60 seconds') as time on conflict do nothing`

const insertKnown = `
with link as (insert into known_links (from_node, to_node, link_type) select distinct from_node, to_node, link_type from hop_quality on conflict do nothing)
insert into nodes (name, kind, first_seen, last_seen, last_time) select 'n-' || i, 'router', now(), now(), now() from generate_series(0, $1::int - 1) as i`

const selectIndexes = "select indexname as name, indexdef as definition from pg_indexes where schemaname = 'public' and tablename in ('path_probe', 'hop_quality')"

/** Indexes are made when all rows are there, which takes half the time. */
export async function makeHistory (pool: Pool, { nodes, days, startMs, toMs }: History): Promise<void> {
  await migrate(pool, { direction: 'up', log: () => {} })
  const { rows: indexes } = await pool.query<{ name: string, definition: string }>(selectIndexes)
  for (const { name } of indexes) await pool.query(`drop index ${name}`)
  let untilMs = startMs - 3 * 3_600_000
  await fill(pool, { fromMs: untilMs, toMs, everyS: 40, nodes })
  for (; untilMs > startMs - days * 86_400_000; untilMs -= 86_400_000) await fill(pool, { fromMs: untilMs - 86_400_000, toMs: untilMs, everyS: 1200, nodes })
  for (const { definition } of indexes) await pool.query(definition)
  await pool.query(insertKnown, [nodes])
  await pool.query('vacuum analyze')
}

async function fill (pool: Pool, { fromMs, toMs, everyS, nodes }: { fromMs: number, toMs: number, everyS: number, nodes: number }): Promise<void> {
  const span = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()]
  await pool.query(insertWindows, [...span, everyS, nodes])
  if (everyS < 60) await pool.query(insertHealth, [...span, nodes])
}
