import { Command } from 'commander'
import type { Logger } from 'pino'
import { isWorker, runWorkers, sumMetrics, untilPrimarySaysStop } from '../cluster.js'
import { loadConfig, type Config } from '../config.js'
import { createLog } from '../log.js'
import { startCollector } from '../server.js'
import { version } from '../version.js'

/** A close that takes longer than this is given up: what is not acknowledged is not lost, its sender comes again. */
const closeMs = 20_000

export function serveCommand (): Command {
  return new Command('serve')
    .description('Run the collector. Without DATABASE_URL it brings its own database, kept in DATA_DIR.')
    .addHelpText('after', '\nSettings come from the environment and from meshmon.conf; "meshmon config" prints them.')
    .action(async () => {
      const { config, file, unknown } = loadConfig()
      const log = createLog(config.LOG_LEVEL)
      log.info({ version, file }, 'meshmon starts')
      for (const name of unknown) log.warn(`${file}: nothing reads ${name}; is it misspelt?`)

      if (config.WORKERS > 1 && config.DATABASE_URL === undefined) log.warn('the embedded database serves one collector: WORKERS is taken as 1')
      else if (config.WORKERS > 1 && !isWorker) {
        process.exitCode = await runWorkers(config.WORKERS, untilSignal(log), log)
        return
      }
      // A worker lives as long as its channel to the primary.
      await serve(config, log).finally(() => { if (isWorker) process.disconnect() })
    })
}

async function serve (config: Config, log: Logger): Promise<void> {
  // First of all: Ctrl-C may come while the start is under way.
  const stopped = isWorker ? untilPrimarySaysStop() : untilSignal(log)
  const collector = await startCollector(config, log, isWorker ? { shareMetrics: sumMetrics } : {})
  log.info(`listening on ${collector.url}`)
  const ready = collector.ready.then(() => log.info(`ready for measurements; try: curl -s ${collector.url}/healthz, or open ${collector.url}/docs`))
  await Promise.race([stopped, ready.then(() => stopped)])
    .finally(() => closeInTime(collector.close(), log))
  log.info('stopped')
}

/** Resolves at the first SIGINT or SIGTERM. A second one ends the process at once. */
function untilSignal (log: Logger): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(130)
        asked = true
        log.info(`${signal}: finishing what is under way; once more to stop at once`)
        resolve()
      })
    }
  })
}

async function closeInTime (closing: Promise<void>, log: Logger): Promise<void> {
  const timer = setTimeout(() => {
    log.warn(`not closed within ${closeMs / 1000} s; stopping all the same`)
    process.exit(1)
  }, closeMs)
  await closing
  clearTimeout(timer)
}
