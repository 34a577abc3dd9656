/* eslint-disable sql/constants -- tables as the database's own catalogue names them */
import type { ClientBase, Pool } from 'pg'
import { appliedMigrations, knownMigrations, migrate } from '../database/migrate.js'
import { isRestoring, unmarkRestoring } from '../database/restoring.js'
import type { Manifest } from './format.js'
import { findTables } from './tables.js'

/** A collector that has started on an empty database has written these. */
const bookkeeping = ['engine_slot', 'rule_cursor', 'rule_evaluation', 'rule_state']

/** @throws with what to do, where this version can't restore the archive. */
export async function checkReadable ({ kind, app, since, migrations }: Manifest): Promise<void> {
  if (kind === 'since') throw new Error(`it holds only what was received since ${since}: restore a whole backup`)
  const known = await knownMigrations()
  const unknown = migrations.filter((name, i) => name !== known[i])
  if (unknown.length > 0) throw new Error(`it was made by meshmon ${app}, whose database schema this version does not know (${unknown.join(', ')}): install that version or a later one`)
}

// A collector, not the commands beside it; or what a killed restore has left running.
const selectOthers = `
  select application_name as name, pid from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and application_name ~ '^(meshmon( api| ingest)?|pg_restore)$' limit 1`

/**
 * @throws with what to do, where the database is not as good as new: it holds data, a newer schema, or a collector or another restore runs on it.
 * What an interrupted restore left does not count.
 */
export async function checkEmpty (client: ClientBase): Promise<void> {
  const { rows: [other] } = await client.query<{ name: string, pid: number }>(selectOthers)
  if (other !== undefined) throw new Error(`${other.name} uses this database (process ${other.pid} of the server): stop it first`)
  const known = await knownMigrations()
  const applied = await appliedMigrations(client)
  const unknown = applied.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`a newer version of meshmon made this database (${unknown.join(', ')}): install that version, or name another database`)
  if (await isRestoring(client) || applied.length === 0) return
  for (const { name, relation } of (await findTables(client)).filter(({ name }) => !bookkeeping.includes(name))) {
    const { rows: [row] } = await client.query<{ some: boolean }>(`select exists (select from ${relation}) as some`)
    if (row?.some === true) throw new Error(`this database is not empty, ${name} has rows: a backup is restored into a new database or an empty DATA_DIR only`)
  }
}

const log = (): void => {}

/** Makes the schema of so many migrations, after taking away the empty one that is there. */
export async function makeSchema (pool: Pool, client: ClientBase, migrations: number): Promise<void> {
  await removeSchema(pool, client)
  await migrate(pool, { direction: 'up', count: migrations, isRestore: true, log })
}

/** Takes the schema away, with all that is in it. */
export async function removeSchema (pool: Pool, client: ClientBase): Promise<void> {
  const applied = await appliedMigrations(client)
  if (applied.length > 0) await migrate(pool, { direction: 'down', count: applied.length, isRestore: true, log })
  await unmarkRestoring(client)
}
