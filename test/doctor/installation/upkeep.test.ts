import type pg from 'pg'
import t from 'tap'
import { createMaintenance } from '../../../src/database/maintenance.js'
import { checkMaintenance, checkPolicies, checkServerJobs } from '../../../src/doctor/installation/jobs.js'
import { checkRollups } from '../../../src/doctor/installation/rollups.js'
import { checkChunks, checkSpace, sizeText } from '../../../src/doctor/installation/space.js'
import { createTestDatabase, testEachEdition, type TestDatabase } from '../../support/database.js'
import { storeProbes } from '../../support/rows.js'
import { defaultRetention as settings } from '../../support/settings.js'

const maintenanceOf = ({ pool, isEmbedded }: TestDatabase) => createMaintenance({ pool, isEmbedded, settings, log: { warn: () => {}, debug: () => {} } })
const age = (pool: pg.Pool) => pool.query("update schema_migrations set run_on = run_on - interval '9 days'")

/** The statement of a remedy, run as the operator would. */
async function follow (pool: pg.Pool, remedy: string | undefined) {
  await pool.query(/meshmon sql "(.+)"$/.exec(remedy ?? '')?.[1] ?? 'no statement')
}

await testEachEdition(t, 'maintenance that runs, fails, and does not run', async (t, edition) => {
  const database = await createTestDatabase(t, { edition })
  const { pool, isEmbedded } = database
  const look = () => checkMaintenance(pool, { isEmbedded, settings })
  t.match(await look(), [{ state: 'ok' }], 'nothing is due in the first hour')
  await age(pool)
  t.match(await look(), [{ check: 'maintenance', state: 'warning', text: /^\d+ of \d+ jobs are overdue: .*which never ran/, remedy: [/make start/, /meshmon doctor/] }])

  await pool.query('alter table rejected_messages rename to gone')
  await maintenanceOf(database).runDue()
  const failed = await look()
  t.match(failed, [{ state: 'problem', text: /^"drop old rejected messages" failed at .*"rejected_messages" does not exist/ }])
  await follow(pool, failed[0]?.remedy?.[0]?.replace(/^.*: meshmon/, 'meshmon'))
  await pool.query("alter table gone rename to rejected_messages; update job_runs set started_at = started_at - interval '2 minutes'")
  await maintenanceOf(database).runDue()
  t.match(await look(), [{ state: 'ok', text: /^\d+ jobs are up to date$/ }])
  await pool.query("update job_runs set started_at = started_at - interval '5 hours' where job = 'refresh path_probe_daily'")
  t.match(await look(), [{ state: 'warning', text: /^1 of \d+ jobs are overdue: "refresh path_probe_daily", last at / }])
})

t.test('policies: as the settings want them, changed, gone, switched off', async (t) => {
  const { pool, isEmbedded } = await createTestDatabase(t, { edition: 'community' })
  const look = () => checkPolicies(pool, { isEmbedded, settings })
  t.match(await look(), [{ check: 'policies', state: 'ok' }])
  t.match(await checkPolicies(pool, { isEmbedded, settings: { ...settings, RETENTION_CRASHES: '30 days' } }), [{ state: 'problem', text: /retention of crash_reports: 365 days -> 30 days/, remedy: [/Restart/, /meshmon config/] }])
  await pool.query("select remove_retention_policy('path_probe')")
  t.match(await look(), [{ state: 'problem', text: /^not as the settings want them: retention of path_probe: none -> 90 days$/ }])
  await pool.query("select add_retention_policy('path_probe', interval '90 days')")
  await pool.query("select alter_job(job_id, scheduled => false) from timescaledb_information.jobs where proc_name = 'policy_compression' and hypertable_name = 'path_probe'")
  const [off] = await look()
  t.match(off, { state: 'problem', text: 'policy_compression of path_probe is switched off' })
  await follow(pool, off?.remedy?.[0])
  t.match(await look(), [{ state: 'ok' }])
})

t.test('what the server\'s own workers made of the policies', async (t) => {
  const { pool } = await createTestDatabase(t, { edition: 'community' })
  t.match(await checkServerJobs(pool), [{ check: 'jobs', state: 'ok' }], 'no run is known yet')
  // As its scheduler writes it after a run.
  await pool.query(`
    insert into _timescaledb_internal.bgw_job_stat (job_id, last_start, last_finish, next_start, last_successful_finish, last_run_success, total_runs, total_duration,
      total_duration_failures, total_successes, total_failures, total_crashes, consecutive_failures, consecutive_crashes)
    select job_id, now() - interval '1 hour', now() - interval '1 hour', now() + interval '1 hour', '-infinity', proc_name <> 'policy_retention' or hypertable_name <> 'path_probe', 1, interval '1 s', interval '1 s', 0, 1, 0, 1, 0
    from timescaledb_information.jobs where proc_name like 'policy_%' and proc_name <> 'policy_telemetry'`)
  t.match(await checkServerJobs(pool), [{ state: 'problem', text: /^policy_retention of path_probe failed at /, remedy: [/meshmon sql "call run_job\(\d+\)"$/, /log/] }])
  await pool.query("update _timescaledb_internal.bgw_job_stat set last_run_success = true, next_start = now() - interval '3 days'")
  t.match(await checkServerJobs(pool), [{ state: 'problem', text: /^\d+ policies are overdue, such as policy_/, remedy: [/max_background_workers/, /run_job/] }])
  await pool.query("update _timescaledb_internal.bgw_job_stat set next_start = now() + interval '1 hour'")
  t.match(await checkServerJobs(pool), [{ state: 'ok' }])
})

await testEachEdition(t, 'aggregates that are behind', async (t, edition) => {
  const database = await createTestDatabase(t, { edition })
  const { pool } = database
  const look = () => checkRollups(pool)
  await storeProbes(pool, [{ age: '3 days' }, { age: '5 days' }])
  t.match(await look(), { check: 'aggregates', state: 'ok' }, 'what has just come late is not missing yet')
  await pool.query("update path_probe set received_at = time; update schema_migrations set run_on = run_on - interval '9 days'")
  t.match(await look(), { state: 'warning', text: /^2 are behind: path_probe_daily .*, path_probe_hourly /, remedy: [edition === 'apache' ? /make start/ : /refresh_continuous_aggregate/, /job_runs/] })
  await maintenanceOf(database).runDue()
  t.match(await look(), { state: 'ok', text: '8 hourly and daily aggregates are fresh' })
})

await testEachEdition(t, 'chunks that should have been compressed or dropped', async (t, edition) => {
  const { pool } = await createTestDatabase(t, { edition })
  const look = () => checkChunks(pool, { settings })
  const compression = edition === 'apache' ? [] : [{ check: 'compression', state: 'ok' }]
  t.match(await look(), [...compression, { check: 'retention', state: 'ok' }])
  await age(pool)
  await storeProbes(pool, [{ age: '1 day' }, { age: '20 days' }, { age: '100 days' }])
  const [first, second] = await look()
  const retention = edition === 'apache' ? first : second
  t.match(retention, { check: 'retention', state: 'warning', text: '1 chunks of path_probe are kept beyond their time' })
  if (edition === 'community') {
    t.match(first, { check: 'compression', state: 'warning', text: '2 chunks of path_probe are older than 7 days and not compressed' })
    await follow(pool, first?.remedy?.[0])
  }
  await follow(pool, retention?.remedy?.[0])
  t.match(await look(), [...compression, { check: 'retention', state: 'ok' }])
  t.equal((await pool.query('select from path_probe')).rowCount, 2)
})

await testEachEdition(t, 'the disk: what grows, how long it lasts', async (t, edition) => {
  const { pool } = await createTestDatabase(t, { edition })
  const disk = (freeBytes: number, totalBytes: number) => checkSpace(pool, {
    dataDir: '/data', settings, measure: async (folder) => {
      t.equal(folder, '/data')
      return { freeBytes, totalBytes }
    }
  })
  t.match(await disk(50e9, 60e9), [{ check: 'disk', state: 'ok', text: /^the database takes [\d.]+ MB, too young to tell how it grows; 50\.0 GB of 60\.0 GB are free$/ }])
  await storeProbes(pool, Array.from({ length: 3000 }, (_, i) => ({ age: `${i} minutes` })))
  const [{ text = '' } = {}] = await disk(50e9, 60e9)
  const [, size = '', unit = ''] = /it grows by ([\d.]+) (kB|MB) a day/.exec(text) ?? []
  const perDay = Number(size) * (unit === 'MB' ? 1e6 : 1e3)
  t.ok(perDay > 1e5 && perDay < 5e6, text)
  t.match(await disk(1000 * perDay, 2000 * perDay), [{ state: 'ok', text: /which last (9\d\d|10\d\d) days at that rate$/ }])
  t.match(await disk(20 * perDay, 40 * perDay), [{ state: 'warning', text: /which last (19|20|21) days/, remedy: [/hypertable_size/, /RETENTION_RAW/, /backup/] }])
  t.match(await disk(5 * perDay, 6 * perDay), [{ state: 'problem', text: /which last [45] days/ }])
  t.match(await disk(8e9, 100e9), [{ state: 'warning' }], 'little is left, however slowly it grows')
  t.match(await disk(4e9, 100e9), [{ state: 'problem' }])
  t.match(await checkSpace(pool, { dataDir: null, settings }), [{ state: 'ok', text: /only its server knows: df -h$/ }])
  t.match(await checkSpace(pool, { dataDir: t.testdir({}), settings }), [{ text: /[\d.]+ GB are free/ }], 'the system is asked')

  if (edition === 'community') {
    await pool.query("select compress_chunk(c) from show_chunks('path_probe') c")
    t.match(await disk(5 * perDay, 6 * perDay), [{ state: 'ok' }], 'from the first compressed day on, that is what a day adds')
  }
  await storeProbes(pool, [{ age: '91 days' }])
  t.match(await disk(50e9, 60e9), [{ state: 'ok', text: /it hardly grows/ }], 'each day one is dropped')
})

t.test('sizes in words', async (t) => {
  t.same([0, 999, 1000, 123_456, 1_234_567, 5e9, 2e12, 7e15].map(sizeText), ['0 bytes', '999 bytes', '1.0 kB', '123 kB', '1.2 MB', '5.0 GB', '2.0 TB', '7000 TB'])
})
