/* eslint-disable sql/constants -- what PostgreSQL's format() or escapeLiteral quoted */
import { escapeLiteral, type ClientBase, type Pool } from 'pg'
import { detectEdition } from '../database/edition.js'
import { withLongConnection } from '../database/long-connection.js'
import { migrate } from '../database/migrate.js'
import { applyPolicies } from '../database/policies.js'
import type { RetentionSettings } from '../database/retention.js'
import type { Manifest, Part } from './format.js'
import { pgDump } from './pack.js'
import { dump, findToolVersion, restoreDump } from './pg-tools.js'
import { describe, type Source } from './read-database.js'
import { checkEmpty, checkReadable } from './target.js'

const statementLimitMs = 6 * 3_600_000
const majorOf = (versionNumber: number): number => Math.floor(versionNumber / 10_000)

/**
 * Reads a server with pg_dump: faster than row by row, compressed chunks as they are, one moment of everything; it is restored onto
 * a server of the same edition and version of TimescaleDB. @throws with what to do, where pg_dump is missing or older than the server.
 */
export async function dumpServer (pool: Pool, url: string): Promise<Source> {
  const manifest = await withLongConnection(pool, statementLimitMs, (client) => describe(client, [], 'pg_dump'))
  const [tool, server] = [await findToolVersion('pg_dump'), majorOf(manifest.postgresql)]
  if (tool < server) throw new Error(`pg_dump ${tool} cannot read PostgreSQL ${server}: install postgresql-client-${server}, or use "meshmon backup --portable", which needs none`)
  async function * parts (): AsyncGenerator<Part> {
    for await (const data of dump(url)) yield { table: pgDump, from: null, rows: 0, data }
  }
  return { manifest, parts: parts() }
}

export interface ServerTarget {
  pool: Pool
  url: string
  settings: RetentionSettings
  signal: AbortSignal
}

/**
 * Makes an empty database on a server hold what `dumpServer` gave. Until it is whole, TimescaleDB's own mark is on the database
 * (`timescaledb.restoring`). When it fails or is stopped, it leaves the database empty.
 * @throws with what to do, where the server can't take it or the database is not empty; nothing is changed then.
 */
export async function restoreServer ({ manifest, parts }: Source, { pool, url, settings, signal }: ServerTarget): Promise<void> {
  await checkReadable(manifest)
  await findToolVersion('pg_restore')
  const long = <T> (work: (client: ClientBase) => Promise<T>): Promise<T> => withLongConnection(pool, statementLimitMs, work)
  await long(async (client) => {
    await checkServer(client, manifest)
    await checkEmpty(client)
    await clear(client)
  })
  try {
    // A session that had the extension cannot make it again.
    await long(async (client) => {
      await client.query(`create extension timescaledb version ${escapeLiteral(manifest.timescaledb)}`)
      await client.query('select timescaledb_pre_restore()')
    })
    await restoreDump(url, pieces(parts, signal))
    await long(async (client) => {
      await client.query('select timescaledb_post_restore()')
      await client.query('analyze')
    })
    await migrate(pool, { direction: 'up', isRestore: true, log: () => {} })
    if (manifest.edition === 'community') await long((client) => applyPolicies(client, settings))
  } catch (error) {
    await long(clear).catch(() => {})
    throw error
  }
}

async function * pieces (parts: Source['parts'], signal: AbortSignal): AsyncGenerator<Buffer> {
  for await (const { data } of parts) {
    signal.throwIfAborted()
    yield data
  }
}

const elsewhere = 'use a backup made with "meshmon backup --portable" for this server'

async function checkServer (client: ClientBase, { edition, postgresql, timescaledb }: Manifest): Promise<void> {
  const { rows: [server] } = await client.query<{ version: number, superuser: boolean, user: string, available: boolean }>(`
    select current_setting('server_version_num')::integer as version, rolsuper as superuser, current_user::text as user,
      exists (select from pg_available_extension_versions where name = 'timescaledb' and version = $1) as available
    from pg_roles where rolname = current_user`, [timescaledb])
  if (server === undefined) throw new Error('the server does not say who this user is')
  if (majorOf(server.version) < majorOf(postgresql)) throw new Error(`the backup is of PostgreSQL ${majorOf(postgresql)}, this server is ${majorOf(server.version)}: ${elsewhere}`)
  if (!server.available) throw new Error(`the backup is of TimescaleDB ${timescaledb}, which this server does not have: install that version, restore, then update the extension; or ${elsewhere}`)
  if (!server.superuser) throw new Error(`${server.user} is no superuser, and TimescaleDB's own tables are restored by one only: name a superuser in DATABASE_URL for the restore; or ${elsewhere}`)
  // Only a database with the extension tells its edition.
  await client.query('create extension if not exists timescaledb')
  const found = await detectEdition(client)
  if (found !== edition) throw new Error(`the backup is of the ${edition} edition of TimescaleDB, this server runs the ${found} edition: ${elsewhere}`)
}

/** Takes away the schema with all that is in it, and what an interrupted restore left. */
async function clear (client: ClientBase): Promise<void> {
  await client.query('drop extension if exists timescaledb cascade')
  await client.query('drop schema public cascade')
  await client.query('create schema public')
  const { rows: [row] } = await client.query<{ call: string }>("select format('alter database %I reset timescaledb.restoring', current_database()) as call")
  if (row !== undefined) await client.query(row.call)
}
