/* eslint-disable sql/constants -- this command sends what the operator wrote */
import { text as readText } from 'node:stream/consumers'
import { Command } from 'commander'
import type { QueryArrayResult } from 'pg'
import { loadConfig } from '../config.js'
import { createTypes } from '../database/pool.js'
import { createLog } from '../log.js'
import { openForCommand } from './connect.js'
import { printTable } from './print-table.js'

interface SqlOptions { json?: boolean, csv?: boolean }

export function sqlCommand (): Command {
  return new Command('sql')
    .description('Run SQL on the collector\'s database: the running one, or DATABASE_URL, or the embedded one in DATA_DIR.')
    .argument('[statements...]', 'SQL; several statements are separated by ";". Without, standard input is read.')
    .option('--json', 'one JSON object a row')
    .option('--csv', 'comma-separated, with a head')
    .addHelpText('after', '\nExample:\n  meshmon sql "select src, dst, avg(rtt_ms) from path_probe group by 1, 2"')
    .action(async (statements: string[], options: SqlOptions) => {
      const sql = statements.length > 0 ? statements.join(' ') : await readText(process.stdin)
      if (sql.trim() === '') throw new Error('no SQL given; try: meshmon sql "select count(*) from path_probe"')
      const database = await openForCommand(loadConfig().config, createLog('silent'))
      try {
        // As PostgreSQL writes it, but for JSON: then numbers and objects are themselves.
        const types = options.json ? createTypes() : { getTypeParser: () => String }
        const results = await database.pool.query({ text: sql, rowMode: 'array', types }) as unknown as Result | Result[]
        for (const result of [results].flat()) process.stdout.write(`${show(result, options)}\n`)
      } finally {
        await database.close()
      }
    })
}

type Result = QueryArrayResult<(string | null)[]>

/** int8, int2, int4, oid, float4, float8, numeric. */
const numberTypes = new Set([20, 21, 23, 26, 700, 701, 1700])

function show ({ fields, rows, command, rowCount }: Result, { json, csv }: SqlOptions): string {
  const columns = fields.map(({ name }) => name)
  if (json) return rows.map((row) => JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, row[i]])))).join('\n')
  if (csv) return [columns, ...rows].map((row) => row.map((cell) => csvCell(cell ?? '')).join(',')).join('\n')
  if (columns.length === 0) return `${command} ${rowCount ?? ''}`.trim()
  return printTable(fields.map(({ name, dataTypeID }) => ({ name, isNumber: numberTypes.has(dataTypeID) })), rows)
}

function csvCell (text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
