import { Command } from 'commander'
import type { Logger } from 'pino'
import { isWorker, onPrimarySaysReload, reloadWorkers, runWorkers, sumMetrics, untilPrimarySaysStop } from '../cluster.js'
import { loadConfig, type Config } from '../config.js'
import { createLog } from '../log.js'
import { loadOutline } from '../map-file.js'
import type { Site } from '../places/sites.js'
import { loadRuleSettings } from '../rules/settings/load.js'
import { RuleSettingsError, type RuleSettings } from '../rules/settings/settings.js'
import { startCollector } from '../server.js'
import type { Outline } from '../topology/outline.js'
import { version } from '../version.js'
import { closeInTime, untilSignal } from './signals.js'

export function serveCommand (): Command {
  return new Command('serve')
    .description('Run the collector. Without DATABASE_URL it brings its own database, kept in DATA_DIR.')
    .addHelpText('after', '\nSettings come from the environment and from meshmon.conf; "meshmon config" prints them.')
    .action(async () => {
      const { config, file, unknown } = loadConfig()
      const rules = await loadRuleSettings(config.RULES_FILE)
      const outline = loadOutline(config.MAP_GEOJSON)
      // What reads YAML is loaded where there is such a file.
      const sites = config.SITES === undefined ? [] : (await import('../places/sites.js')).loadSites(config.SITES)
      const log = createLog(config.LOG_LEVEL)
      log.info({ version, file }, 'meshmon starts')
      for (const name of unknown) log.warn(`${file}: nothing reads ${name}; is it misspelt?`)

      if (config.DATABASE_URL_READ !== undefined && config.DATABASE_URL === undefined) log.warn('the embedded database has no replica: DATABASE_URL_READ is not used')
      if (config.WORKERS > 1 && config.DATABASE_URL === undefined) log.warn('the embedded database serves one collector: WORKERS is taken as 1')
      else if (config.WORKERS > 1 && !isWorker) {
        if (config.RULES_FILE !== undefined) process.on('SIGHUP', reloadWorkers)
        process.exitCode = await runWorkers(config.WORKERS, untilSignal(log), log)
        return
      }
      // A worker lives as long as its channel to the primary.
      await serve(config, { rules, outline, sites }, log).finally(() => { if (isWorker) process.disconnect() })
    })
}

async function serve (config: Config, files: { rules: RuleSettings, outline: Outline, sites: Site[] }, log: Logger): Promise<void> {
  // First of all: Ctrl-C may come while the start is under way.
  const stopped = isWorker ? untilPrimarySaysStop() : untilSignal(log)
  const starting = startCollector(config, log, { ...files, ...(isWorker && { shareMetrics: sumMetrics }) })
  // Without a file there is nothing to read again, and SIGHUP ends the process as it does any other.
  if (config.RULES_FILE !== undefined) {
    const reload = (): void => { readRulesAgain(config.RULES_FILE, log, (read) => { starting.then((collector) => collector.useRules(read), () => {}) }) }
    if (isWorker) onPrimarySaysReload(reload)
    else process.on('SIGHUP', reload)
  }
  const collector = await starting
  log.info(`listening on ${collector.url}`)
  const ready = collector.ready.then(() => log.info(`ready for measurements; open ${collector.url} to see the mesh, or try: curl -s ${collector.url}/healthz`))
  await Promise.race([stopped, ready.then(() => stopped)])
    .finally(() => closeInTime(collector.close(), log))
  log.info('stopped')
}

async function readRulesAgain (file: string | undefined, log: Logger, use: (rules: RuleSettings) => void): Promise<void> {
  try {
    use(await loadRuleSettings(file))
    log.info(`SIGHUP: rules are those of ${file} from the next evaluation on`)
  } catch (error) {
    if (!(error instanceof RuleSettingsError)) throw error
    log.error({ problems: error.problems }, `SIGHUP: ${error.message}\nThe rules stay as they were.`)
  }
}
