import type { BaseLogger } from 'pino'
import pg from 'pg'
import { createClientOf, splitHosts } from './several-hosts.js'

export interface PoolSettings {
  /** `postgres://…`, which may name several hosts: the one that takes writes is used; or `host` and `port` of the embedded database with `user` and `database`. */
  connectionString?: string
  host?: string
  port?: number
  user?: string
  database?: string
  /** Of several hosts, a standby will do as well. */
  mayBeStandby?: boolean
  /** Shown in pg_stat_activity. */
  applicationName: string
  /** Connections at most. */
  max: number
  /** Longest wait for a connection; 5 s unless given. */
  connectTimeoutMs?: number
  /** The server ends a statement that takes longer; a minute unless given. */
  statementTimeoutMs?: number
}

const defaultConnectTimeoutMs = 5000
const defaultStatementTimeoutMs = 60_000
/** `connectTimeoutMs` for who can wait: the embedded database greets nobody while it runs a statement of another connection. */
export const patientConnectTimeoutMs = defaultStatementTimeoutMs
// The server ends the statement first, and says so; what is waited beyond that is for a server that does not answer at all.
const answerWaitMs = 1000
const idleTimeoutMs = 30_000

/** `2025-09-29 18:41:05.25+00` -> `2025-09-29T18:41:05.25Z`. Every connection uses UTC; infinity stays as it is. */
export function timestampToRfc3339 (text: string): string {
  return text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text
}

/** A count beyond 2^53 stays text rather than become another number. */
export function int8ToNumber (text: string): number | string {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}

/** Types of arrays, which pg gives no names. */
const arrayTypes = { text: 1009, int8: 1016, timestamptz: 1185 }

/** How values of a query come: see `createPool`. */
export function createTypes (): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides()
  const parseArray: (text: string) => Array<string | null> = pg.types.getTypeParser(arrayTypes.text)
  types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, timestampToRfc3339)
  types.setTypeParser(pg.types.builtins.INT8, int8ToNumber)
  types.setTypeParser(arrayTypes.timestamptz, (text) => parseArray(text).map((item) => item === null ? null : timestampToRfc3339(item)))
  types.setTypeParser(arrayTypes.int8, (text) => parseArray(text).map((item) => item === null ? null : int8ToNumber(item)))
  return types
}

/**
 * A pool with limits of its own on everything. A `timestamptz` comes as RFC 3339 text in UTC with its microseconds
 * (`2025-09-29T18:41:05.000001Z`), an `int8` as number where it is safe. A connection that breaks while idle is logged and replaced.
 */
export function createPool (settings: PoolSettings, log: Pick<BaseLogger, 'warn'>): pg.Pool {
  const { applicationName, connectTimeoutMs = defaultConnectTimeoutMs, statementTimeoutMs = defaultStatementTimeoutMs, mayBeStandby = false, ...connection } = settings
  const urls = splitHosts(connection.connectionString ?? '')
  const pool = new pg.Pool({
    ...connection,
    // Half of the time to find the host, half to connect to it.
    ...(urls.length > 1 && { connectionString: urls[0], Client: createClientOf({ urls, mayBeStandby, limitMs: connectTimeoutMs / 2 / urls.length }) }),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + answerWaitMs,
    // A connection that broke silently leaves its transaction open on the server, and its locks in everybody's way.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    // Compiling a statement takes longer than any of ours runs: 3.3 s for one that takes 0.1 s.
    options: '-c timezone=UTC -c jit=off',
    keepAlive: true,
    // Statements that are not awaited one by one travel together, and so do their answers.
    pipeline: true,
    types: createTypes()
  })
  pool.on('error', (error) => log.warn({ err: error }, 'lost an idle database connection'))
  // A connection in use reports through its query too; without a handler of its own the event would end the process.
  pool.on('connect', (client) => client.on('error', (error) => log.warn({ err: error }, 'lost a database connection')))
  return pool
}
