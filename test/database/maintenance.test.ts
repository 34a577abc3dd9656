import type pg from 'pg'
import t from 'tap'
import { createMaintenance, type Maintenance } from '../../src/database/maintenance.js'
import { claimJob, findDueJobs, finishJob, readJobReports } from '../../src/database/maintenance/claims.js'
import { rejectedLimits } from '../../src/database/maintenance/housekeeping.js'
import type { Job } from '../../src/database/maintenance/job.js'
import { createTestDatabase, openPool, testEachEdition, type TestDatabase } from '../support/database.js'
import { until } from '../support/embedded.js'
import { storeProbes } from '../support/rows.js'
import { defaultRetention } from '../support/settings.js'

function maintenanceOf ({ pool, isEmbedded }: Pick<TestDatabase, 'pool' | 'isEmbedded'>, settings = defaultRetention) {
  const warnings: string[] = []
  const log = { warn: (_: unknown, message?: string) => { warnings.push(message ?? '') }, debug: () => {} }
  return { ...createMaintenance({ pool, isEmbedded, settings, log }), warnings }
}

/** As if it had been made the day before yesterday. */
const age = (pool: pg.Pool) => pool.query("update schema_migrations set run_on = run_on - interval '2 days'")

const lastRuns = (maintenance: Maintenance): Map<string, string> => new Map(maintenance.report().map(({ job, lastRun }) => [job, lastRun]))

await testEachEdition(t, 'every job runs once, is reported, and is due again after its interval', async (t, edition) => {
  const database = await createTestDatabase(t, { edition })
  const { pool } = database
  const maintenance = maintenanceOf(database)
  t.same(maintenance.report(), [])
  await age(pool)
  await maintenance.runDue()
  t.same(maintenance.warnings, [])
  const names = maintenance.report().map(({ job }) => job)
  const expected = ['refresh path_probe_hourly', 'refresh radio_metrics_daily', 'drop old path_probe', 'drop old crash_reports', 'drop old rejected messages',
    edition === 'apache' ? 'merge marks' : 'compress path_probe', ...database.isEmbedded && edition === 'community' ? ['checkpoint', 'analyze what is written', 'vacuum and analyze'] : []]
  for (const name of expected) t.ok(names.includes(name), name)
  t.ok(maintenance.report().every(({ ms, error, lastRun }) => ms !== null && error === null && Date.parse(lastRun) > 0))

  await pool.query("update job_runs set started_at = started_at + interval '1 hour'")
  await maintenance.runDue()
  const first = lastRuns(maintenance)
  t.equal(first.size, names.length)
  await maintenance.runDue()
  t.same(lastRuns(maintenance), first, 'nothing is due')

  await pool.query("update job_runs set started_at = now() - interval '31 minutes' where job in ('refresh path_probe_hourly', 'drop old path_probe')")
  await maintenance.runDue()
  const ages = (await pool.query("select job from job_runs where started_at > now() - interval '30 minutes' and started_at < now()")).rows
  t.same(ages, [{ job: 'refresh path_probe_hourly' }], 'twice an hour and once a day')
})

await testEachEdition(t, 'old chunks go', async (t, edition) => {
  const database = await createTestDatabase(t, { edition })
  await storeProbes(database.pool, [{ age: '100 days' }, { age: '80 days' }, { age: '1 day' }])
  await maintenanceOf(database).runDue()
  t.equal((await database.pool.query('select from path_probe')).rowCount, 3, 'nothing on the first day: what an operator tries out may be old')
  await age(database.pool)
  await maintenanceOf(database).runDue()
  t.equal((await database.pool.query('select from path_probe')).rowCount, 2)
})

t.test('upkeep on one database', async (t) => {
  const database = await createTestDatabase(t)
  const { pool, url } = database
  const job: Job = { name: 'test', every: '1 hour', run: async () => {} }

  t.test('a job is claimed once, however many ask', async (t) => {
    const others = Array.from({ length: 4 }, () => openPool(t, url, 1))
    t.same(await findDueJobs(pool, [job]), [job])
    const claims = await Promise.all(others.map((other) => claimJob(other, job)))
    t.equal(claims.filter(Boolean).length, 1)
    t.same(await findDueJobs(pool, [job]), [])
  })

  t.test('a claim ends with its run, or with its lease', async (t) => {
    await pool.query("update job_runs set started_at = started_at - interval '2 hours' where job = 'test'")
    t.notOk(await claimJob(pool, job), 'its run has not ended')
    await pool.query("update job_runs set leased_until = now() where job = 'test'")
    t.ok(await claimJob(pool, job), 'whoever had it is gone')
    await finishJob(pool, job, 12.4, 'no room')
    t.match((await readJobReports(pool)).find((report) => report.job === 'test'), { ms: 12, error: 'no room' })
    t.notOk(await claimJob(pool, job), 'not due')
    await pool.query("update job_runs set started_at = started_at - interval '2 hours' where job = 'test'")
    t.ok(await claimJob(pool, job))
  })

  t.test('two collectors run a job once between them', async (t) => {
    await pool.query('truncate job_runs')
    await age(pool)
    const other = openPool(t, url)
    await pool.query('create table runs_seen (job text)')
    await pool.query(`create function note_run () returns trigger language plpgsql as $$
      begin insert into runs_seen values (new.job); return null; end $$`)
    await pool.query('create trigger note_run after insert or update of started_at on job_runs for each row execute function note_run()')
    await Promise.all([maintenanceOf(database).runDue(), maintenanceOf({ pool: other, isEmbedded: database.isEmbedded }).runDue()])
    const { rows } = await pool.query('select count(*) as runs, count(distinct job) as jobs from runs_seen')
    t.ok(rows[0].jobs > 20)
    t.equal(rows[0].runs, rows[0].jobs)
    await pool.query('drop trigger note_run on job_runs; drop function note_run; drop table runs_seen')
  })

  t.test('a job that fails is reported and does not stop the others', async (t) => {
    await pool.query('truncate job_runs')
    await pool.query('alter table node_addresses rename to hidden')
    const maintenance = maintenanceOf(database)
    await maintenance.runDue()
    await pool.query('alter table hidden rename to node_addresses')
    t.same(maintenance.warnings, ['maintenance: drop old addresses failed'])
    const reports = maintenance.report()
    t.match(reports.find(({ job }) => job === 'drop old addresses'), { error: 'relation "node_addresses" does not exist' })
    t.equal(reports.filter(({ error }) => error !== null).length, 1)
    await pool.query("delete from job_runs where job = 'drop old addresses'")
    await maintenance.runDue()
    t.ok(maintenance.report().every(({ error }) => error === null), 'the next run clears the error')
  })

  t.test('rejected messages are bounded in age and number', async (t) => {
    await pool.query(`insert into rejected_messages (received_at, reason, body)
      select now() - i * interval '10 days', 'not JSON', 'x' from generate_series(5, 0, -1) i`)
    await pool.query('truncate job_runs')
    await maintenanceOf(database).runDue()
    t.equal((await pool.query('select from rejected_messages')).rowCount, 3, 'of 0, 10, 20 days')
    await pool.query("insert into rejected_messages (reason, body) select 'flood', 'x' from generate_series(1, $1)", [rejectedLimits.rows + 10])
    await pool.query('truncate job_runs')
    await maintenanceOf(database).runDue()
    const { rows: [left] } = await pool.query("select count(*) as n, count(*) filter (where reason = 'not JSON') as old from rejected_messages")
    t.same(left, { n: rejectedLimits.rows, old: 0 }, 'the oldest went')
  })

  t.test('notifications go after a month, but not what was told of an open incident', async (t) => {
    await pool.query(`insert into incidents (id, kind, category, subject, scope, state, severity, impact, started_at, opened_at)
      values ('open', 'node_silent', 'node', 'a', '{}', 'open', 'minor', '{}', now(), now())`)
    await pool.query(`insert into outbox (key, incident_id, event, at, due_at, settled_at, outcome)
      select id || age, id, 'opened', now(), now(), now() - age * interval '1 day', 'sent' from unnest(array['open', 'gone']) as id, unnest(array[29, 31]) as age`)
    await pool.query(`insert into notifications (key, target, event, payload, created_at, due_at, expires_at, sent_at, failed_at)
      select state || age, 't', 'opened', '{}', now() - interval '40 days', now(), now(),
        case state when 'sent' then now() - age * interval '1 day' end, case state when 'dead' then now() - age * interval '1 day' end
      from unnest(array['sent', 'dead', 'waiting']) as state, unnest(array[29, 31]) as age`)
    await pool.query('truncate job_runs')
    await maintenanceOf(database).runDue()
    t.same((await pool.query('select key from outbox order by key')).rows.map(({ key }) => key), ['gone29', 'open29', 'open31'])
    t.same((await pool.query('select key from notifications order by key')).rows.map(({ key }) => key), ['dead29', 'sent29', 'waiting29', 'waiting31'])
  })

  t.test('start looks at once, stop waits for what is running', async (t) => {
    await pool.query('truncate job_runs')
    const maintenance = maintenanceOf(database)
    maintenance.start()
    await until(async () => (await pool.query('select from job_runs')).rowCount !== 0, 'the first job')
    await maintenance.stop()
    t.equal((await pool.query('select from job_runs where leased_until is not null')).rowCount, 0, 'no run is left in the middle')
    const { rowCount } = await pool.query('select from job_runs')
    await maintenance.runDue()
    t.equal((await pool.query('select from job_runs')).rowCount, rowCount, 'a stopped one starts nothing')
  })
})
