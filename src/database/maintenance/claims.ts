import type { Queryable } from '../edition.js'
import type { Job, JobReport } from './job.js'

/** Longest time one run may take; a job whose collector died is free again after this. */
export const leaseMs = 30 * 60_000

// By the database's clock alone: the clocks of several collectors may differ.
const claim = `
  insert into job_runs (job, started_at, leased_until)
  values ($1, now(), now() + $3 * interval '1 ms')
  on conflict (job) do update set started_at = excluded.started_at, leased_until = excluded.leased_until
  where job_runs.started_at + $2::interval <= now() and coalesce(job_runs.leased_until <= now(), true)
  returning true`

const finish = `
  update job_runs set finished_at = clock_timestamp(), leased_until = null, ms = $2, error = $3
  where job = $1`

const findDue = `
  select job from unnest($1::text[], $2::text[], $3::boolean[]) as known (job, every, is_patient)
  left join job_runs runs using (job)
  cross join (select min(run_on) at time zone current_setting('timezone') as made_at from schema_migrations) as database
  where coalesce(coalesce(runs.started_at, case when is_patient then made_at end) + every::interval <= now(), true)
    and coalesce(runs.leased_until <= now(), true)`

const readRuns = `
  select job, to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as last_run, ms, error
  from job_runs order by job`

/** Jobs whose time has come, in the order given: a look before `claimJob`, which decides. */
export async function findDueJobs (db: Queryable, jobs: Job[]): Promise<Job[]> {
  const { rows } = await db.query(findDue, [jobs.map(({ name }) => name), jobs.map(({ every }) => every), jobs.map(({ isPatient }) => isPatient === true)])
  const due = new Set(rows.map(({ job }) => job))
  return jobs.filter(({ name }) => due.has(name))
}

/** True for exactly one of all collectors that ask while the job is due. */
export async function claimJob (db: Queryable, { name, every }: Job): Promise<boolean> {
  const { rows } = await db.query(claim, [name, every, leaseMs])
  return rows.length === 1
}

export async function finishJob (db: Queryable, { name }: Job, ms: number, error: string | null): Promise<void> {
  await db.query(finish, [name, ms, error])
}

export async function readJobReports (db: Queryable): Promise<JobReport[]> {
  const { rows } = await db.query(readRuns)
  return rows.map(({ job, last_run: lastRun, ms, error }) => ({
    job: String(job), lastRun: String(lastRun), ms: typeof ms === 'number' ? Math.round(ms) : null, error: typeof error === 'string' ? error : null,
  }))
}
