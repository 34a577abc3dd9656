import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { arednOptions, simulateAredn, type ArednOptions } from './aredn/command.js'
import { agentKinds, FaultError, historyKinds, parseFault, subjectText, type Fault } from './faults.js'
import { generateMessages } from './generate.js'
import { generateMesh, type Mesh } from './mesh.js'
import { collect, parseShare, parseSpeed, parseTime, parseUrl, readDuration, wholeNumber } from './options.js'
import { planFaults } from './plan.js'
import { PostSink } from './post.js'
import { Progress } from '../progress.js'
import { radioOptions, simulateRadio, type RadioOptions } from './radio/command.js'
import { run, type Pace } from './run.js'
import { FileSink, type Counts, type Sink } from './sink.js'
import { stopOnSignals } from './stopping.js'
import { TruthRecorder } from './truth.js'

interface Options {
  url: URL
  token?: string
  nodes: number
  seed: number
  v1Share: number
  fault: string[]
  faults: number
  backfill?: number
  live?: true
  duration?: number
  speed: number
  from?: number
  to?: number
  batch: number
  connections: number
  out?: string
  truth?: string
  json?: true
  radio?: true
  aredn?: true
  port?: number
}

/** When a run starts and ends in mesh time (ms), and how it keeps pace with the clock. */
export interface Span { from: number, to: number, pace: Pace | null }

/** `meshmon simulate`: a simulated mesh with known faults that posts to a collector, a simulated radio, or simulated AREDN nodes. */
export function simulateCommand (): Command {
  const simulator = new Command('simulate')
    .description('a simulated mesh with known faults, posting to a collector; or a simulated radio, or AREDN nodes, for the workers')
    .option('--url <url>', 'collector', parseUrl, new URL('http://127.0.0.1:8080'))
    .option('--token <token>', 'INGEST_TOKEN of the collector')
    .option('--nodes <n>', 'size of the mesh, 2 to 2000', wholeNumber(2, 2000), 30)
    .option('--seed <n>', 'same seed, same mesh, noise and faults', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--v1-share <share>', 'share of agents that send network_status (0..1)', parseShare, 0)
    .option('--fault <fault>', 'KIND:SUBJECT@START+DURATION, times from the start of the run; may be given again', collect, [])
    .option('--faults <n>', 'random faults of all kinds', wholeNumber(0, 1000), 0)
    .option('--backfill <span>', 'history up to now, as fast as it goes (24h)', readDuration)
    .option('--from <time>', 'history from here (RFC 3339) to --to', parseTime)
    .option('--to <time>', 'end of the history', parseTime)
    .option('--live', 'go on in real time after the history (the default without one)')
    .option('--duration <span>', 'end a live run after this long in mesh time', readDuration)
    .option('--speed <factor>', 'a live run starts in the past and catches up with the present; needs --duration', parseSpeed, 1)
    .option('--batch <n>', 'messages per request', wholeNumber(1, 10_000), 100)
    .option('--connections <n>', 'connections kept open', wholeNumber(1, 256), 4)
    .option('--out <file>', 'write the messages here, one a line, instead of posting')
    .option('--truth <file>', 'write what was wrong, when and where, as JSON')
    .option('--json', 'summary as JSON, no progress')
    .option('--port <port>', 'radio, AREDN: port to listen on (0: any)', wholeNumber(0, 65_535))
    .addHelpText('after', help)
  for (const option of [...radioOptions(), ...arednOptions()]) simulator.addOption(option)
  return simulator
    .action(async (options: Options & RadioOptions & ArednOptions, command: Command) => {
      try {
        await simulatorOf(options)(options)
      } catch (error) {
        if (error instanceof FaultError) command.error(`error: ${error.message}`)
        throw error
      }
    })
}

function simulatorOf ({ radio, aredn }: Options): (options: Options & RadioOptions & ArednOptions) => Promise<void> {
  if (radio) return simulateRadio
  return aredn ? simulateAredn : simulate
}

const help = `
Faults: rf_drop, bottleneck (link A--B or A--B@tunnel); jitter, loss, flap (path A>B); overload, crash, silent, skew (node).
With --aredn: rf_drop, link_down (link); overload, silent (node).
SUBJECT is auto (chosen by the seed so that its rule can see it) or names of the mesh; node-03 is its third node.

  meshmon simulate --backfill 24h --nodes 100 --faults 40 --truth truth.json
  meshmon simulate --backfill 2h --live --fault rf_drop:auto@1h55m+20m --fault "jitter:node-03>node-07@2h1m+5m"
  meshmon simulate --radio --repeaters 5 --loss 0.05
  meshmon simulate --aredn --nodes 100 --odd 8 --fault rf_drop:auto@10m+1h`

async function simulate (options: Options): Promise<void> {
  if (options.port !== undefined) throw new FaultError('--port is for --radio and --aredn')
  const mesh = generateMesh({ seed: options.seed, nodes: options.nodes, v1Share: options.v1Share })
  const { from, to, pace } = spanOf(options, Date.now())
  const wishes = options.fault.map((text) => parseFault(text, mesh))
  const faults = planFaults(mesh, { wishes, random: options.faults, seed: options.seed, from, to, kinds: pace?.speed === 1 ? agentKinds : historyKinds })
  const truth = new TruthRecorder(mesh, faults, from)
  const stopping = stopOnSignals()
  const sink: Sink = options.out === undefined ? new PostSink({ ...options, ...stopping }) : new FileSink(options.out)
  const progress = new Progress(options.json ? null : process.stderr, { from, to })
  if (!options.json) print(describeFaults(mesh, faults))
  const started = Date.now()
  let stopped = false
  try {
    const last = await run(generateMessages(mesh, faults, { from, to, seed: options.seed, truth }), { pace, sink, progress, ...stopping })
    stopped = stopping.signal.aborted
    if (options.truth !== undefined) await writeFile(options.truth, `${JSON.stringify(truth.truth(stopped ? last ?? from : to), null, 2)}\n`)
  } finally {
    stopping.stop()
  }
  const seconds = (Date.now() - started) / 1000
  print(options.json ? summary(sink.counts, { from, to, seconds, faults: faults.length, stopped }) : sentence(sink.counts, seconds, options))
}

/**
 * History (`--from` and `--to`, or `--backfill`), then real time where asked for. At a higher speed the live part starts so far in
 * the past that its end is now: a collector believes no time in the future.
 * @throws FaultError where options contradict each other
 */
export function spanOf ({ backfill, from, to, live, duration, speed }: Pick<Options, 'backfill' | 'from' | 'to' | 'live' | 'duration' | 'speed'>, clock: number): Span {
  const now = Math.floor(clock / 1000) * 1000
  if (from !== undefined || to !== undefined) {
    if (from === undefined || to === undefined || from >= to) throw new FaultError('--from and --to belong together, --from first')
    if (live || backfill !== undefined || duration !== undefined) throw new FaultError('--from and --to leave no room for --live, --backfill or --duration')
    return { from, to, pace: null }
  }
  if (backfill !== undefined && !live) {
    if (duration !== undefined) throw new FaultError('--duration is for a live run: add --live')
    return { from: now - backfill, to: now, pace: null }
  }
  if (speed !== 1 && duration === undefined) throw new FaultError('--speed needs --duration')
  const start = now - (duration ?? 0) * (1 - 1 / speed)
  return { from: start - (backfill ?? 0), to: duration === undefined ? Infinity : start + duration, pace: { mesh: start, real: clock, speed } }
}

function describeFaults (mesh: Mesh, faults: Fault[]): string {
  const time = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ')
  const lines = faults.map(({ kind, subject, start, end }) => `${time(start)} - ${time(end).slice(11)}  ${kind.padEnd(10)}  ${subjectText(mesh, subject)}`)
  return [`Mesh of ${mesh.nodes.length} nodes and ${mesh.links.length} links, ${faults.length === 0 ? 'no' : faults.length} faults (UTC)`, ...lines].join('\n')
}

function summary (counts: Counts, run: { from: number, to: number, seconds: number, faults: number, stopped: boolean }): string {
  const iso = (at: number): string | null => Number.isFinite(at) ? new Date(at).toISOString() : null
  return JSON.stringify({ ...counts, ...run, from: iso(run.from), to: iso(run.to), messages_per_s: Math.round(counts.messages / Math.max(run.seconds, 0.001)) })
}

function sentence ({ messages, stored, duplicates, rejected, retries, unsent }: Counts, seconds: number, { out }: Options): string {
  const rate = `${messages} messages in ${seconds.toFixed(1)} s (${Math.round(messages / Math.max(seconds, 0.001))}/s)`
  if (out !== undefined) return `${rate} written to ${out}`
  return `${rate}: ${stored} stored, ${duplicates} duplicates, ${rejected} rejected, ${unsent} not sent; ${retries} requests repeated`
}

function print (text: string): void {
  process.stdout.write(`${text}\n`)
}
