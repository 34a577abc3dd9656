import { text as readText } from 'node:stream/consumers'
import { Command } from 'commander'
import type { QueryArrayResult } from 'pg'
import { loadConfig } from '../config.js'
import { connectForCommand } from './connect.js'
import { printTable, showCell } from './print-table.js'

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
      const connection = await connectForCommand(loadConfig().config)
      try {
        const results = await connection.client.query({ text: sql, rowMode: 'array' }) as unknown as QueryArrayResult | QueryArrayResult[]
        for (const result of [results].flat()) process.stdout.write(`${show(result, options)}\n`)
      } finally {
        await connection.close()
      }
    })
}

function show ({ fields, rows, command, rowCount }: QueryArrayResult, { json, csv }: SqlOptions): string {
  const columns = fields.map(({ name }) => name)
  if (json) return rows.map((row) => JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, row[i]])))).join('\n')
  if (csv) return [columns, ...rows].map((row) => row.map((cell) => csvCell(showCell(cell))).join(',')).join('\n')
  return columns.length > 0 ? printTable(columns, rows) : `${command} ${rowCount ?? ''}`.trim()
}

function csvCell (text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
