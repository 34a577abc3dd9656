import type { ClientBase, Pool } from 'pg'
import { claimEdition, type Edition } from '../database/edition.js'
import { withLongConnection } from '../database/long-connection.js'
import { migrate } from '../database/migrate.js'
import { applyPolicies } from '../database/policies.js'
import { markRestoring, unmarkRestoring } from '../database/restoring.js'
import { resolveRetention, type Retention, type RetentionSettings } from '../database/retention.js'
import type { Part } from './format.js'
import { pausePolicies, resumePolicies } from './policies.js'
import type { Source } from './read-database.js'
import { openRollups, refreshRollups } from './rollups.js'
import { findTables, type ArchivedTable } from './tables.js'
import { checkEmpty, checkReadable, makeSchema, removeSchema } from './target.js'
import { writePart } from './write-tables.js'

export interface Target {
  pool: Pool
  isEmbedded: boolean
  /** Policies and refreshes of the restored database follow these. */
  settings: RetentionSettings
  /** Ends it between two statements; what was stored by then is taken away again. */
  signal: AbortSignal
}

/** Of one statement: to aggregate a month of many nodes may take long on a small computer. */
const statementLimitMs = 6 * 3_600_000
/** Of parts, about twenty times that in the log. Nobody else checkpoints the embedded database meanwhile, and a long log takes long to read at the next start. */
const checkpointBytes = 16 << 20
const lockKey = 7_734_004

/**
 * Makes an empty database hold what `source` holds, at its schema version, then brings it up to date: rows, rollups, compressed chunks, policies,
 * ids. The database is marked until it is whole: nothing else opens it then, and after a kill the next call begins anew. When it fails
 * or is stopped, it leaves the database empty. Gives the rows stored by table.
 * @throws with what to do, where the source is of a newer version or the database not empty; nothing is changed then.
 */
export async function loadDatabase ({ manifest, parts }: Source, target: Target): Promise<Record<string, number>> {
  const { pool, settings } = target
  await checkReadable(manifest)
  return await withLongConnection(pool, statementLimitMs, async (client) => {
    await lock(client)
    await checkEmpty(client)
    try {
      await makeSchema(pool, client, manifest.migrations.length)
      await markRestoring(client)
      await pausePolicies(client)
      const edition = await claimEdition(client)
      const retention = await resolveRetention(client, settings)
      const counts = await writeParts(client, parts, { ...target, edition, retention })
      await setIds(client, manifest.ids)
      await migrate(pool, { direction: 'up', isRestore: true, log: () => {} })
      if (edition === 'community') await applyPolicies(client, settings)
      target.signal.throwIfAborted()
      await refreshRollups(pool, client, retention)
      await client.query('analyze')
      await resumePolicies(client)
      await unmarkRestoring(client)
      return counts
    } catch (error) {
      // Where the database is gone as well, the mark stays.
      await removeSchema(pool, client).catch(() => {})
      throw error
    }
  })
}

async function lock (client: ClientBase): Promise<void> {
  const { rows: [row] } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [lockKey])
  if (row?.locked !== true) throw new Error('another restore into this database is under way')
}

interface Writing extends Target { edition: Edition, retention: Retention }

async function writeParts (client: ClientBase, parts: Source['parts'], { edition, retention, isEmbedded, signal }: Writing): Promise<Record<string, number>> {
  const tables = new Map((await findTables(client)).map((table) => [table.name, table]))
  if (edition === 'community') await openRollups(client, [...tables.values()])
  const compressAfter = edition === 'community' ? retention.compressAfter : null
  const counts: Record<string, number> = {}
  let last: Part | undefined
  const finish = async (part: Part | undefined): Promise<void> => {
    const table = last && tables.get(last.table)
    if (last === undefined || table === undefined || table.time === null) return
    const isSame = part?.table === last.table
    // Rows of a day are together; what comes next has nothing for the chunks before its day.
    if (isSame && part.from?.slice(0, 10) === last.from?.slice(0, 10)) return
    if (compressAfter !== null && !table.isRollup) await client.query(compress, [table.relation, isSame ? part.from : 'infinity', compressAfter])
  }
  let logged = 0
  for await (const part of parts) {
    signal.throwIfAborted()
    await finish(part)
    await writePart(client, findTable(tables, part), part)
    logged += part.data.length
    if (isEmbedded && logged > checkpointBytes) {
      await client.query('checkpoint')
      logged = 0
    }
    counts[part.table] = (counts[part.table] ?? 0) + part.rows
    last = part
  }
  await finish(undefined)
  return counts
}

// As its policy would, which has not looked at them.
const compress = `
  select compress_chunk(format('%I.%I', chunk_schema, chunk_name)::regclass) from timescaledb_information.chunks
  join timescaledb_information.hypertables using (hypertable_schema, hypertable_name)
  where format('%I.%I', hypertable_schema, hypertable_name)::regclass = $1::regclass and compression_enabled and not is_compressed
    and range_end <= $2::timestamptz and range_end <= now() - $3::interval`

function findTable (tables: Map<string, ArchivedTable>, { table: name }: Part): ArchivedTable {
  const table = tables.get(name)
  if (table === undefined) throw new Error(`it has rows of a table ${name}, which its schema does not have`)
  return table
}

async function setIds (client: ClientBase, ids: Record<string, number>): Promise<void> {
  for (const [name, last] of Object.entries(ids)) {
    if (last > 0) await client.query("select setval(pg_get_serial_sequence($1, 'id'), $2)", [name, last])
  }
}
