import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Pool } from 'pg'
import { buildTestApp } from '../support/api.js'
import { refreshAll } from '../support/archive.js'
import { createTestDatabase, skippedHalves } from '../support/database.js'
import { temporaryFolder, until } from '../support/embedded.js'
import { runMeshmon } from '../support/process.js'
import { history, writeStatsFile, type StatsTuple } from '../support/stats-file.js'

const names = ['--companion', 'Base', '--repeater', 'Hilltop']
const hourS = 3600
const nowS = Math.floor(Date.now() / 1000)

/** Exit code and all output of one import. */
async function runImport (t: Test, args: string[], env: Record<string, string>) {
  const program = runMeshmon(t, ['import-meshcore-stats', ...args], env)
  return { code: await program.ended, output: program.output() }
}

async function count (pool: Pool, sql: string): Promise<number> {
  const { rows: [row] } = await pool.query<{ count: number }>(`select count(*)::int from ${sql}`)
  return row?.count ?? NaN
}

const skipped = await skippedHalves()

// More than a year, so that some of it is older than any policy reaches.
for (const { edition, total, stepS } of [{ edition: 'community', total: 200_000, stepS: 1200 }, { edition: 'apache', total: 30_000, stepS: 7200 }] as const) {
  t.test(`${edition}: ${total} rows, killed twice, run again, aggregated and shown`, { skip: skipped[edition] }, async (t) => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'metrics.db')
    const rows = [...history(total, nowS - 2 * hourS, stepS)]
    await writeStatsFile(path, rows)
    const { pool, url } = await createTestDatabase(t, { edition })
    const env = { DATABASE_URL: url, DATA_DIR: folder }
    // A worker of today has read the companion already, under the same name in capitals.
    await pool.query("insert into names (folded, name) values ('base', 'BASE')")
    await pool.query("insert into nodes (name, kind, first_seen, last_seen, last_time) values ('BASE', 'companion', now(), now(), now())")
    await pool.query("insert into radio_metrics (time, received_at, node, metric, value, clock_suspect) values (now(), now(), 'BASE', 'contacts', 1, false)")
    const before = await pool.query('select last_seen from nodes')

    for (const least of [total / 10, total * 0.4]) {
      const program = runMeshmon(t, ['import-meshcore-stats', path, ...names], env)
      await until(async () => await count(pool, 'radio_metrics') > least, `${least} rows`, 120_000)
      program.child.kill('SIGKILL')
      t.equal(await program.ended, 'SIGKILL')
    }
    const killedAt = await count(pool, 'radio_metrics')
    t.ok(killedAt <= total, `${killedAt} rows at the second kill`)

    const whole = await runImport(t, [path, ...names, '--json'], env)
    t.equal(whole.code, 0, whole.output)
    const result = JSON.parse(whole.output)
    t.match(result, { file: { rows: total, by_role: { companion: Number, repeater: Number } }, imported: { leftOut: 0, tooOld: 0 } })
    t.ok(result.imported.resumedAtS > rows[0]![0], 'it went on')
    t.ok(result.imported.rows < total * 0.7, `${result.imported.rows} rows read again`)
    t.equal(await count(pool, 'radio_metrics'), total + 1)
    t.equal(await count(pool, "radio_metrics where node = 'BASE' and received_at = time and not clock_suspect and sent_at is null"), rows.filter(([, role]) => role === 'companion').length + 1)

    const { rows: [sums] } = await pool.query('select (select sum(n)::int from radio_metrics_hourly) as hourly, (select sum(n)::int from radio_metrics_daily) as daily')
    t.same(sums, { hourly: total + 1, daily: total + 1 }, 'aggregated')
    const stored = edition === 'apache' ? 'radio_metrics_daily_stored' : `(${await materialized(pool, 'radio_metrics_daily')})`
    const { rows: [made] } = await pool.query(`select sum(n)::int as n from ${stored} as made`)
    t.ok(made.n > total * 0.99, `${made.n} rows are in finished days`)
    if (edition === 'apache') t.equal(await count(pool, "touched_buckets where bucket < now() - interval '2 days'"), 0)

    const { rows: nodes } = await pool.query('select name, kind, first_seen, last_seen, last_time from nodes order by name')
    t.match(nodes, [
      { name: 'BASE', kind: 'companion', last_seen: before.rows[0].last_seen, last_time: before.rows[0].last_seen },
      { name: 'Hilltop', kind: 'repeater' },
    ])
    t.equal(Date.parse(nodes[0].first_seen), rows[0]![0] * 1000)
    t.equal(Date.parse(nodes[1].last_seen), rows.findLast(([, role]) => role === 'repeater')![0] * 1000)

    const again = await runImport(t, [path, ...names], env)
    t.equal(again.code, 0)
    t.match(again.output, /Went on at .*\n\d+ rows read: 0 readings stored, [12] known already/)
    t.equal(await count(pool, 'radio_metrics'), total + 1)

    const app = await buildTestApp(pool)
    t.teardown(() => app.close())
    const { payload } = await app.inject(`/radios/base/series?metric=battery_mv&metric=recv&from=${isoOf(nowS - 400 * 86_400)}&to=${isoOf(nowS)}&points=100`)
    const { source, series } = JSON.parse(payload)
    t.equal(source, 'daily')
    t.match(series, [{ metric: 'battery_mv', unit: 'V' }, { metric: 'recv' }])
    t.ok(series[0].points.length > 80 && series[0].points.every(([, , min, max]: number[]) => min! >= 3.7 && max! <= 4.1), 'volts of all the time')
    t.ok(series[0].points.slice(0, -1).every(([, mean]: number[]) => mean! > 3.8 && mean! < 4), 'their mean over whole days, which the last need not be')
    // Of today's two hours nothing was imported; so early in the day the last rate is lower.
    t.ok(series[1].points.slice(0, -1).every(([, perMinute]: number[]) => Math.abs(perMinute! - 60 / stepS) < 0.005), 'one more at each reading')
  })
}

async function materialized (pool: Pool, view: string): Promise<string> {
  const { rows: [row] } = await pool.query("select format('select * from %I.%I', materialization_hypertable_schema, materialization_hypertable_name) as sql from timescaledb_information.continuous_aggregates where view_name = $1", [view])
  return row.sql
}

const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString()

t.test('Ctrl-C ends it between two transactions, and the same command goes on', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'metrics.db')
  await writeStatsFile(path, history(60_000, nowS - hourS))
  const { pool, url } = await createTestDatabase(t)
  const program = runMeshmon(t, ['import-meshcore-stats', path, ...names], { DATABASE_URL: url, DATA_DIR: folder })
  await until(async () => await count(pool, 'radio_metrics') > 0, 'rows')
  program.child.kill('SIGINT')
  t.equal(await program.ended, 1)
  t.match(program.output(), /^meshmon: stopped; the same command goes on where this one ended\n$/)
  const { code, output } = await runImport(t, [path, ...names], { DATABASE_URL: url, DATA_DIR: folder })
  t.equal(code, 0, output)
  t.equal(await count(pool, 'radio_metrics'), 60_000)
})

t.test('rows without a value, of an unset clock or of another role are left out, and said to be', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'metrics.db')
  const at = nowS - 86_400
  const rows: StatsTuple[] = [
    [100, 'companion', 'recv', 1], [at, 'companion', 'recv', 2], [at, 'companion', 'sent', null], [at, 'companion', 'x'.repeat(200), 3], [at, 'companion', 'huge', 1e300],
    [at, 'robot', 'recv', 5], [at + 60, 'companion', 'recv', null], [at + 120, 'companion', 'telemetry.temperature.1', 21.5],
  ]
  await writeStatsFile(path, rows)
  const { pool, url } = await createTestDatabase(t)
  const { code, output } = await runImport(t, [path, '--companion', 'Base'], { DATABASE_URL: url, DATA_DIR: folder })
  t.equal(code, 0, output)
  t.match(output, /8 rows read: 2 readings stored, 0 known already\.\n6 rows left out: no value/)
  const { rows: stored } = await pool.query('select metric, value from radio_metrics order by time')
  t.same(stored, [{ metric: 'recv', value: 2 }, { metric: 'telemetry.temperature.1', value: 21.5 }])
})

t.test('days of which only aggregates are left are not touched', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'metrics.db')
  const oldS = nowS - 200 * 86_400
  await writeStatsFile(path, [[oldS, 'companion', 'recv', 5], [nowS - 86_400, 'companion', 'recv', 7]])
  const { pool, url, edition } = await createTestDatabase(t)
  await pool.query("insert into radio_metrics (time, received_at, node, metric, value, clock_suspect) values (to_timestamp($1), now(), 'Other', 'recv', 3, false)", [oldS])
  await refreshAll(pool, edition, 300)
  await pool.query("select drop_chunks('radio_metrics', now() - interval '90 days')")
  const { code, output } = await runImport(t, [path, '--companion', 'Base'], { DATABASE_URL: url, DATA_DIR: folder })
  t.equal(code, 0, output)
  t.match(output, /1 rows left out: of their days the database keeps only the aggregates/)
  const { rows } = await pool.query('select node, avg from radio_metrics_daily order by bucket')
  t.same(rows, [{ node: 'Other', avg: 3 }, { node: 'Base', avg: 7 }])
})

t.test('files that cannot be imported are refused with what to do', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'metrics.db')
  const env = { DATABASE_URL: 'postgres://127.0.0.1:1/none', DATA_DIR: folder }
  const refused = async (pattern: RegExp, args = [path, ...names]): Promise<void> => {
    const { code, output } = await runImport(t, args, env)
    t.match(output, pattern)
    t.not(code, 0)
  }
  await refused(/there is no file .*metrics\.db: meshcore-stats keeps it/)
  writeFileSync(path, 'hello, this is text')
  await refused(/metrics\.db is no SQLite database/)
  await writeStatsFile(path, [], 'create table metrics (a, b, c, d); create table other (x)')
  await refused(/its table metrics has no column ts, role, metric, value/)
  await writeStatsFile(path, [], 'create table metrics (a, b, c, d); create table companion_metrics (ts, bat_v); alter table metrics rename to old')
  await refused(/before its database schema 2: start a newer meshcore-stats on it once/)
  await writeStatsFile(path, [], 'create table metrics (a, b, c, d); alter table metrics rename to old')
  await refused(/has no table metrics/)

  await writeStatsFile(path, history(1000, nowS))
  appendFileSync(`${path}-wal`, 'frames')
  await refused(/metrics\.db-wal holds rows .*\n {2}sqlite3 .*metrics\.db 'pragma wal_checkpoint\(truncate\)'/)
  writeFileSync(`${path}-wal`, '')
  await refused(/has rows of a companion and a repeater: name it with --companion NAME --repeater NAME/, [path])
  await refused(/has rows of a repeater: name it with --repeater NAME/, [path, '--companion', 'Base'])
  await refused(/the database that DATABASE_URL names does not answer/)
  rmSync(`${path}-wal`)
  const dry = await runImport(t, [path, '--dry-run', '--json'], env)
  t.equal(dry.code, 0)
  t.match(JSON.parse(dry.output), { file: { rows: 1000, from: /Z$/, to: /Z$/, by_role: { companion: Number, repeater: Number } }, imported: null })
})
