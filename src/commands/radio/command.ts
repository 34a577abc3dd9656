import { Command } from 'commander'
import type { Logger } from 'pino'
import { systemClock } from '../../clock.js'
import { loadConfig, type RadioConfig } from '../../config.js'
import { checkCollector } from '../../doctor/collector.js'
import { examineRadio } from '../../doctor/radio.js'
import { checkStateFolder } from '../../doctor/state-folder.js'
import { checkNames } from '../../doctor/unknown-settings.js'
import { createLog } from '../../log.js'
import { openRadioParts, runRadioWorker, stateDirOf, stateFileOf, type RadioParts } from '../../radio-worker.js'
import { readPollSettings } from '../../radio/poll-settings.js'
import { RadioError } from '../../radio/companion.js'
import { openCompanion } from '../../radio/session.js'
import type { PollSettings } from '../../radio/settings.js'
import { requestBreakerReset } from '../../radio/state.js'
import { openTransport } from '../../radio/transports/index.js'
import { TransportError } from '../../radio/transports/transport.js'
import { version } from '../../version.js'
import { findingPrinter } from '../print-findings.js'
import { closeInTime, interruption, untilSignal } from '../signals.js'
import { printContacts, showContact } from './contacts.js'
import { isWell, problemsOf, showRounds } from './once.js'

const drainMs = 5000

/** `meshmon radio` and what belongs to it. */
export function radioCommand (): Command {
  return new Command('radio')
    .description('Poll a MeshCore companion and its repeaters, and send what they say to the collector.')
    .addHelpText('after', '\nSettings come from the environment and from meshmon.conf or meshcore.conf; "meshmon config" prints them. docs/radio.md tells more.')
    .action(runWorker)
    .addCommand(new Command('once')
      .description('One round now: print it, send it to the collector. Exit code 1 where a radio failed or a reading could not be kept; 0 where its breaker is open.')
      .option('--companion', 'only the companion')
      .option('--repeaters', 'only the repeaters')
      .option('--json', 'as JSON')
      .option('--quiet', 'print problems only, for cron')
      .action(runOnce))
    .addCommand(new Command('contacts')
      .description('Whom the companion knows: names, keys, paths, last adverts.')
      .option('--json', 'as JSON')
      .action(listContacts))
    .addCommand(new Command('doctor')
      .description('Look at everything between here and a reading in the database, and say what to do. Exit code 1 where there is a problem.')
      .option('--json', 'as JSON, a line each')
      .action(runDoctor))
    .addCommand(new Command('reset-breaker')
      .description('Ask a repeater again that is left alone after failures.')
      .argument('<name>', 'of the repeater, as in the settings')
      .action(resetBreaker))
}

interface Loaded { config: RadioConfig, settings: PollSettings, file: string | null, unknown: string[] }

function load (): Loaded {
  const { config, file, unknown } = loadConfig(undefined, 'radio')
  return { config, settings: readPollSettings(config), file, unknown }
}

async function runWorker (): Promise<void> {
  const { config, settings, file, unknown } = load()
  const log = createLog(config.MESH_DEBUG ? 'debug' : config.LOG_LEVEL)
  log.info({ version, file }, 'meshmon radio starts')
  for (const name of unknown) log.warn(`${file}: nothing reads ${name}; is it misspelt?`)
  if (settings.repeaters.length === 0) log.warn('no repeater is named in REPEATER_NAME or REPEATERS: only the companion is polled')
  const stop = new AbortController()
  const working = runRadioWorker({ config, settings, log, signal: stop.signal })
  await Promise.race([untilSignal(log), working])
  stop.abort(new Error('the radio worker stops'))
  await closeInTime(working, log)
  log.info('stopped')
}

/** Runs with the radio until it is done or Ctrl-C, and always releases it. */
async function withRadio<T> (level: 'info' | 'warn', work: (parts: RadioParts, signal: AbortSignal) => Promise<T>): Promise<T> {
  const { config, settings } = load()
  const log = logBeside(config, level)
  const signal = interruption()
  const parts = await openRadioParts({ config, settings, log, isCommand: true })
  try {
    return await work(parts, signal)
  } catch (error) {
    const remedy = parts.connection.state().lastError?.remedy
    if (remedy === undefined || !(error instanceof TransportError || error instanceof RadioError)) throw error
    throw new Error(`${error.message}. ${remedy}`, { cause: error })
  } finally {
    await closeInTime(parts.close(), log)
  }
}

interface OnceOptions { companion?: true, repeaters?: true, json?: true, quiet?: true }

async function runOnce ({ companion, repeaters, json, quiet }: OnceOptions): Promise<void> {
  await withRadio(quiet || json ? 'warn' : 'info', async ({ connection, poller, delivery }, signal) => {
    const all = companion === repeaters
    const rounds = await poller.once(signal, { companion: all || companion === true, repeaters: all || repeaters === true })
    const remedy = connection.state().lastError?.remedy
    await connection.close()
    const hasArrived = signal.aborted || await delivery.drain(drainMs)
    const { waiting, trouble } = delivery.status()
    const { unreported } = poller.figures()
    process.stdout.write(showRounds(rounds, { json: json === true, quiet: quiet === true, waiting }))
    for (const text of [
      ...problemsOf(rounds, remedy),
      ...(hasArrived || quiet || json ? [] : [`the collector takes nothing at present (${trouble?.reason ?? 'it is slow'}); what was read waits on the disk`]),
      ...(unreported > 0 ? [`${unreported} messages could not be kept and are lost: make room on the disk, or let DATA_DIR name a folder with room`] : []),
    ]) process.stderr.write(`meshmon: ${text}\n`)
    if (unreported > 0 || !rounds.every(isWell)) process.exitCode = 1
    signal.throwIfAborted()
  })
}

async function listContacts ({ json }: { json?: true }): Promise<void> {
  const contacts = await withRadio('warn', async ({ connection }, signal) =>
    await connection.use(async (companion) => (await companion.contacts()).contacts.map(showContact), signal))
  process.stdout.write(json ? `${JSON.stringify(contacts, null, 2)}\n` : `${printContacts(contacts)}\n`)
}

async function runDoctor ({ json }: { json?: true }): Promise<void> {
  const { config, settings, unknown, file } = load()
  const show = findingPrinter(json)
  for (const finding of checkNames(file, unknown)) show(finding)
  const signal = interruption()
  const log = logBeside(config, 'error')
  const transport = openTransport(config, { stateDir: stateDirOf(config), log })
  const open = () => openCompanion({ transport, clock: systemClock, log, signal })
  show(checkStateFolder(stateDirOf(config)))
  for await (const finding of examineRadio({ open, settings, clock: systemClock, signal })) show(finding)
  show(await checkCollector(config.COLLECTOR_URL, config.INGEST_TOKEN, signal))
}

function resetBreaker (name: string): void {
  const { config, settings } = load()
  const known = settings.repeaters.flatMap((repeater) => [repeater.name, repeater.keyPrefix, repeater.displayName].filter((one) => one !== undefined))
  if (!known.some((one) => one.toLowerCase() === name.toLowerCase())) {
    throw new Error(`no repeater ${name} is polled: the settings name ${known.length === 0 ? 'none' : known.join(', ')}`)
  }
  requestBreakerReset(stateFileOf(config), name)
  process.stdout.write(`${name} is asked again: at once by a worker that runs, else by the next one.\n`)
}

/** On standard error: standard output belongs to the answer. */
function logBeside (config: RadioConfig, level: 'info' | 'warn' | 'error'): Logger {
  return createLog(config.MESH_DEBUG ? 'debug' : level, process.stderr)
}
