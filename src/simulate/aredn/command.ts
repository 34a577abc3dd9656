import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { Option } from 'commander'
import { Progress } from '../../progress.js'
import { arednKinds, parseFault, subjectText } from '../faults.js'
import { generateMesh } from '../mesh.js'
import { parseShare, readDuration, wholeNumber } from '../options.js'
import { planFaults } from '../plan.js'
import { PostSink } from '../post.js'
import { run } from '../run.js'
import { innsbruck } from '../sites.js'
import { stopOnSignals, type Stopping } from '../stopping.js'
import { historyOf } from './history.js'
import { chooseOddNodes, oddities } from './odd.js'
import { serveMesh } from './serve.js'
import { ArednWorld } from './world.js'

export interface ArednOptions {
  aredn?: true
  port?: number
  url: URL
  token?: string
  nodes: number
  seed: number
  fault: string[]
  faults: number
  backfill?: number
  duration?: number
  batch: number
  connections: number
  truth?: string
  json?: true
  step: number
  oldShare: number
  odd: number
}

const defaultPort = 8081
/** What belongs to agents or to a radio. */
const notHere = ['radio', 'host', 'repeaters', 'loss', 'firmware', 'v1Share', 'from', 'to', 'live', 'speed', 'out']

/** `meshmon simulate --aredn` and its options; most are shared with the mesh that has agents. */
export function arednOptions (): Option[] {
  const aredn = (flags: string, description: string): Option => new Option(flags, description).implies({ aredn: true })
  return [
    new Option('--aredn', 'web servers of AREDN nodes without agents, each at its own loopback address, for the AREDN worker, until Ctrl-C').conflicts(notHere),
    aredn('--step <span>', 'AREDN: between two readings of a node in the history that --backfill posts').argParser(readDuration).default(300_000, '5m'),
    aredn('--old-share <share>', 'AREDN: share of nodes with firmware 3.x (0..1)').argParser(parseShare).default(0.2),
    aredn('--odd <n>', 'AREDN: nodes that are slow, silent, cut off, endless, redirect, have a login page, are renamed or renumbered').argParser(wholeNumber(0, 1000)).default(0),
  ]
}

/** Posts the history that an AREDN worker would have, if asked for; then serves the nodes until SIGINT, SIGTERM or the end of the run, and says how to read them. */
export async function simulateAredn (options: ArednOptions): Promise<void> {
  const { seed, nodes, oldShare, duration = Infinity } = options
  const stopping = stopOnSignals()
  const now = Math.floor(Date.now() / 1000) * 1000
  const from = now - (options.backfill ?? 0)
  const mesh = generateMesh({ seed, nodes, v2Share: 0, region: innsbruck })
  const wishes = options.fault.map((text) => parseFault(text, mesh, arednKinds))
  const faults = planFaults(mesh, { wishes, random: options.faults, seed, from, to: now + duration, kinds: arednKinds })
  const world = new ArednWorld({ mesh, faults, odd: chooseOddNodes(mesh, { count: options.odd, seed, from: now, faults }), oldShare, seed, from })
  try {
    if (options.backfill !== undefined) await postHistory(world, { from, to: now, stepMs: options.step, seed }, options, stopping)
    if (!stopping.signal.aborted) await serve(world, { ...options, duration }, stopping)
    if (options.truth !== undefined) await writeFile(options.truth, `${JSON.stringify(world.truth(Date.now()), null, 2)}\n`)
  } finally {
    stopping.stop()
  }
}

async function postHistory (world: ArednWorld, span: Parameters<typeof historyOf>[1], options: ArednOptions, stopping: Stopping): Promise<void> {
  const sink = new PostSink({ ...options, ...stopping })
  await run(historyOf(world, span), { pace: null, sink, progress: new Progress(options.json ? null : process.stderr, span), ...stopping })
}

async function serve (world: ArednWorld, { port = defaultPort, duration, json }: ArednOptions & { duration: number }, { signal, stop }: Stopping): Promise<void> {
  const served = await serveMesh(world, { port, now: Date.now })
  const ending = Number.isFinite(duration) ? setTimeout(stop, duration) : undefined
  const seed = world.addressOf(world.mesh.collector, Date.now())
  process.stdout.write(`${json ? JSON.stringify({ port: served.port, address: seed, ...world.truth(Date.now()) }) : describe(world, seed, served.port)}\n`)
  if (!signal.aborted) await once(signal, 'abort')
  clearTimeout(ending)
  await served.close()
}

function describe (world: ArednWorld, seed: string, port: number): string {
  const { mesh, odd, faults } = world
  const time = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ')
  return [
    `Simulated AREDN mesh of ${mesh.nodes.length} nodes and ${mesh.links.length} links on port ${port}, ${odd.size === 0 ? 'none' : odd.size} of them odd, ${faults.length === 0 ? 'no' : faults.length} faults (UTC)`,
    ...faults.map(({ kind, subject, start, end }) => `${time(start)} - ${time(end).slice(11)}  ${kind.padEnd(10)}  ${subjectText(mesh, subject)}`),
    ...[...odd.values()].map(({ node, oddity }) => `${mesh.nodes[node]?.name.padEnd(14)}  ${world.addressOf(node, Date.now()).padEnd(14)}  ${oddities[oddity]}`),
    '',
    'In another terminal:',
    '',
    `  export AREDN_SEEDS=${seed} AREDN_PORT=${port} AREDN_RANGES=127.0.0.0/8 AREDN_STEP=20`,
    '  meshmon aredn',
    '',
    'Ctrl-C ends it.',
  ].join('\n')
}
