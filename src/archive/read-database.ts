import type { ClientBase } from 'pg'
import { detectEdition } from '../database/edition.js'
import { appliedMigrations } from '../database/migrate.js'
import { version } from '../version.js'
import { formatVersion, type Manifest, type Part } from './format.js'
import { readById, readByTime, readInTransaction } from './read-tables.js'
import { findTables, type ArchivedTable } from './tables.js'

export interface ReadOptions {
  /** All connections share one session there: what holds a transaction open holds up everybody. */
  isEmbedded: boolean
  /** Only raw rows received since then (RFC 3339). */
  since?: string
  /** `share` of all tables, and rows read so far. */
  onProgress: (share: number, rows: number) => void
}

export interface Source {
  manifest: Manifest
  parts: AsyncIterable<Part>
}

/** Grow without end and only by rows with a higher id, so that they can be read piece by piece. */
const grownById = ['incident_journal', 'rejected_messages']

/**
 * Reads a database for an archive while others write to it. Of incidents, journal, outbox, the engine's state and every other ordinary
 * table it gives what one moment held, `manifest.created`. Raw rows and rollups are read after it, so every message acknowledged before that
 * moment is in the archive, and of those acknowledged later some are. On a server the journal is read in the transaction of that moment;
 * on the embedded database up to the last id of it, where ids are given in the order of the commits. Rejected messages likewise, on either.
 */
export async function readDatabase (client: ClientBase, { isEmbedded, since, onProgress }: ReadOptions): Promise<Source> {
  await client.query('begin isolation level repeatable read read only')
  const tables = await findTables(client)
  const manifest: Manifest = since === undefined ? await describe(client, tables, 'portable') : { ...await describe(client, tables, 'since'), since }
  const [small, grown, hypertables] = [
    tables.filter(({ name, time }) => time === null && !grownById.includes(name)),
    tables.filter(({ name }) => grownById.includes(name)),
    tables.filter(({ time, isRollup }) => time !== null && !(isRollup && since !== undefined)),
  ]
  const held: Part[] = []
  if (since === undefined) for (const table of small) for await (const part of readInTransaction(client, table)) held.push(part)
  if (isEmbedded) await client.query('commit')

  async function * readParts (): AsyncGenerator<Part> {
    yield * held.splice(0)
    if (since === undefined) for (const table of grown) yield * readById(client, table, manifest.ids[table.name] ?? 0)
    if (!isEmbedded) await client.query('commit')
    for (const [i, table] of hypertables.entries()) {
      const onChunk = (share: number): void => onProgress((i + share) / hypertables.length, rows)
      yield * readByTime(client, table, { since, onChunk })
    }
  }
  let rows = 0
  async function * counted (): AsyncGenerator<Part> {
    for await (const part of readParts()) {
      rows += part.rows
      yield part
    }
  }
  return { manifest, parts: counted() }
}

const describeServer = `
  select now() as created, current_setting('server_version_num')::integer as postgresql,
    (select extversion from pg_extension where extname = 'timescaledb') as timescaledb`

/** What the manifest says of the database that `client` is connected to. @throws where it holds no schema of ours. */
export async function describe (client: ClientBase, tables: ArchivedTable[], kind: Manifest['kind']): Promise<Omit<Manifest, 'since'>> {
  const migrations = await appliedMigrations(client)
  if (migrations.length === 0) throw new Error('this database is empty: there is nothing to back up')
  const { rows: [server] } = await client.query<Pick<Manifest, 'created' | 'postgresql' | 'timescaledb'>>(describeServer)
  if (server === undefined) throw new Error('the database does not say its version')
  const ids: Manifest['ids'] = {}
  for (const { name, relation } of tables.filter(({ hasId }) => hasId)) {
    const { rows: [row] } = await client.query<{ last: number | null }>("select pg_sequence_last_value(pg_get_serial_sequence($1, 'id')) as last", [relation])
    ids[name] = row?.last ?? 0
  }
  return {
    format: formatVersion, kind, app: version, edition: await detectEdition(client), migrations, ids, ...server,
  }
}
