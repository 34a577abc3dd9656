import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { dirname } from 'node:path'
import { stat } from 'node:fs/promises'
import { Command, InvalidArgumentError } from 'commander'
import { chooseFile, removeOldest, writeWhole } from '../archive/file.js'
import type { End } from '../archive/format.js'
import { packArchive, pgDump } from '../archive/pack.js'
import { readDatabase, type Source } from '../archive/read-database.js'
import { dumpServer } from '../archive/server.js'
import { loadConfig } from '../config.js'
import { withLongConnection } from '../database/long-connection.js'
import { createLog } from '../log.js'
import { Progress } from '../progress.js'
import { openForCommand } from './connect.js'
import { parseMoment } from './moment.js'
import { stopAtSignal } from './signals.js'

interface Options { portable?: true, since?: string, keep?: number, json?: true }

const statementLimitMs = 30 * 60_000

export function backupCommand (): Command {
  return new Command('backup')
    .description('Back up the database into one file, while the collector runs or not.')
    .argument('[file]', 'file or folder to write; "-" is standard output (default: backups/meshmon_DATE_TIME.tar)')
    .option('--portable', 'of a server: row by row, to be restored into any edition or version, instead of with pg_dump. Of the embedded database always')
    .option('--since <time>', 'only raw rows received since then, as CSV: RFC 3339, or counted back from now (-24h). It cannot be restored', parseSince)
    .option('--keep <count>', 'then remove the oldest of the folder, all but so many', parseCount)
    .option('--json', 'the result as JSON, no progress')
    .addHelpText('after', '\nExamples:\n  meshmon backup --keep 14\n  meshmon backup - | ssh host "cat > meshmon.tar"\n  tar xOf meshmon.tar --wildcards "nodes/*" | zcat')
    .action(async (given: string | undefined, options: Options, command: Command) => {
      if (given === '-' && (options.keep !== undefined || options.json)) command.error('error: --keep and --json need a file, not standard output')
      const file = given === '-' ? null : await chooseFile(given, Date.now())
      const stop = stopAtSignal('stopped; nothing is left of the backup')
      const end = await write(file, options, stop)
      if (file === null) return
      const removed = options.keep === undefined ? [] : await removeOldest(dirname(file), options.keep)
      const { size } = await stat(file)
      process.stdout.write(options.json ? `${JSON.stringify({ file, bytes: size, tables: rowsOf(end), removed })}\n` : `${describe(file, size, end, removed)}\n`)
    })
}

async function write (file: string | null, { portable, since, json }: Options, signal: AbortSignal): Promise<End> {
  const { config } = loadConfig()
  const url = portable || since !== undefined ? undefined : config.DATABASE_URL
  const database = await openForCommand(config, createLog('warn'))
  const progress = new Progress(json ? null : process.stderr, { from: 0, to: 1, unit: 'rows', callsPerLook: 1 })
  let end: End = { tables: {} }
  try {
    const save = async ({ manifest, parts }: Source): Promise<void> => {
      const bytes = packArchive(manifest, parts, (all) => { end = all })
      if (file === null) await pipeline(Readable.from(bytes), process.stdout, { end: false, signal })
      else await writeWhole(file, bytes, signal)
    }
    if (url !== undefined) await save(await dumpServer(database.pool, url))
    else {
      const options = { isEmbedded: database.isEmbedded, ...since !== undefined && { since }, onProgress: (share: number, rows: number) => progress.show(share, rows) }
      await withLongConnection(database.pool, statementLimitMs, async (client) => await save(await readDatabase(client, options)))
    }
    return end
  } finally {
    progress.end()
    await database.close()
  }
}

function rowsOf ({ tables }: End): Record<string, number> {
  return Object.fromEntries(Object.entries(tables).map(([name, { rows }]) => [name, rows]))
}

function describe (file: string, bytes: number, end: End, removed: string[]): string {
  const rows = Object.values(rowsOf(end)).reduce((sum, count) => sum + count, 0)
  const what = pgDump in end.tables ? 'a dump of the server' : `${rows} rows of ${Object.keys(end.tables).length} tables`
  return [`${file}: ${what}, ${(bytes / 1e6).toFixed(1)} MB`, ...removed.map((path) => `removed ${path}`)].join('\n')
}

function parseSince (text: string): string {
  try {
    return new Date(parseMoment(text, Date.now())).toISOString()
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : String(error))
  }
}

function parseCount (text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('must be a number from 1 on.')
  return count
}
