/* eslint-disable sql/constants -- tables and columns as the database's own catalogue names them */
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { escapeIdentifier, type ClientBase } from 'pg'
import { csvLine } from './csv.js'
import type { Part } from './format.js'
import type { ArchivedTable } from './tables.js'

type Cells = (string | null)[]

/** What one statement reads: short enough for agents to wait behind it on the embedded database, and small in memory. */
const partBytes = 8 << 20
const mostRows = 20_000
/** Before it is known how large a table's rows are; a rejected message may take 128 KB. */
const firstRows = 200
const shortestMs = 1

const compress = promisify(gzip)
/** Half the time of the default, a tenth larger. */
const gzipOptions = { level: constants.Z_BEST_SPEED + 2 }

/** Values as PostgreSQL writes them. */
const asText = { getTypeParser: () => String }

async function select (client: ClientBase, text: string, values: unknown[] = []): Promise<Cells[]> {
  const { rows } = await client.query<Cells>({ text, values, rowMode: 'array', types: asText })
  return rows
}

function listColumns ({ columns }: ArchivedTable): string {
  return columns.map(escapeIdentifier).join(', ')
}

/** How many rows the next statement may read. */
class PartSize {
  rows = firstRows

  learn (rows: number, bytes: number): void {
    this.rows = Math.min(mostRows, Math.max(1, Math.floor(partBytes * rows / bytes)), this.rows * 10)
  }
}

async function makePart ({ name, columns }: ArchivedTable, from: string | null, rows: Cells[], size: PartSize): Promise<Part> {
  const csv = Buffer.from([columns, ...rows].map((row) => `${csvLine(row)}\n`).join(''))
  size.learn(rows.length, csv.length)
  return { table: name, from, rows: rows.length, data: await compress(csv, gzipOptions) }
}

/** All rows of an ordinary table, in a transaction of the caller's. */
export async function * readInTransaction (client: ClientBase, table: ArchivedTable): AsyncGenerator<Part> {
  const size = new PartSize()
  await client.query(`declare archived no scroll cursor for select ${listColumns(table)} from ${table.relation}`)
  for (;;) {
    const rows = await select(client, `fetch ${size.rows} from archived`)
    if (rows.length === 0) break
    yield await makePart(table, null, rows, size)
  }
  await client.query('close archived')
}

/** The rows of a table up to an id, a statement for each part. */
export async function * readById (client: ClientBase, table: ArchivedTable, lastId: number): AsyncGenerator<Part> {
  const size = new PartSize()
  const idAt = table.columns.indexOf('id')
  const text = `select ${listColumns(table)} from ${table.relation} where id > $1 and id <= $2 order by id limit $3`
  for (let after = '0'; ;) {
    const rows = await select(client, text, [after, lastId, size.rows])
    const last = rows.at(-1)
    if (last === undefined) break
    after = last[idAt] ?? after
    yield await makePart(table, null, rows, size)
  }
}

const selectChunks = `
  select range_start::text, range_end::text from timescaledb_information.chunks
  where format('%I.%I', hypertable_schema, hypertable_name)::regclass = $1::regclass order by range_start`

interface Chunk { fromMs: number, toMs: number }

async function findChunks (client: ClientBase, { relation }: ArchivedTable): Promise<Chunk[]> {
  const rows = await select(client, selectChunks, [relation])
  return rows.map(([from, to]) => ({ fromMs: Date.parse(from ?? ''), toMs: Date.parse(to ?? '') }))
}

/**
 * The rows of a hypertable, or those received since a time, a statement for each part. Each takes a stretch of time whose width follows
 * how densely rows lie, so that none is too large; where all of them have one millisecond, one statement reads them all.
 * `onChunk` is told what share of the chunks is read.
 */
export async function * readByTime (client: ClientBase, table: ArchivedTable, { since, onChunk }: { since?: string, onChunk: (share: number) => void }): AsyncGenerator<Part> {
  const size = new PartSize()
  const received = since === undefined ? '' : 'and received_at >= $4'
  const text = `select ${listColumns(table)} from ${table.relation} where ${table.time} >= $1 and ${table.time} < $2 ${received} limit $3`
  const chunks = await findChunks(client, table)
  let widthMs = Infinity
  for (const [i, { fromMs, toMs }] of chunks.entries()) {
    for (let atMs = fromMs; atMs < toMs;) {
      const untilMs = Math.min(atMs + widthMs, toMs)
      const isShortest = untilMs - atMs <= shortestMs
      const from = new Date(atMs).toISOString()
      const rows = await select(client, text, [from, new Date(untilMs).toISOString(), isShortest ? null : size.rows + 1, ...since === undefined ? [] : [since]])
      if (rows.length > size.rows && !isShortest) {
        widthMs = Math.max(shortestMs, Math.floor((untilMs - atMs) / 4))
        continue
      }
      if (rows.length < size.rows / 4) widthMs = Math.max(widthMs, untilMs - atMs) * 2
      if (rows.length > 0) yield await makePart(table, from, rows, size)
      atMs = untilMs
      onChunk((i + (atMs - fromMs) / (toMs - fromMs)) / chunks.length)
    }
  }
}
