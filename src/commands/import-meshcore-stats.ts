import { Command } from 'commander'
import { loadConfig } from '../config.js'
import { migrate } from '../database/migrate.js'
import { importStats, type ImportResult } from '../import/import-stats.js'
import { roles, StatsFile, type Role, type StatsSummary } from '../import/stats-file.js'
import { createLog } from '../log.js'
import { Progress } from '../progress.js'
import { openForCommand } from './connect.js'

interface Options { companion?: string, repeater?: string, dryRun?: true, json?: true }

export function importMeshcoreStatsCommand (): Command {
  return new Command('import-meshcore-stats')
    .description('Take over the history of meshcore-stats. May be interrupted and run again: nothing is stored twice.')
    .argument('<file>', 'its metrics.db (STATE_DIR, data/state)')
    .option('--companion <name>', 'name of the radio whose rows have the role companion')
    .option('--repeater <name>', 'name of the radio whose rows have the role repeater')
    .option('--dry-run', 'only say what the file holds')
    .option('--json', 'the result as JSON, no progress')
    .addHelpText('after', '\nUse the names under which the radio worker reports these radios.\nExample:\n  meshmon import-meshcore-stats data/state/metrics.db --companion Base --repeater Hilltop')
    .action(async (path: string, options: Options, command: Command) => {
      const file = await StatsFile.open(path)
      try {
        const summary = file.summary()
        const missing = roles.filter((role) => summary.byRole.has(role) && options[role] === undefined)
        if (missing.length > 0 && !options.dryRun) command.error(`error: ${path} has rows of a ${missing.join(' and a ')}: name it with ${missing.map((role) => `--${role} NAME`).join(' ')}`)
        const result = options.dryRun || summary.rows === 0 ? null : await run(file, summary, options)
        process.stdout.write(options.json ? `${JSON.stringify({ file: describeFile(summary), imported: result })}\n` : `${describe(path, summary, result)}\n`)
      } finally {
        file.close()
      }
    })
}

async function run (file: StatsFile, summary: StatsSummary, { companion, repeater, json }: Options): Promise<ImportResult> {
  const { config } = loadConfig()
  const stop = new AbortController()
  const onSignal = (): void => stop.abort(new Error('stopped; the same command goes on where this one ended'))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const database = await openForCommand(config, createLog('warn'))
  const progress = new Progress(json ? null : process.stderr, { from: summary.fromS, to: summary.toS, unit: 'rows' })
  try {
    await migrate(database.pool, { direction: 'up', log: () => {} })
    const nodes: Partial<Record<Role, string>> = { ...(companion !== undefined && { companion }), ...(repeater !== undefined && { repeater }) }
    return await importStats({ pool: database.pool, file, summary, nodes, signal: stop.signal, now: Date.now, onProgress: (atS, rows) => progress.show(atS, rows) })
  } finally {
    progress.end()
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await database.close()
  }
}

function describeFile ({ rows, fromS, toS, byRole }: StatsSummary) {
  return { rows, ...(rows > 0 && { from: isoOf(fromS), to: isoOf(toS) }), by_role: Object.fromEntries(byRole) }
}

function describe (path: string, { rows, fromS, toS, byRole }: StatsSummary, result: ImportResult | null): string {
  if (rows === 0) return `${path} holds no rows.`
  const counts = [...byRole].map(([role, count]) => `${count} of the ${role}`).join(', ')
  const held = `${path} holds ${rows} rows from ${isoOf(fromS)} to ${isoOf(toS)}: ${counts}.`
  if (result === null) return held
  const { readings, resumedAtS, leftOut, tooOld } = result
  return [
    held,
    ...resumedAtS === null ? [] : [`Went on at ${isoOf(resumedAtS)}: what is before is in the database.`],
    `${result.rows} rows read: ${readings.stored} readings stored, ${readings.known} known already.`,
    ...leftOut === 0 ? [] : [`${leftOut} rows left out: no value, or a time or name that cannot be true.`],
    ...tooOld === 0 ? [] : [`${tooOld} rows left out: of their days the database keeps only the aggregates (RETENTION_RADIO), which they would spoil.`],
  ].join('\n')
}

function isoOf (seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
