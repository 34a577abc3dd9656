/* eslint-disable sql/constants -- made of the closed list of tables once, at the start */
import type { ClientBase } from 'pg'
import { tables, type ColumnWord, type Json, type Row, type TableName } from '../messages/tables.js'

type Word = Exclude<ColumnWord, `${string}?`>
type Cell = Json | undefined

/** PostgreSQL array type of a column word, and how one value is written in an array literal. Times travel as microseconds. */
const wire: Record<Word, { array: string, write: (value: NonNullable<Cell>) => string }> = {
  time: { array: 'int8[]', write: String },
  name: { array: 'text[]', write: quote },
  host: { array: 'text[]', write: quote },
  text: { array: 'text[]', write: quote },
  route: { array: 'jsonb[]', write: quoteRoute },
  json: { array: 'jsonb[]', write: (value) => quote(JSON.stringify(value)) },
  float: { array: 'float8[]', write: String },
  int: { array: 'int4[]', write: String },
  bool: { array: 'bool[]', write: String },
}

interface Statement {
  sql: string
  columns: { name: string, write: (value: NonNullable<Cell>) => string }[]
  key: readonly string[]
}

/** How many rows were new, and their keys where some were not. */
interface Inserted { stored: number, keys: Cell[][] | null }

/** Tables in the order in which they are written. */
const tableNames = Object.keys(tables) as TableName[]

const statements = new Map(tableNames.map((table): [TableName, Statement] => {
  const words = Object.entries(tables[table].columns).map(([name, word]) => ({ name, word: word.replace('?', '') as Word }))
  const names = words.map(({ name }) => name).join(', ')
  const arrays = words.map(({ word }, i) => `$${i + 1}::${wire[word].array}`).join(', ')
  const values = words.map(({ name, word }) => word === 'time' ? `timestamptz 'epoch' + ${name} * interval '1 microsecond'` : name).join(', ')
  const key = tables[table].key.map((name) => name === 'time' ? '(extract(epoch from time) * 1000000)::int8' : name).join(', ')
  return [table, {
    sql: `
with stored as (
  insert into ${table} (${names}) select ${values} from unnest(${arrays}) as u(${names})
  on conflict do nothing returning ${tables[table].key.join(', ')})
select n as stored, case when n < cardinality($1::${wire[words[0]!.word].array}) then (select json_agg(json_build_array(${key})) from stored) end as keys
from (select count(*)::int as n from stored) as counted`,
    columns: words.map(({ name, word }) => ({ name, write: wire[word].write })),
    key: tables[table].key,
  }]
}))

/**
 * Inserts rows, one statement per table, leaving out what is stored already. Adds to `stored` the rows that were new;
 * of several with one key in `rows`, the first.
 */
export async function insertRows (client: ClientBase, rows: Row[], stored: Set<Row>): Promise<void> {
  await Promise.all(tableNames.map(async (table) => {
    const own = rows.filter((row) => row.table === table)
    if (own.length === 0) return
    for (const row of await insertInto(client, table, own)) stored.add(row)
  }))
}

async function insertInto (client: ClientBase, table: TableName, rows: Row[]): Promise<Row[]> {
  const { sql, columns, key } = statements.get(table)!
  const values = columns.map(({ name, write }) => arrayLiteral(rows, name, write))
  const { rows: [inserted] } = await client.query<Inserted>({ name: `insert ${table}`, text: sql, values })
  if (inserted!.stored === rows.length) return rows

  const first = new Map<string, Row>()
  for (const row of rows) {
    const id = idOf(key.map((name) => cellsOf(row)[name]))
    if (!first.has(id)) first.set(id, row)
  }
  return (inserted!.keys ?? []).flatMap((cells) => first.get(idOf(cells)) ?? [])
}

function cellsOf (row: Row): Readonly<Record<string, Cell>> {
  return row.values
}

function idOf (key: Cell[]): string {
  return key.join('\u0000')
}

/** Of a column that holds nothing in any row, no element: unnest fills up with nulls what is shorter than the others. */
function arrayLiteral (rows: Row[], column: string, write: (value: NonNullable<Cell>) => string): string {
  let isEmpty = true
  const elements = rows.map((row) => {
    const value = cellsOf(row)[column] ?? null
    if (value === null) return 'null'
    isEmpty = false
    return write(value)
  })
  return isEmpty ? '{}' : `{${elements.join()}}`
}

const special = /["\\]/

function quote (value: Cell): string {
  const text = value as string
  return special.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`
}

/** A list of names as JSON. Escaping the quotes around each name is a tenth of all memory that a message takes on its way. */
function quoteRoute (value: Cell): string {
  const names = value as string[]
  return names.length === 0 || names.some((name) => special.test(name)) ? quote(JSON.stringify(names)) : `"[\\"${names.join('\\",\\"')}\\"]"`
}
