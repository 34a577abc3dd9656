import { pino } from 'pino'
import type { Pool } from 'pg'
import { migrate } from '../../src/database/migrate.js'
import { createPool } from '../../src/database/pool.js'
import { createEngine } from '../../src/rules/engine.js'
import { defaultSettings, engineSettings } from '../../src/rules/settings/read.js'
import { unmeasured, type Bench, type Figure } from '../support/bench.js'
import { within } from '../support/scope.js'
import { createNativeDatabase } from '../support/servers.js'
import { quantile } from '../support/stats.js'

const what = 'one evaluation of all rules, 1,000 nodes and 3,000 paths, native server'
const target = 'p95 < 500 ms, and within 20 % with 90 days of history'
const mostMs = 500
const mostRatio = 1.2
const intervalMs = 10_000
/** The first reads an hour back, the next few fill caches. */
const slotsBefore = 12
const slots = 72

/** A window of every path, its two hops, every `$3` seconds from `$1` until before `$2`; one path in 50 has jitter. */
const insertWindows = `
with path as (
  select 'n-' || i as src, 'n-' || (i + step / 2) % 1000 as mid, 'n-' || (i + step) % 1000 as dst, i * 3 + step as number
  from generate_series(0, 999) as i, unnest(array[2, 14, 62]) as step
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
select time, time, 'n-' || i, 20, 100000, 1 from generate_series(0, 999) as i, generate_series($1::timestamptz, $2::timestamptz, interval '60 seconds') as time on conflict do nothing`

const insertKnown = `
with link as (insert into known_links (from_node, to_node, link_type) select distinct from_node, to_node, link_type from hop_quality on conflict do nothing)
insert into nodes (name, kind, first_seen, last_seen, last_time) select 'n-' || i, 'router', now(), now(), now() from generate_series(0, 999) as i`

const selectIndexes = "select indexname as name, indexdef as definition from pg_indexes where schemaname = 'public' and tablename in ('path_probe', 'hop_quality')"

/**
 * Live slots on a mesh made in SQL: the last three hours in full, before that one window in 30. The two histories are judged by turns, so that
 * what else goes on on the machine falls on both.
 */
export async function evaluation (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  return await within(bench.scope, async (scope) => {
    const startMs = Math.floor(Date.now() / 3_600_000) * 3_600_000
    const days = [1, Math.max(2, Math.round(90 * bench.scale))] as const
    const pools: Pool[] = []
    for (const span of days) {
      const pool = createPool({ connectionString: await createNativeDatabase(scope, server), applicationName: 'bench', max: 4, statementTimeoutMs: 1_200_000 }, pino({ level: 'silent' }))
      scope.teardown(() => pool.end())
      await makeHistory(pool, startMs, span)
      bench.progress(`${span} ${span === 1 ? 'day' : 'days'} of history are made`)
      pools.push(pool)
    }
    const figures = await judgeByTurns(pools, startMs)
    const [one, many] = figures.map((ms) => ({ p50: quantile(ms, 0.5), p95: quantile(ms, 0.95) }))
    const ratio = many!.p95 / one!.p95
    return {
      what,
      measured: `p95 ${one!.p95.toFixed(0)} ms with 1 day, ${many!.p95.toFixed(0)} ms with ${days[1]} days (x ${ratio.toFixed(2)})`,
      target,
      pass: many!.p95 < mostMs && one!.p95 < mostMs && ratio <= mostRatio,
      notes: [`p50 ${one!.p50.toFixed(0)} ms and ${many!.p50.toFixed(0)} ms; ${slots} slots each, by turns, one every 10 s of mesh time; history before the last three hours: one window in 30`, server.description],
      data: { server: server.description, days, figures },
    }
  })
}

/** Indexes are made when all rows are there, which takes half the time. */
async function makeHistory (pool: Pool, startMs: number, days: number): Promise<void> {
  await migrate(pool, { direction: 'up', log: () => {} })
  const { rows: indexes } = await pool.query<{ name: string, definition: string }>(selectIndexes)
  for (const { name } of indexes) await pool.query(`drop index ${name}`)
  let untilMs = startMs - 3 * 3_600_000
  await fill(pool, { fromMs: untilMs, toMs: startMs + (slots + slotsBefore + 4) * intervalMs, everyS: 40 })
  for (; untilMs > startMs - days * 86_400_000; untilMs -= 86_400_000) await fill(pool, { fromMs: untilMs - 86_400_000, toMs: untilMs, everyS: 1200 })
  for (const { definition } of indexes) await pool.query(definition)
  await pool.query(insertKnown)
  await pool.query('vacuum analyze')
}

async function fill (pool: Pool, { fromMs, toMs, everyS }: { fromMs: number, toMs: number, everyS: number }): Promise<void> {
  const span = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()]
  await pool.query(insertWindows, [...span, everyS])
  if (everyS < 60) await pool.query(insertHealth, span)
}

/** How long each slot takes, from the claim to the commit, after some that are not counted: a list for each database. */
async function judgeByTurns (pools: Pool[], startMs: number): Promise<number[][]> {
  const log = pino({ level: 'error' })
  const settings = engineSettings(defaultSettings())
  const sides = pools.map((pool) => ({ tookMs: new Array<number>(), engine: createEngine({ pool, settings, instance: 'bench', intervalMs, delayMs: 5000, log }) }))
  for (let slot = 0; slot < slots + slotsBefore; slot++) {
    for (const { engine, tookMs } of slot % 2 === 0 ? sides : sides.toReversed()) {
      const since = performance.now()
      const report = await engine.judge(startMs + slot * intervalMs)
      if (report.refused !== null) throw new Error(`a slot was refused: ${report.refused}`)
      const failed = report.evaluations.find(({ error }) => error !== null)
      if (failed) throw new Error(`rule ${failed.rule} failed: ${failed.error}`)
      if (slot >= slotsBefore) tookMs.push(performance.now() - since)
    }
  }
  return sides.map(({ tookMs }) => tookMs)
}
