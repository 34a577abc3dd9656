import type pg from 'pg'
import type { BaseLogger } from 'pino'
import { AsyncTask, SimpleIntervalJob, ToadScheduler } from 'toad-scheduler'
import { detectEdition } from './edition.js'
import { withLongConnection } from './long-connection.js'
import { claimJob, findDueJobs, finishJob, leaseMs, readJobReports } from './maintenance/claims.js'
import { embeddedJobs, housekeepingJobs } from './maintenance/housekeeping.js'
import type { Job, JobReport } from './maintenance/job.js'
import { policyJobs } from './maintenance/policy-jobs.js'
import { rollupJobs } from './maintenance/rollup-jobs.js'
import { resolveRetention, type RetentionSettings } from './retention.js'

export type { JobReport } from './maintenance/job.js'

/** How often is looked for due jobs. */
const lookEveryS = 10
/** A statement ends before the lease does. A run of many may outlast it and be started once more elsewhere, which harms nothing. */
const statementLimitMs = leaseMs - 60_000

export interface MaintenanceOptions {
  pool: pg.Pool
  isEmbedded: boolean
  settings: RetentionSettings
  log: Pick<BaseLogger, 'warn' | 'debug'>
}

export interface Maintenance {
  /** Looks for due jobs now and every ten seconds. */
  start: () => void
  /** Ends after the job that is running. */
  stop: () => Promise<void>
  /** Runs all that is due, one job after another. */
  runDue: () => Promise<void>
  /** Last run of every job on this database, as known at the last look; for /healthz, so without asking the database. */
  report: () => JobReport[]
}

/**
 * The upkeep of the database that its server does not do by itself: the policies where there are no background workers, the Apache edition's
 * rollups and retention, rejected messages, and what only the embedded database needs. As many collectors may run it as share the
 * database: the table job_runs says who runs a job and when it is due again. A job that fails is logged and tried when it is next due.
 */
export function createMaintenance ({ pool, isEmbedded, settings, log }: MaintenanceOptions): Maintenance {
  const scheduler = new ToadScheduler()
  const ownJobs = isEmbedded ? embeddedJobs() : []
  let isStopping = false
  let running = Promise.resolve()
  let reports: JobReport[] = []

  const runJob = async (job: Job): Promise<void> => {
    if (!await claimJob(pool, job)) return
    const start = performance.now()
    let failure: string | null = null
    try {
      await withLongConnection(pool, statementLimitMs, job.run)
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error)
      log.warn({ err: error, job: job.name }, `maintenance: ${job.name} failed`)
    }
    const ms = performance.now() - start
    log.debug({ job: job.name, ms }, 'maintenance')
    await finishJob(pool, job, ms, failure)
  }

  const runDue = async (): Promise<void> => {
    const jobs = [...ownJobs, ...await findJobs({ pool, isEmbedded, settings })]
    for (const job of await findDueJobs(pool, jobs)) {
      if (isStopping) break
      await runJob(job)
    }
    reports = await readJobReports(pool)
  }

  const look = new AsyncTask('maintenance', async () => {
    running = runDue()
    await running
  }, (error) => log.warn({ err: error }, 'maintenance could not ask the database what is due'))

  return {
    start: () => scheduler.addSimpleIntervalJob(
      new SimpleIntervalJob({ seconds: lookEveryS, runImmediately: true }, look, { preventOverrun: true })),
    stop: async () => {
      isStopping = true
      scheduler.stop()
      await running.catch(() => {})
    },
    runDue,
    report: () => reports,
  }
}

type Sources = Pick<MaintenanceOptions, 'pool' | 'isEmbedded' | 'settings'>

/** What is to be done on this database, but for what only the embedded one needs. */
export async function findJobs ({ pool, isEmbedded, settings }: Sources): Promise<Job[]> {
  const retention = await resolveRetention(pool, settings)
  const housekeeping = housekeepingJobs(retention)
  if (await detectEdition(pool) === 'apache') return [...rollupJobs(retention), ...housekeeping]
  const isServed = !isEmbedded && await hasBackgroundWorkers(pool)
  return isServed ? housekeeping : [...await policyJobs(pool), ...housekeeping]
}

/** Whether the server runs policies by itself. */
export async function hasBackgroundWorkers (pool: pg.Pool): Promise<boolean> {
  const { rows: [row] } = await pool.query<{ some: boolean }>("select current_setting('timescaledb.max_background_workers')::integer > 0 as some")
  return row?.some === true
}
