import { Command } from 'commander'
import { flags } from '../../aredn/walker.js'
import { arednFolderOf, createNodeReader, runArednWorker } from '../../aredn-worker.js'
import { loadConfig } from '../../config.js'
import { examineAredn } from '../../doctor/aredn.js'
import { checkClock } from '../../doctor/clock.js'
import { checkCollector } from '../../doctor/collector.js'
import { checkStateFolder } from '../../doctor/state-folder.js'
import { checkNames } from '../../doctor/unknown-settings.js'
import { createLog } from '../../log.js'
import { createMessageReader } from '../../messages/index.js'
import { version } from '../../version.js'
import { findingPrinter } from '../print-findings.js'
import { closeInTime, interruption, untilSignal } from '../signals.js'
import { printReading, type Reading } from './once.js'

/** `meshmon aredn` and what belongs to it. */
export function arednCommand (): Command {
  return new Command('aredn')
    .description('Read the nodes of an AREDN mesh, none of which needs an agent, and send what they say to the collector.')
    .addHelpText('after', '\nSettings come from the environment and from meshmon.conf; "meshmon config" prints them. docs/aredn.md tells more.')
    .action(runWorker)
    .addCommand(new Command('once')
      .description('Read one node now: print what it says and what the collector would make of it. Nothing is sent. Exit code 1 where it does not answer.')
      .argument('<node>', 'name or address')
      .option('--json', 'as JSON: the answer as it came, and the rows')
      .action(runOnce))
    .addCommand(new Command('doctor')
      .description('Look at everything between here and a reading in the database, and say what to do. Exit code 1 where there is a problem.')
      .option('--json', 'as JSON, a line each')
      .action(runDoctor))
}

async function runWorker (): Promise<void> {
  const { config, file, unknown } = loadConfig(undefined, 'aredn')
  const log = createLog(config.LOG_LEVEL)
  log.info({ version, file, seeds: config.AREDN_SEEDS }, 'meshmon aredn starts')
  for (const name of unknown) log.warn(`${file}: nothing reads ${name}; is it misspelt?`)
  const stop = new AbortController()
  const working = runArednWorker({ config, log, signal: stop.signal })
  await Promise.race([untilSignal(log), working])
  stop.abort(new Error('the AREDN worker stops'))
  await closeInTime(working, log)
  log.info('stopped')
}

async function runDoctor ({ json }: { json?: true }): Promise<void> {
  const { config, file, unknown } = loadConfig(undefined, 'aredn')
  const signal = interruption()
  const show = findingPrinter(json)
  for (const finding of checkNames(file, unknown)) show(finding)
  const { read } = createNodeReader(config)
  show(checkStateFolder(arednFolderOf(config)))
  for await (const finding of examineAredn({ seeds: config.AREDN_SEEDS, ranges: config.AREDN_RANGES, include: config.AREDN_INCLUDE, exclude: config.AREDN_EXCLUDE, read, signal })) show(finding)
  show(await checkCollector(config.COLLECTOR_URL, config.INGEST_TOKEN, signal))
  show(await checkClock(config.COLLECTOR_URL, Date.now, signal))
}

async function runOnce (host: string, { json }: { json?: true }): Promise<void> {
  const { config } = loadConfig(undefined, 'aredn')
  const signal = interruption()
  const outcome = await createNodeReader(config).read({ host, address: null }, flags, signal)
  signal.throwIfAborted()
  if (!outcome.ok) throw new Error(`${host}${outcome.address === null ? '' : ` (${outcome.address})`} was not read: ${outcome.detail}${remedies[outcome.failure] ?? ''}`)
  const reading = readAnswer(outcome)
  process.stdout.write(json ? `${JSON.stringify(reading, null, 2)}\n` : `${printReading(reading)}\n`)
  if ('errors' in reading) process.exitCode = 1
}

const remedies: Record<string, string> = {
  outside: '; AREDN_RANGES names the networks that may be asked',
  unknown_host: '; try its address, or run this where the mesh\'s names are known',
  not_sysinfo: '; is it an AREDN node?',
}

function readAnswer ({ address, bytes, sysinfo }: Pick<Reading, 'address' | 'bytes' | 'sysinfo'>): Reading {
  const now = Date.now() * 1000
  const message = { schema: 'meshmon.v1', type: 'aredn_sysinfo', node: sysinfo['node'], sent_at: new Date().toISOString(), sysinfo }
  const result = createMessageReader()(message, { receivedAt: now, networkStatusTiming: 'unusable' })
  return { address, bytes, sysinfo, ...(result.ok ? { became: result.message } : { errors: result.errors }) }
}
