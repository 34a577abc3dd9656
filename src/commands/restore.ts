import { stat } from 'node:fs/promises'
import { Command } from 'commander'
import type { Manifest } from '../archive/format.js'
import { loadDatabase } from '../archive/load.js'
import { ArchiveError, readManifest, readParts, verifyArchive } from '../archive/pack.js'
import { restoreServer } from '../archive/server.js'
import { checkReadable } from '../archive/target.js'
import { loadConfig } from '../config.js'
import { findServer } from '../database/embedded/folder.js'
import { createLog } from '../log.js'
import { Progress } from '../progress.js'
import { openForCommand } from './connect.js'
import { stopAtSignal } from './signals.js'

export function restoreCommand (): Command {
  return new Command('restore')
    .description('Restore a backup into an empty database: that of DATABASE_URL, else the embedded one in DATA_DIR. Stop the collector first.')
    .argument('<file>', 'what "meshmon backup" wrote, on this or another machine, edition or version')
    .option('--json', 'the result as JSON, no progress')
    .addHelpText('after', '\nExample: into a new folder, leaving the old one alone\n  DATA_DIR=data-restored meshmon restore backups/meshmon_2026-11-23_040000.tar')
    .action(async (file: string, { json }: { json?: true }) => {
      const manifest = await check(file, json !== true)
      const tables = await load(file, manifest, json !== true)
      const rows = Object.values(tables).reduce((sum, count) => sum + count, 0)
      const what = manifest.kind === 'pg_dump' ? 'a dump of a server' : `${rows} rows of ${Object.keys(tables).length} tables`
      process.stdout.write(json
        ? `${JSON.stringify({ file, created: manifest.created, tables })}\n`
        : `Restored ${file} of ${manifest.created}: ${what}.\n`)
    })
}

/** Reads the whole file before anything is written. */
async function check (file: string, showsProgress: boolean): Promise<Manifest> {
  const { size } = await stat(file).catch(() => { throw new Error(`there is no file ${file}`) })
  const progress = new Progress(showsProgress ? process.stderr : null, { from: 0, to: size, unit: 'bytes checked', callsPerLook: 1 })
  try {
    const manifest = await readManifest(file)
    await checkReadable(manifest)
    await verifyArchive(file, (bytes) => progress.show(bytes, bytes))
    return manifest
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error
    throw new Error(`${file} cannot be restored: ${error.message}. Nothing was changed.`, { cause: error })
  } finally {
    progress.end()
  }
}

async function load (file: string, manifest: Manifest, showsProgress: boolean): Promise<Record<string, number>> {
  const { config } = loadConfig()
  if (config.DATABASE_URL === undefined && await findServer(config.DATA_DIR) !== undefined) {
    throw new Error(`a collector or another command uses the database in ${config.DATA_DIR}: stop it first, or name another folder in DATA_DIR`)
  }
  if (manifest.kind === 'pg_dump' && config.DATABASE_URL === undefined) {
    throw new Error(`${file} is a dump of a server and only a server can take it: name one in DATABASE_URL, or make the backup with --portable`)
  }
  const { size } = await stat(file)
  const progress = new Progress(showsProgress ? process.stderr : null, { from: 0, to: size, unit: 'bytes', callsPerLook: 1 })
  const signal = stopAtSignal('stopped; the database is empty again')
  const database = await openForCommand(config, createLog('warn'))
  try {
    const parts = readParts(file, (bytes) => progress.show(bytes, bytes))
    if (manifest.kind === 'pg_dump' && config.DATABASE_URL !== undefined) {
      await restoreServer({ manifest, parts }, { pool: database.pool, url: config.DATABASE_URL, settings: config, signal })
      return {}
    }
    return await loadDatabase({ manifest, parts }, { pool: database.pool, isEmbedded: database.isEmbedded, settings: config, signal })
  } finally {
    progress.end()
    await database.close()
  }
}
