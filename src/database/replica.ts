/* eslint-disable sql/constants -- statements of the reader's callers, passed on */
import { AsyncLocalStorage } from 'node:async_hooks'
import type pg from 'pg'
import type { BaseLogger } from 'pino'
import { AsyncTask, SimpleIntervalJob, ToadScheduler } from 'toad-scheduler'
import { reasonOf } from './embedded/folder.js'
import { isRetryable, isUnavailable } from './errors.js'

const lookEveryS = 1
/** Positions of the primary that are remembered; a lag beyond them is not told. */
const mostSamples = 600

// Not of the wall clocks, which may differ: how far each has come in the write-ahead log.
const selectPosition = "select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end - '0/0'::pg_lsn)::float8 as position"

export interface ReplicaStatus {
  /** Whether it answers what is read. */
  used: boolean
  /** Seconds it is behind, at most; null where that is not known. */
  lag_s: number | null
  /** Why it does not answer. */
  error: string | null
}

export interface Replica {
  /** Reads from the replica where it may, else from the primary; only for `query`. */
  reader: pg.Pool
  status: () => ReplicaStatus
  /** Runs `work` and all that it begins with reads from the primary: they see what was written before. */
  onPrimary: <T> (work: () => T) => T
  /** Looks now, and every second. */
  start: () => void
  stop: () => Promise<void>
}

export interface ReplicaOptions {
  pool: pg.Pool
  primary: pg.Pool
  maxLagMs: number
  log: Pick<BaseLogger, 'info' | 'warn'>
}

/** Where the primary was when. */
interface Sample { atMs: number, position: number }

/** Watches how far a replica is behind its primary, and reads from it while that is not too far. Not used before the first look. */
export function createReplica ({ pool, primary, maxLagMs, log }: ReplicaOptions): Replica {
  const onPrimary = new AsyncLocalStorage<true>()
  const scheduler = new ToadScheduler()
  const samples: Sample[] = []
  let status: ReplicaStatus = { used: false, lag_s: null, error: null }
  let looking = Promise.resolve()

  const note = (lagMs: number | null, error: string | null): void => {
    const reason = error ?? (lagMs === null ? 'how far it is behind is not known yet' : lagMs > maxLagMs ? `it is ${Math.round(lagMs / 1000)} s behind` : null)
    const before = status
    status = { used: reason === null, lag_s: lagMs === null ? null : lagMs / 1000, error }
    if (before.used && reason !== null) log.warn(`the replica is not read from (${reason}); the primary answers`)
    if (!before.used && reason === null) log.info('the replica answers what is read')
  }

  const look = async (): Promise<void> => {
    // Where the primary is away its replica is the best there is, as old as it was.
    const position = await positionOf(primary).catch(() => null)
    const nowMs = performance.now()
    if (position !== null) samples.push({ atMs: nowMs, position })
    if (samples.length > mostSamples) samples.shift()
    try {
      note(lagOf(samples, await positionOf(pool), nowMs), null)
    } catch (error) {
      note(null, reasonOf(error))
    }
  }

  const read = async (...args: Parameters<pg.Pool['query']>): Promise<unknown> => {
    try {
      return await pool.query(...args)
    } catch (error) {
      // A conflict with what the replica has to replay ends a statement, too.
      if (!isUnavailable(error) && !isRetryable(error)) throw error
      if (isUnavailable(error)) note(null, reasonOf(error))
      return await primary.query(...args)
    }
  }

  return {
    reader: new Proxy(primary, {
      get (target, name) {
        if (name === 'query' && status.used && onPrimary.getStore() === undefined) return read
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    }),
    status: () => status,
    onPrimary: (work) => onPrimary.run(true, work),
    start: () => scheduler.addSimpleIntervalJob(new SimpleIntervalJob({ seconds: lookEveryS, runImmediately: true },
      new AsyncTask('replica', async () => { await (looking = look()) }), { preventOverrun: true })),
    stop: async () => {
      scheduler.stop()
      await looking
      await pool.end()
    },
  }
}

async function positionOf (pool: pg.Pool): Promise<number> {
  const { rows: [row] } = await pool.query<{ position: number }>(selectPosition)
  if (row === undefined) throw new Error('the server does not tell its position')
  return row.position
}

/** Milliseconds since the newest moment that the replica has all of; 0 where that is the last one asked for, null where no one is known. */
export function lagOf (samples: readonly Sample[], position: number, nowMs: number): number | null {
  const newest = samples.findLast((sample) => sample.position <= position)
  if (newest === undefined) return null
  return newest === samples.at(-1) ? 0 : nowMs - newest.atMs
}
