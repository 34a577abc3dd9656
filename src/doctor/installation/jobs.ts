import type { Pool } from 'pg'
import { detectEdition } from '../../database/edition.js'
import { findJobs, hasBackgroundWorkers } from '../../database/maintenance.js'
import { embeddedJobs } from '../../database/maintenance/housekeeping.js'
import { comparePolicies } from '../../database/policies.js'
import type { RetentionSettings } from '../../database/retention.js'
import { ok, problem, warning, type Finding } from '../finding.js'

export interface JobsContext { isEmbedded: boolean, settings: RetentionSettings }

/** Policies of the Community edition as the settings want them, and running. */
export async function checkPolicies (db: Pool, { isEmbedded, settings }: JobsContext): Promise<Finding[]> {
  if (await detectEdition(db) === 'apache') return []
  const check = 'policies'
  const changes = await comparePolicies(db, settings)
  const { rows: off } = await db.query<{ job_id: number, name: string }>(selectSwitchedOff)
  const findings = off.map(({ job_id: id, name }) => problem(check, `${name} is switched off`, `Switch it on: meshmon sql "select alter_job(${id}, scheduled => true)"`))
  if (changes.length > 0) findings.push(problem(check, `not as the settings want them: ${changes.join('; ')}`, 'Restart the collector: it makes them anew', 'Or correct the RETENTION_ settings and COMPRESS_AFTER: meshmon config'))
  if (findings.length === 0) findings.push(ok(check, 'as the settings want them'))
  return !isEmbedded && await hasBackgroundWorkers(db) ? [...findings, ...await checkServerJobs(db)] : findings
}

const selectSwitchedOff = `
  select job_id, proc_name || coalesce(' of ' || hypertable_name, '') as name from timescaledb_information.jobs
  where not scheduled and proc_name in ('policy_retention', 'policy_compression', 'policy_refresh_continuous_aggregate') order by job_id`

/** An hour: a server that was off has to catch up first. */
const selectServerJobs = `
  select j.job_id, j.proc_name || coalesce(' of ' || j.hypertable_name, '') as name,
    s.last_run_status = 'Failed' as has_failed, s.last_run_started_at::text as last_run, s.total_failures,
    coalesce(s.next_start < now() - j.schedule_interval - interval '1 hour', false) as is_overdue
  from timescaledb_information.jobs j join timescaledb_information.job_stats s using (job_id)
  where j.scheduled order by j.job_id`

interface ServerJob { job_id: number, name: string, has_failed: boolean | null, last_run: string | null, total_failures: number, is_overdue: boolean }

/** What the server's own background workers made of the policies. */
export async function checkServerJobs (db: Pool): Promise<Finding[]> {
  const check = 'jobs'
  const { rows: jobs } = await db.query<ServerJob>(selectServerJobs)
  const failed = jobs.filter(({ has_failed: hasFailed }) => hasFailed === true).map(({ job_id: id, name, total_failures: failures, last_run: lastRun }) =>
    problem(check, `${name} failed at ${lastRun}, ${failures} times in all`, `Run it by hand, it says why: meshmon sql "call run_job(${id})"`, 'The server\'s log has the reason as well'))
  const overdue = jobs.filter(({ is_overdue: isOverdue }) => isOverdue)
  if (overdue.length > 0) failed.push(problem(check, `${overdue.length} policies are overdue, such as ${overdue[0]?.name}`, 'Give the server workers: timescaledb.max_background_workers = 8 and max_worker_processes = 16 in postgresql.conf, then restart it', `Meanwhile: meshmon sql "call run_job(${overdue[0]?.job_id})"`))
  return failed.length > 0 ? failed : [ok(check, `the server runs ${jobs.length} policies, none failed at its last run`)]
}

// A database that is an hour old has not had time for all of them. The collector looks every ten seconds, and one run may take half an hour.
const selectRuns = `
  select job, to_char(runs.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as last_run, error,
    coalesce(runs.started_at, made_at) + every::interval + interval '1 hour' < now() as is_overdue
  from unnest($1::text[], $2::text[]) with ordinality as known (job, every, place)
  left join job_runs runs using (job)
  cross join (select min(run_on) at time zone current_setting('timezone') as made_at from schema_migrations) as database
  order by place`

interface Run { job: string, last_run: string | null, error: string | null, is_overdue: boolean }

/** What the collector's own upkeep did, by its last runs. */
export async function checkMaintenance (db: Pool, { isEmbedded, settings }: JobsContext): Promise<Finding[]> {
  const check = 'maintenance'
  const jobs = [...isEmbedded ? embeddedJobs() : [], ...await findJobs({ pool: db, isEmbedded, settings })]
  const { rows } = await db.query<Run>(selectRuns, [jobs.map(({ name }) => name), jobs.map(({ every }) => every)])
  const findings = rows.filter(({ error }) => error !== null).map(({ job, last_run: lastRun, error }) =>
    problem(check, `"${job}" failed at ${lastRun} UTC: ${error}`, 'It is tried again when it is next due; see how it goes: meshmon sql "select * from job_runs where error is not null"'))
  const overdue = rows.filter(({ is_overdue: isOverdue, error }) => isOverdue && error === null)
  if (overdue.length > 0) {
    findings.push(warning(check, `${overdue.length} of ${rows.length} jobs are overdue: ${overdue.slice(0, 3).map(({ job, last_run: lastRun }) => `"${job}", ${lastRun === null ? 'which never ran' : `last at ${lastRun} UTC`}`).join('; ')}`,
      'Only a collector that runs does them; start it: make start', 'After a stop it catches up within minutes; then look again: meshmon doctor'))
  }
  return findings.length > 0 ? findings : [ok(check, `${rows.length} jobs are up to date`)]
}
