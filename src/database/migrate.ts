import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RunnerOption } from 'node-pg-migrate'
import type { Client, Pool } from 'pg'
import { packageRoot } from '../paths.js'
import { claimEdition, type Edition, type Queryable } from './edition.js'
import { codeOf } from './errors.js'
import { withLongConnection } from './long-connection.js'
import { refuseUnfinished } from './restoring.js'

const folder = join(packageRoot, 'dist', 'migrations')
const table = 'schema_migrations'
const lockKey = 7_734_001
const lockWaitMs = 120_000
/** A migration of a year's measurements may take its time. */
const statementLimitMs = 6 * 3_600_000

const lockNotAvailable = '55P03'
const notInstalled = 'The database server has no TimescaleDB: install its package for this version of PostgreSQL, or use the embedded database by leaving DATABASE_URL unset.'
/** By SQLSTATE. PostgreSQL 15 and older miss the extension's file, newer ones say that it is not available. */
const extensionAdvice: Readonly<Record<string, string>> = {
  '0A000': notInstalled,
  '58P01': notInstalled,
  42501: 'This user may not switch TimescaleDB on: run "create extension timescaledb" in this database as a superuser, then start again.',
}

export interface MigrateOptions {
  direction: 'up' | 'down'
  /** How many: down undoes the newest, one unless given; up runs the oldest that are pending, all unless given. */
  count?: number
  /** The caller restores a backup: into a database that nobody else may use before that is done. */
  isRestore?: boolean
  /** Called with one line per migration and per warning. */
  log: (line: string) => void
}

export interface Migrated {
  edition: Edition
  /** Names of the migrations that ran, in order. */
  ran: string[]
}

type LoaderStrategy = NonNullable<RunnerOption['migrationLoaderStrategies']>[number]

/** Node's own import: the runner's default loader would translate the compiled files once more. */
const compiled: LoaderStrategy = {
  extensions: ['.js'],
  loader: (paths: string[]) => Promise.all(paths.map(async (path) => ({ id: path, filePaths: [path], actions: await import(pathToFileURL(path).href) }))),
}

/**
 * Brings the schema up to date, or takes back the newest migrations. Several processes may call it together: one works, the others
 * wait for it, at most two minutes, and find nothing left to do.
 * @throws where the database was made for the other edition or by a newer version, a restore into it was not finished, or another process held the lock all the time.
 */
export async function migrate (pool: Pool, options: MigrateOptions): Promise<Migrated> {
  return await withLongConnection(pool, statementLimitMs, async (client) => {
    await client.query('set client_min_messages = warning')
    await lock(client)
    await createExtension(client)
    const edition = await claimEdition(client)
    if (options.isRestore !== true) await refuseUnfinished(client)
    await refuseNewer(client)
    const ran = await run(client, options)
    return { edition, ran }
  })
}

/** The lock goes with the connection. */
async function lock (client: Client): Promise<void> {
  await client.query(`set lock_timeout = ${lockWaitMs}`)
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey])
  } catch (error) {
    if (codeOf(error) !== lockNotAvailable) throw error
    throw new Error('Another process has been migrating this database for two minutes; wait for it to end, then start again.', { cause: error })
  }
}

/** @throws with what to do, where the server has no TimescaleDB or this user may not switch it on. */
async function createExtension (client: Client): Promise<void> {
  try {
    await client.query('create extension if not exists timescaledb')
  } catch (error) {
    const advice = extensionAdvice[codeOf(error) ?? '']
    throw advice === undefined ? error : new Error(advice, { cause: error })
  }
}

async function refuseNewer (db: Queryable): Promise<void> {
  const unknown = await unknownMigrations(db)
  if (unknown.length === 0) return
  throw new Error(`A newer version of meshmon made this database (${unknown.join(', ')}). Nothing was changed. ` +
    'Install that version or a later one, or restore a backup from before the upgrade into a new database (docs/upgrading.md).')
}

/** What `migrate` would do, by the names of the migrations in order. */
export async function planMigration (db: Queryable, { direction, count }: Pick<MigrateOptions, 'direction' | 'count'>): Promise<string[]> {
  await refuseNewer(db)
  return direction === 'up' ? await pendingMigrations(db) : (await appliedMigrations(db)).reverse().slice(0, count ?? 1)
}

async function run (client: Client, { direction, count, log }: MigrateOptions): Promise<string[]> {
  if (direction === 'up' && (await pendingMigrations(client)).length === 0) return []
  // Loaded only where there is work: it takes as long as all the rest of a start.
  const { runner } = await import('node-pg-migrate')
  const ran = await runner({
    dbClient: client,
    dir: folder,
    ignorePattern: '.*\\.map',
    migrationLoaderStrategies: [compiled],
    migrationsTable: table,
    direction,
    ...(direction === 'down' ? { count: count ?? 1 } : count !== undefined && { count }),
    noLock: true,
    logger: { info: log, warn: log, error: log },
  })
  return ran.map(({ name }) => name)
}

/** Names of the migrations this version knows and the database has not run yet: empty when the schema is current. */
export async function pendingMigrations (db: Queryable): Promise<string[]> {
  const done = new Set(await appliedMigrations(db))
  return (await knownMigrations()).filter((name) => !done.has(name))
}

/** Names of the migrations the database has run and this version does not know: a newer version made it. */
export async function unknownMigrations (db: Queryable): Promise<string[]> {
  const known = new Set(await knownMigrations())
  return (await appliedMigrations(db)).filter((name) => !known.has(name))
}

/** Names of the migrations of this version, in order. */
export async function knownMigrations (): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.js')).map((name) => name.slice(0, -'.js'.length)).sort()
}

/** Names of the migrations that the database has run, in order; none where it has no schema of ours. */
export async function appliedMigrations (db: Queryable): Promise<string[]> {
  const { rows: [there] } = await db.query('select to_regclass($1) is not null as there', [table])
  if (there?.there !== true) return []
  const { rows } = await db.query(`select name from ${table} order by id`)
  return rows.map(({ name }) => String(name))
}
