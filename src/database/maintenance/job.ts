import type pg from 'pg'

/** One piece of upkeep. `run` gets a connection without the pool's time limits, outside a transaction; it keeps its transactions short. */
export interface Job {
  name: string
  /** How long after the start of one run the next is due: a PostgreSQL interval. */
  every: string
  /** Not due before the database is one interval old: what its operator tries out or imports first may be old, and should be seen. */
  isPatient?: boolean
  run: (client: pg.Client) => Promise<void>
}

/** The last run of a job, by whichever collector. */
export interface JobReport {
  job: string
  /** RFC 3339. */
  lastRun: string
  /** How long it took; null while the first one runs. */
  ms: number | null
  error: string | null
}
