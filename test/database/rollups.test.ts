import type pg from 'pg'
import t from 'tap'
import { createMaintenance } from '../../src/database/maintenance.js'
import { applyPolicies } from '../../src/database/policies.js'
import type { Edition } from '../../src/database/edition.js'
import { createTestDatabase, testEachEdition, type TestDatabase } from '../support/database.js'
import { storeProbes } from '../support/rows.js'
import { defaultRetention } from '../support/settings.js'

const readHours = `
  select extract(epoch from time_bucket(interval '1 hour', now()) - bucket) / 3600 as hours_ago, src, dst, n,
    rtt_ms_n, rtt_ms_avg, rtt_ms_min, rtt_ms_max, rtt_ms_p95, round(jitter_ms_p95::numeric, 6)::real as jitter_ms_p95, loss_pct_n, loss_pct_avg
  from path_probe_hourly order by bucket, src, dst`
const readDays = 'select bucket, src, dst, n, rtt_ms_avg, rtt_ms_p95 from path_probe_daily order by bucket, src, dst'

/** Runs all upkeep, as if every job were due and the database older than a day. */
async function runUpkeep ({ pool, isEmbedded }: TestDatabase, settings = defaultRetention): Promise<void> {
  await pool.query("delete from job_runs; update schema_migrations set run_on = run_on - interval '2 days'")
  const warnings: unknown[] = []
  await createMaintenance({ pool, isEmbedded, settings, log: { warn: (fields: unknown) => warnings.push(fields), debug: () => {} } }).runDue()
  if (warnings.length > 0) throw new Error('upkeep failed', { cause: warnings[0] })
}

async function rowsOf (pool: pg.Pool, statement: string): Promise<unknown[]> {
  return (await pool.query(statement)).rows
}

/** Five windows in one hour, one of them without usable timing, one without usable loss; another hour and another path beside it. */
async function fillHours (pool: pg.Pool): Promise<void> {
  await storeProbes(pool, [
    { age: '4 hours 50 minutes', rtt: 10, jitter: 1, loss: 0 },
    { age: '4 hours 40 minutes', rtt: 20, jitter: 2, loss: 10 },
    { age: '4 hours 30 minutes', rtt: 30, jitter: 3, loss: null },
    { age: '4 hours 20 minutes', rtt: 451, jitter: 99, loss: 20, timingUsable: false },
    { age: '4 hours 10 minutes', rtt: 40, jitter: 4, loss: 100, lossUsable: false },
    { age: '4 hours 10 minutes', src: 'node-B', rtt: null, jitter: null },
    { age: '3 hours 10 minutes', rtt: 7 },
    { age: '-1 minute', rtt: 8 },
  ])
}

await testEachEdition(t, 'hours and days are there at once, stay the same when stored, and take late rows', async (t, edition) => {
  const database = await createTestDatabase(t, { edition })
  const { pool } = database
  await fillHours(pool)
  const live = await rowsOf(pool, readHours)
  t.match(live[0], {
    src: 'node-A', dst: 'node-K', n: 5, rtt_ms_n: 4, rtt_ms_avg: 25, rtt_ms_min: 10, rtt_ms_max: 40, rtt_ms_p95: 38.5, jitter_ms_p95: 3.85,
    loss_pct_n: 3, loss_pct_avg: 10,
  })
  t.equal(live.length, 4)
  const liveDays = await rowsOf(pool, readDays)
  await runUpkeep(database)
  t.same(await rowsOf(pool, readHours), live)
  t.same(await rowsOf(pool, readDays), liveDays)
  t.equal(await countStored(pool, edition), 3, 'the finished hours are stored, the unfinished one is not')

  await storeProbes(pool, [{ age: '4 hours 45 minutes', rtt: 100 }, { age: '50 hours', rtt: 5 }])
  await runUpkeep(database)
  const late = await rowsOf(pool, readHours)
  t.match(late[0], { n: 1, rtt_ms_avg: 5 }, 'an hour that had no rows')
  t.match(late[1], { n: 6, rtt_ms_avg: 40, rtt_ms_max: 100 }, 'an hour that was stored already')
  t.equal(await countStored(pool, edition), 4)
})

await testEachEdition(t, 'history outlives its rows, and a late row beyond the reach does not spoil it', async (t, edition) => {
  const database = await createTestDatabase(t, { edition })
  const { pool } = database
  const short = { ...defaultRetention, RETENTION_RAW: '30 days' }
  await storeProbes(pool, [{ age: '60 days', rtt: 10 }, { age: '60 days 10 minutes', rtt: 20 }, { age: '10 days', rtt: 30 }])
  await runUpkeep(database)
  const [hours, days] = [await rowsOf(pool, readHours), await rowsOf(pool, readDays)]
  t.equal(hours.length, 3)

  if (edition === 'community') await applyPolicies(pool, short)
  await runUpkeep(database, short)
  t.same(await rowsOf(pool, 'select rtt_ms from path_probe'), [{ rtt_ms: 30 }], 'the old rows are gone')
  t.same([await rowsOf(pool, readHours), await rowsOf(pool, readDays)], [hours, days])

  t.equal(await storeProbes(pool, [{ age: '60 days 5 minutes', rtt: 500 }]), 1)
  await runUpkeep(database, short)
  t.same([await rowsOf(pool, readHours), await rowsOf(pool, readDays)], [hours, days])
})

await testEachEdition(t, 'hops, nodes and radios are rolled up', async (t, edition) => {
  const { pool } = await createTestDatabase(t, { edition })
  const time = "time_bucket(interval '1 day', now()) - interval '2 days'"
  await pool.query(`
    insert into hop_quality (time, src, dst, hop_index, from_node, to_node, link_type, lq, nlq, etx, route_cost)
    select ${time} + i * interval '1 minute', 'a', 'c', 0, 'a', 'b', 'rf', i / 4.0, 0.5, i, i = 3 from generate_series(1, 3) i`)
  t.match(await rowsOf(pool, 'select * from hop_quality_hourly'), [{
    from_node: 'a', to_node: 'b', link_type: 'rf', n: 3, lq_avg: 0.5, lq_min: 0.25, lq_max: 0.75, etx_n: 2, etx_avg: 1.5, etx_max: 2, rxcost_n: 0, rxcost_avg: null,
  }], 'the cost of a whole route is no ETX of a hop')
  await pool.query(`insert into agent_health (time, node, source, cpu_pct, load1) select ${time} + i * interval '1 minute', 'a', 'agent', i * 10, null from generate_series(1, 3) i`)
  const health = { node: 'a', n: 3, cpu_pct_n: 3, cpu_pct_avg: 20, cpu_pct_min: 10, cpu_pct_max: 30, load1_n: 0, load1_avg: null }
  for (const step of ['hourly', 'daily']) t.match(await rowsOf(pool, `select * from agent_health_${step}`), [health], step)
  await pool.query(`
    insert into radio_metrics (time, node, metric, value)
    select ${time} + i * interval '5 hours', 'r', 'nb_recv', (array[100, 900, 40, 70])[i] from generate_series(1, 4) i`)
  t.match(await rowsOf(pool, 'select * from radio_metrics_daily'), [{ node: 'r', metric: 'nb_recv', n: 4, avg: 277.5, min: 40, max: 900, first: 100, last: 70 }])
  t.equal((await rowsOf(pool, 'select * from radio_metrics_hourly')).length, 4)
})

async function countStored (pool: pg.Pool, edition: Edition): Promise<number> {
  const { rows: [store] } = await pool.query(edition === 'apache'
    ? "select 'path_probe_hourly_stored' as name"
    : `select format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name) as name
       from timescaledb_information.continuous_aggregates where view_name = 'path_probe_hourly'`)
  const { rows: [counted] } = await pool.query(`select count(*) as n from ${store.name}`)
  return counted.n
}
