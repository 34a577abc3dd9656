/* eslint-disable sql/constants -- columns that the database's own catalogue has, escaped */
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { escapeIdentifier, type ClientBase } from 'pg'
import { parseCsv } from './csv.js'
import type { Part } from './format.js'
import type { ArchivedTable } from './tables.js'

const decompress = promisify(gunzip)
/** Parts are written eight times smaller at least. */
const largestCsvBytes = 256 << 20

/**
 * Stores the rows of a part. Values go as text and become their column's type in the database: so nothing changes on the way, and
 * it works on the embedded database, which takes no COPY. Throws where the part does not hold the rows it should.
 */
export async function writePart (client: ClientBase, table: ArchivedTable, { data, rows }: Part): Promise<void> {
  const [head, ...lines] = parseCsv((await decompress(data, { maxOutputLength: largestCsvBytes })).toString())
  if (head === undefined || lines.length !== rows) throw new Error(`a part of ${table.name} should have ${rows} rows and has ${lines.length}`)
  const columns = head.map((name) => escapeIdentifier(name ?? ''))
  const values = head.map((name, i) => {
    const type = table.types[table.columns.indexOf(name ?? '')]
    if (type === undefined) throw new Error(`${table.name} has no column ${name}`)
    return `given.${columns[i]}::${type}`
  })
  await client.query(`
    insert into ${table.relation} (${columns.join(', ')}) overriding system value
    select ${values.join(', ')} from unnest(${columns.map((_, i) => `$${i + 1}::text[]`).join(', ')}) as given (${columns.join(', ')})`,
  columns.map((_, i) => lines.map((line) => line[i] ?? null)))
}
