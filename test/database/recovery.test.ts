import type pg from 'pg'
import t, { type Test } from 'tap'
import { isUnavailable } from '../../src/database/errors.js'
import { createPool } from '../../src/database/pool.js'
import { memoryLog, startTestServer, until, type Connection, type TestServer } from '../support/embedded.js'

function openPool (t: Test, connection: Connection): pg.Pool {
  const pool = createPool({ ...connection, applicationName: 'test', max: 4 }, memoryLog().log)
  t.teardown(async () => await pool.end())
  return pool
}

/** Ends the database's process without warning and waits for the next one. */
async function killServer ({ server }: TestServer, pool: pg.Pool): Promise<void> {
  const pid = server.pid()
  if (pid === undefined) throw new Error('no process')
  process.kill(pid, 'SIGKILL')
  await until(() => server.pid() !== pid, 'the end of the process')
  await until(async () => await pool.query('select 1').then(() => true, (error: unknown) => {
    if (!isUnavailable(error)) throw error
  }), 'the next process')
}

t.test('kill -9 with compressed chunks and continuous aggregates loses nothing', async (t) => {
  const test = await startTestServer(t)
  const pool = openPool(t, test.connection)
  for (const statement of [
    'create table probe (time timestamptz not null, src text not null, rtt_ms float8, unique (src, time))',
    "select create_hypertable('probe', 'time', chunk_time_interval => interval '1 day')",
    "alter table probe set (timescaledb.compress, timescaledb.compress_segmentby = 'src', timescaledb.compress_orderby = 'time desc')",
    `create materialized view probe_hourly with (timescaledb.continuous, timescaledb.materialized_only = false) as
      select time_bucket('1 hour', time) as hour, src, count(*) as n, percentile_cont(0.95) within group (order by rtt_ms) as p95 from probe group by 1, 2 with no data`,
    'insert into probe select timestamptz \'2025-09-01\' + n * interval \'1 minute\', \'node-\' || n % 7, n % 100 from generate_series(1, 8000) n',
    "call refresh_continuous_aggregate('probe_hourly', null, null)",
    "select compress_chunk(chunk) from show_chunks('probe', older_than => timestamptz '2025-09-05') chunk",
    "insert into probe select timestamptz '2025-09-02 00:00:30' + n * interval '1 minute', 'late', n from generate_series(1, 100) n"
  ]) await pool.query(statement)
  const count = async (): Promise<unknown> => (await pool.query(`select
    (select count(*) from probe) as rows, (select sum(rtt_ms) from probe) as sum, (select count(*) from probe where src = 'late') as late,
    (select count(*) from probe_hourly) as hours, (select sum(n) from probe_hourly)::int as hourly_rows, (select sum(p95) from probe_hourly) as p95,
    (select count(*) from timescaledb_information.chunks where is_compressed) as compressed`)).rows[0]

  const before = await count()
  t.match(before, { rows: 8100, late: 100, compressed: 4, hourly_rows: Number })
  for (let kills = 1; kills <= 2; kills++) {
    await killServer(test, pool)
    t.same(await count(), before, `kill ${kills}`)
  }
  await pool.query("insert into probe values ('2025-09-02 12:00:01', 'after', 1), ('2026-01-01', 'after', 1)")
  t.match(await count(), { rows: 8102 }, 'old and new chunks take rows')
})

t.test('acknowledged rows survive kill -9 under load', async (t) => {
  const test = await startTestServer(t)
  const pool = openPool(t, test.connection)
  await pool.query('create table kept (n int primary key)')
  const acknowledged: number[] = []
  const loading = new AbortController()
  let next = 0
  const load = async (): Promise<void> => {
    while (!loading.signal.aborted) {
      const n = next++
      await pool.query('insert into kept values ($1)', [n]).then(() => acknowledged.push(n), (error: unknown) => {
        if (!isUnavailable(error)) throw error
      })
    }
  }
  const loads = [load(), load(), load()]
  for (let kills = 0; kills < 3; kills++) {
    const enough = acknowledged.length + 200
    await until(() => acknowledged.length >= enough, 'acknowledged rows')
    await killServer(test, pool)
  }
  loading.abort()
  await Promise.all(loads)
  const { rows: [found] } = await pool.query('select count(*) as n from unnest($1::int[]) n join kept using (n)', [acknowledged])
  t.ok(acknowledged.length >= 600)
  t.same(found, { n: acknowledged.length })
})
