import { once } from 'node:events'
import { Option } from 'commander'
import { systemClock } from '../../clock.js'
import { parseShare, wholeNumber } from '../options.js'
import type { FirmwareVersion } from './firmware.js'
import { planWorld, type WorldPlan } from './plan.js'
import { serveWorld } from './serve.js'
import { World } from './world.js'

export interface RadioOptions {
  radio?: true
  host: string
  port?: number
  repeaters: number
  loss: number
  firmware: FirmwareVersion
  seed: number
  speed: number
  json?: true
}

/** What belongs to a simulated mesh and not to a radio. */
const meshOnly = ['url', 'token', 'nodes', 'v1Share', 'fault', 'faults', 'backfill', 'from', 'to', 'live', 'duration', 'batch', 'connections', 'out', 'truth', 'step', 'oldShare', 'odd']
/** As a busy mesh has it. */
const chatterPerMin = 40
const defaultPort = 5000

/** `meshmon simulate --radio` and its options; `--seed`, `--speed` and `--json` are shared with the simulated mesh. */
export function radioOptions (): Option[] {
  const radio = (flags: string, description: string): Option => new Option(flags, description).implies({ radio: true })
  return [
    new Option('--radio', 'a MeshCore companion and its repeaters on a TCP port, for the radio worker, until Ctrl-C').conflicts(meshOnly),
    radio('--host <address>', 'radio: address to listen on').default('127.0.0.1'),
    radio('--repeaters <n>', 'radio: repeaters, 1 to 200').argParser(wholeNumber(1, 200)).default(3),
    radio('--loss <share>', 'radio: packets lost on the way to a repeater, and as many on the way back (0..1)').argParser(parseShare).default(0.05),
    radio('--firmware <version>', 'radio: release of MeshCore').choices(['1.17', '1.15', '1.11', '1.7'] satisfies FirmwareVersion[]).default('1.17')
  ]
}

/** Serves a simulated radio until SIGINT or SIGTERM, and says how to reach it. At a higher speed batteries, traffic and weather go faster, protocol and clocks do not. */
export async function simulateRadio (options: RadioOptions): Promise<void> {
  const { host, seed, speed, repeaters, loss, firmware } = options
  const stop = new AbortController()
  const world = new World(systemClock, planWorld({ seed, speed, repeaters, loss, firmware, chatterPerMin }))
  const { port, close } = await serveWorld(world, { host, port: options.port ?? defaultPort })
  world.start(stop.signal)
  const onSignal = (): void => stop.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  process.stdout.write(`${options.json ? JSON.stringify({ host, port, seed, ...summary(world) }) : describe(world, host, port)}\n`)
  if (!stop.signal.aborted) await once(stop.signal, 'abort')
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  await close()
}

function summary ({ companion, repeaters }: World): { companion: { name: string, key: string }, repeaters: { name: string, key: string, password: string, ways: string[][] }[] } {
  const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex')
  return {
    companion: { name: companion.plan.name, key: hex(companion.key) },
    repeaters: repeaters.map(({ name, key, password, ways }) => ({ name, key: hex(key), password, ways }))
  }
}

function describe (world: World, host: string, port: number): string {
  const { repeaters } = summary(world)
  const rows = repeaters.map(({ name, key, password, ways }) => `  ${name.padEnd(10)}  ${password.padEnd(16)}  ${key.slice(0, 12)}  ${describeWay(ways)}`)
  return [
    `Simulated companion ${world.companion.plan.name} on ${host} port ${port}. Its repeaters, their passwords and keys:`,
    ...rows,
    '',
    'In another terminal:',
    '',
    `  export MESH_TRANSPORT=tcp MESH_TCP_HOST=${host} MESH_TCP_PORT=${port} TELEMETRY_ENABLED=1`,
    `  export REPEATERS='${listRepeaters(world.plan)}'`,
    '  meshmon radio once',
    '',
    'Ctrl-C ends it.'
  ].join('\n')
}

function describeWay ([way = []]: string[][]): string {
  return way.length === 0 ? 'direct' : `by ${way.join(', ')}`
}

/** As the setting REPEATERS takes it. */
function listRepeaters ({ repeaters }: WorldPlan): string {
  return `[${repeaters.map(({ name, password }) => `{name: ${name}, password: ${password}}`).join(', ')}]`
}
