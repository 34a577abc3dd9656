import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import type { BaseLogger } from 'pino'
import { startEmbedded, type EmbeddedServer } from './embedded/embedded.js'
import { databaseName, userName } from './embedded/names.js'
import { createPool } from './pool.js'
import { createReplica, type Replica } from './replica.js'

const poolSize = 10
// Questions of people and panels: few at a time and short, so that they never hold up the measurements.
const readerSize = 4
const readTimeoutMs = 10_000
// The ingest writer's transactions, and one to ask whether the database answers. Agents wait 10 s.
const writerSize = 3
const writeTimeoutMs = 6000
const defaultMaxLagMs = 5000
const firstRetryMs = 250
const longestRetryMs = 5000

export interface DatabaseOptions {
  /** A TimescaleDB server; the embedded database where it is undefined. */
  databaseUrl: string | undefined
  /** A replica of that server, for the reader. */
  replicaUrl?: string | undefined
  /** A replica that is further behind is not read from; 5 s unless given. */
  maxLagMs?: number
  dataDir: string
  applicationName: string
  log: Pick<BaseLogger, 'info' | 'warn' | 'error'>
}

export interface Database {
  pool: pg.Pool
  /** For the answers of the API: its connections are its own, and a statement may take ten seconds. */
  reader: pg.Pool
  /** What the reader asks where it may. */
  replica: Replica | null
  /** For short statements that an agent waits for: a server that falls silent is given up within seconds. */
  writer: pg.Pool
  isEmbedded: boolean
  /** Why the database has not answered yet; null before the first try, and once it has. */
  trouble: () => string | null
  /**
   * Resolves once the database has answered for the first time, and waits for that as long as it takes, logging why.
   * Rejects when waiting does not help (EmbeddedError: the embedded folder is taken or unusable), and after `stop`.
   */
  ready: Promise<void>
  /** Closes the pool, waiting for connections in use, then the embedded database. */
  stop: () => Promise<void>
}

/**
 * Opens the database without waiting for it: queries of `pool` fail until it is there. Throws EmbeddedError when `dataDir`
 * cannot hold a database.
 */
export function openDatabase (options: DatabaseOptions): Database {
  const { databaseUrl, replicaUrl, maxLagMs = defaultMaxLagMs, dataDir, applicationName, log } = options
  const embedded = databaseUrl === undefined ? startEmbedded({ dataDir, log }) : undefined
  const connection = embedded === undefined
    ? { connectionString: databaseUrl }
    : { ...embedded.address, user: userName, database: databaseName }
  const pool = createPool({ ...connection, applicationName, max: poolSize }, log)
  const reading = { applicationName: `${applicationName} api`, max: readerSize, statementTimeoutMs: readTimeoutMs }
  const reader = createPool({ ...connection, ...reading }, log)
  const replica = replicaUrl === undefined || embedded !== undefined
    ? null
    : createReplica({ pool: createPool({ connectionString: replicaUrl, mayBeStandby: true, ...reading }, log), primary: reader, maxLagMs, log })
  replica?.start()
  const writer = createPool({ ...connection, applicationName: `${applicationName} ingest`, max: writerSize, statementTimeoutMs: writeTimeoutMs }, log)
  const stopped = new AbortController()
  let trouble: string | null = null
  const ready = waitUntilReady({ pool, embedded, signal: stopped.signal }, (reason, error) => {
    // Once for each reason: it may go on for days.
    if (reason !== null && reason !== trouble) log.warn({ err: error }, `${reason}, trying again until it does`)
    trouble = reason
  })
  // The caller may look at it later, or not at all when it stops first.
  ready.catch(() => {})
  return {
    pool,
    reader: replica?.reader ?? reader,
    replica,
    writer,
    isEmbedded: embedded !== undefined,
    trouble: () => trouble,
    ready,
    stop: async () => {
      stopped.abort(new Error('the database was closed'))
      await Promise.all([replica?.stop(), pool.end(), writer.end()])
      await reader.end()
      await embedded?.stop()
    }
  }
}

interface Waiting {
  pool: pg.Pool
  embedded: EmbeddedServer | undefined
  signal: AbortSignal
}

async function waitUntilReady ({ pool, embedded, signal }: Waiting, onTrouble: (reason: string | null, error?: unknown) => void): Promise<void> {
  await embedded?.ready
  for (let retryMs = firstRetryMs; ; retryMs = Math.min(retryMs * 2, longestRetryMs)) {
    try {
      await pool.query('select 1')
      onTrouble(null)
      return
    } catch (error) {
      signal.throwIfAborted()
      onTrouble(`the database does not answer (${error instanceof Error ? error.message : String(error)})`, error)
    }
    await delay(retryMs, undefined, { signal })
  }
}
