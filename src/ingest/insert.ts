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
  route: { array: 'jsonb[]', write: (value) => quote(JSON.stringify(value)) },
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

const statements = new Map<string, Statement>(Object.entries(tables).map(([table, { key, columns }]) => {
  const words = Object.entries(columns).map(([name, word]) => ({ name, word: word.replace('?', '') as Word }))
  const selected = words.map(({ name, word }) => word === 'time' ? `timestamptz 'epoch' + ${name} * interval '1 microsecond'` : name)
  const names = words.map(({ name }) => name).join(', ')
  const returned = key.map((name) => name === 'time' ? '(extract(epoch from time) * 1000000)::int8::text as time' : `${name}::text`)
  return [table, {
    sql: `insert into ${table} (${names}) select ${selected.join(', ')} from unnest(${words.map(({ word }, i) => `$${i + 1}::${wire[word].array}`).join(', ')}) as u(${names}) on conflict do nothing returning ${returned.join(', ')}`,
    columns: words.map(({ name, word }) => ({ name, write: wire[word].write })),
    key,
  }]
}))

/** Tables in the order in which they are written: rows that others come `after` first. */
export const tableNames = Object.keys(tables) as TableName[]

/**
 * Inserts rows of one table in one statement, leaving out what is stored already. Returns the rows that were new;
 * of several with one key in `rows`, the first.
 */
export async function insertRows (client: ClientBase, table: TableName, rows: Row[]): Promise<Set<Row>> {
  const { sql, columns, key } = statements.get(table)!
  const literals = columns.map(({ name, write }) => arrayLiteral(rows, name, write))
  const { rows: stored } = await client.query<Record<string, string>>(sql, literals)
  if (stored.length === rows.length) return new Set(rows)

  const first = new Map<string, Row>()
  for (const row of rows) {
    const id = keyOf(cellsOf(row), key)
    if (!first.has(id)) first.set(id, row)
  }
  return new Set(stored.map((keys) => first.get(keyOf(keys, key))).filter((row) => row !== undefined))
}

function cellsOf (row: Row): Readonly<Record<string, Cell>> {
  return row.values
}

function keyOf (cells: Readonly<Record<string, Cell>>, key: readonly string[]): string {
  return key.map((name) => cells[name]).join('\u0000')
}

function arrayLiteral (rows: Row[], column: string, write: (value: NonNullable<Cell>) => string): string {
  let literal = '{'
  for (const row of rows) {
    const value = cellsOf(row)[column]
    if (literal.length > 1) literal += ','
    literal += value === null || value === undefined ? 'null' : write(value)
  }
  return literal + '}'
}

function quote (value: Cell): string {
  const text = value as string
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`
}
