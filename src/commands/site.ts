import { setTimeout as delay } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import { loadConfig, type Config } from '../config.js'
import { reportSettings, zoneOf } from '../http/reports/sources.js'
import { keptBy } from '../http/series/sources.js'
import { createLog } from '../log.js'
import { loadOutline } from '../map-file.js'
import { loadSites } from '../places/sites.js'
import { Progress } from '../progress.js'
import { loadRuleSettings } from '../rules/settings/load.js'
import { parseDuration } from '../simulate/faults.js'
import type { SiteSources } from '../site/making.js'
import { listSite } from '../site/site.js'
import { writeSite, type SiteResult } from '../site/write-site.js'
import { openForCommand } from './connect.js'
import { interruption, Interrupted } from './signals.js'

interface Options { every?: number, force?: true, json?: true }

export function siteCommand (): Command {
  return new Command('site')
    .description('Write the dashboard as files with relative links: radios with their charts, reports, a snapshot of issues and map. For any web server, at any path.')
    .argument('[folder]', 'where to; OUT_DIR unless given')
    .option('--every <span>', 'go on, and write anew in this rhythm: 5m', parseEvery)
    .option('--force', 'overwrite files of the folder that are not ours')
    .option('--json', 'what was done, as one line of JSON each time')
    .addHelpText('after', '\nThe folder changes once all is made: Ctrl-C before leaves the last whole site. Only files that change are written, each in one step. Files that are not ours stay.\n\nExample: a folder that a web server serves, kept up to date\n  meshmon site /var/www/mesh --every 5m')
    .action(async (folder: string | undefined, options: Options, command: Command) => {
      const { config } = loadConfig()
      const out = folder ?? config.OUT_DIR
      if (out === undefined) command.error('error: name a folder, or set OUT_DIR')
      await run(out, options, config)
    })
}

async function run (folder: string, { every, force, json }: Options, config: Config): Promise<void> {
  const signal = interruption()
  const database = await openForCommand(config, createLog('warn'))
  try {
    for (;;) {
      const startMs = Date.now()
      const result = await writeOnce(folder, await describeSources(config, database.pool), { signal, force: force === true, isQuiet: json === true })
      process.stdout.write(json ? `${JSON.stringify({ ...result, seconds: (Date.now() - startMs) / 1000 })}\n` : `${describe(result, (Date.now() - startMs) / 1000, folder)}\n`)
      if (every === undefined) return
      await delay(Math.max(0, startMs + every - Date.now()), undefined, { signal }).catch(() => { throw new Interrupted('interrupted') })
    }
  } finally {
    await database.close()
  }
}

async function writeOnce (folder: string, sources: SiteSources, { signal, force, isQuiet }: { signal: AbortSignal, force: boolean, isQuiet: boolean }): Promise<SiteResult> {
  const files = await listSite(sources)
  const progress = new Progress(isQuiet ? null : process.stderr, { from: 0, to: files.length, unit: 'files', callsPerLook: 1 })
  try {
    return await writeSite(folder, files, { now: sources.now, signal, force, onProgress: (done) => progress.show(done, done) })
  } finally {
    progress.end()
  }
}

async function describeSources (config: Config, db: SiteSources['db']): Promise<SiteSources> {
  const charts = { db, now: Date.now, ...keptBy(config) }
  return {
    db, now: Date.now, charts, unknownAfterS: (await loadRuleSettings(config.RULES_FILE)).engine.health_unknown_after_s,
    timeZone: zoneOf(config), units: config.DISPLAY_UNIT_SYSTEM, outline: loadOutline(config.MAP_GEOJSON), sites: loadSites(config.SITES),
    reports: { db, now: Date.now, settings: reportSettings(config, charts.kept.hourlyS) },
  }
}

function describe ({ written, same, removed }: SiteResult, seconds: number, folder: string): string {
  return `${folder}: ${written} ${written === 1 ? 'file' : 'files'} written, ${same} as they were, ${removed} removed, in ${seconds.toFixed(1)} s`
}

function parseEvery (text: string): number {
  try {
    const ms = parseDuration(text)
    if (ms >= 10_000) return ms
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError('not a span of at least 10 s such as 5m.')
}
