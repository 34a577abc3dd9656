import t from 'tap'
import { tables, type ColumnWord } from '../../src/messages/tables.js'
import { createTestDatabase } from '../support/database.js'

const types: Record<string, string> = {
  time: 'timestamp with time zone', name: 'text', host: 'text', route: 'jsonb', text: 'text', float: 'double precision', int: 'integer',
  bool: 'boolean', json: 'jsonb',
}

/** Narrower in the database than their word: the guide's own, and those that make most of a compressed row. */
const narrower: Record<string, string> = { 'path_probe.window_s': 'smallint', 'path_probe.rtt_ms': 'real', 'path_probe.jitter_ms': 'real', 'path_probe.loss_pct': 'real' }

function expectColumn (table: string, column: string, word: ColumnWord): string {
  const type = narrower[`${table}.${column}`] ?? types[word.replace('?', '')]
  return `${column} ${type}${word.endsWith('?') ? '' : ' not null'}`
}

const { pool } = await createTestDatabase(t)

for (const [table, { key, columns }] of Object.entries(tables)) {
  t.test(`${table} has the columns and the key of tables.ts`, async (t) => {
    const { rows: found } = await pool.query(`
      select column_name || ' ' || data_type || case is_nullable when 'NO' then ' not null' else '' end as column
      from information_schema.columns where table_name = $1 order by ordinal_position`, [table])
    t.same(found.map((row) => row.column), Object.entries(columns).map(([column, word]) => expectColumn(table, column, word)))

    const { rows: keys } = await pool.query(`
      select array(select attname::text from pg_attribute where attrelid = $1::regclass and attnum = any (indkey) order by attname) as columns
      from pg_index where indrelid = $1::regclass and indisunique`, [table])
    t.same(keys, [{ columns: [...key].sort() }])
  })
}
