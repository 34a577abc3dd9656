import { Command } from 'commander'
import { loadDatabase } from '../archive/load.js'
import { readDatabase } from '../archive/read-database.js'
import { loadConfig, type Config } from '../config.js'
import { withLongConnection } from '../database/long-connection.js'
import { createLog } from '../log.js'
import { Progress } from '../progress.js'
import { openForCommand } from './connect.js'
import { stopAtSignal } from './signals.js'

interface Options { from?: string, to: string, json?: true }

const statementLimitMs = 30 * 60_000

export function copyCommand (): Command {
  return new Command('copy')
    .description('Copy the database into an empty one on a server, of whatever edition. Stop the collector first: what it stores meanwhile may be missing.')
    .requiredOption('--to <url>', 'an empty database on a TimescaleDB server: postgres://USER:PASSWORD@HOST/DATABASE')
    .option('--from <url>', 'the database to copy (default: DATABASE_URL, else the embedded one in DATA_DIR)')
    .option('--json', 'the result as JSON, no progress')
    .addHelpText('after', '\nExample: from the embedded database to a server, then use that\n  meshmon copy --to postgres://mesh@db.local/meshmon\n  DATABASE_URL=postgres://mesh@db.local/meshmon meshmon serve')
    .action(async (options: Options) => {
      const { config } = loadConfig()
      const tables = await copy({ ...config, ...options.from !== undefined && { DATABASE_URL: options.from } }, options)
      const rows = Object.values(tables).reduce((sum, count) => sum + count, 0)
      process.stdout.write(options.json ? `${JSON.stringify({ tables })}\n` : `Copied ${rows} rows of ${Object.keys(tables).length} tables. Set DATABASE_URL to the new database now.\n`)
    })
}

async function copy (config: Config, { to, json }: Options): Promise<Record<string, number>> {
  const log = createLog('warn')
  const progress = new Progress(json ? null : process.stderr, { from: 0, to: 1, unit: 'rows', callsPerLook: 1 })
  const signal = stopAtSignal('stopped; the new database is empty again')
  const target = await openForCommand({ ...config, DATABASE_URL: to }, log)
  try {
    const database = await openForCommand(config, log)
    try {
      return await withLongConnection(database.pool, statementLimitMs, async (client) => {
        const source = await readDatabase(client, { isEmbedded: database.isEmbedded, onProgress: (share, rows) => progress.show(share, rows) })
        return await loadDatabase(source, { pool: target.pool, isEmbedded: false, settings: config, signal })
      })
    } finally {
      await database.close()
    }
  } finally {
    progress.end()
    await target.close()
  }
}
