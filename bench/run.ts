import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { arednMesh } from './figures/aredn.js'
import { batchNative } from './figures/batch-native.js'
import { chartsDrawn } from './figures/charts.js'
import { dashboard } from './figures/dashboard.js'
import { disk } from './figures/disk.js'
import { embedded } from './figures/embedded.js'
import { evaluation } from './figures/evaluation.js'
import { events } from './figures/events.js'
import { footprint } from './figures/footprint.js'
import { fuzzedFrames } from './figures/frames.js'
import { fuzzedIngest } from './figures/fuzz.js'
import { groundTruth } from './figures/ground-truth.js'
import { memory } from './figures/memory.js'
import { meshDay } from './figures/mesh-day.js'
import { peers } from './figures/peers.js'
import { queries } from './figures/queries.js'
import { radioDay } from './figures/radio-day.js'
import { singleNative } from './figures/single-native.js'
import { start } from './figures/start.js'
import { twoCollectors } from './figures/two-collectors.js'
import { unmeasured, type Bench, type Figure } from './support/bench.js'
import { findFallen, keepRun } from './support/kept-runs.js'
import { describeMachine, formatReport, writeReport } from './support/report.js'
import { openScope } from './support/scope.js'
import { findNativeServer } from './support/servers.js'
import { makeTraffic } from './support/traffic.js'

const figures: Record<string, (bench: Bench) => Promise<Figure | Figure[]>> = {
  batch: batchNative, single: singleNative, embedded, memory, disk, queries, events, start, truth: groundTruth, evaluation, collectors: twoCollectors, frames: fuzzedFrames, fuzz: fuzzedIngest, radio: radioDay, charts: chartsDrawn, aredn: arednMesh, dashboard, peers, day: meshDay, footprint,
}

const usage = `usage: npm run bench -- [NAME…] [--minutes N] [--rounds N] [--scale S] [--keep]

  NAME       ${Object.keys(figures).join(', ')}; all of them where none is named
  --minutes  how long memory is watched with each database (2)
  --rounds   alternating rounds (5)
  --scale    below 1: shorter, for a try
  --keep     add the numbers to bench/results/runs.jsonl, with which later runs are compared; all figures in full are kept anyhow

A native server is that of TEST_DATABASE_URL, else one made by scripts/native-server.
Results go to the terminal, and to bench/results/ where all figures are measured in full.`

/** Options of the command line; ends the process where they make no sense. */
function readOptions () {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { minutes: { type: 'string', default: '2' }, rounds: { type: 'string', default: '5' }, scale: { type: 'string', default: '1' }, keep: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    })
    const [minutes, rounds, scale] = [Number(values.minutes), Number(values.rounds), Number(values.scale)]
    const names = positionals.length > 0 ? positionals : Object.keys(figures)
    if (!values.help && minutes > 0 && minutes <= 60 && rounds >= 1 && rounds <= 50 && scale > 0 && scale <= 1 && names.every((name) => name in figures) && !(values.keep && scale < 1)) return { names, keep: values.keep, settings: { minutes, rounds, scale } }
    process.stdout.write(`${usage}\n`)
    process.exit(values.help ? 0 : 2)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}\n`)
    process.exit(2)
  }
}

function once<T> (make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return async () => await (made ??= make())
}

function progress (line: string): void {
  process.stderr.write(`  ${line}\n`)
}

async function measure (names: string[], bench: Bench, signal: AbortSignal): Promise<Figure[]> {
  const measured: Figure[] = []
  for (const name of names) {
    progress(`${name}:`)
    const before = measured.length
    try {
      measured.push(...[await figures[name]!(bench)].flat())
    } catch (error) {
      if (signal.aborted) break
      measured.push({ ...unmeasured(name, '', error instanceof Error ? error.message : String(error)), pass: false })
    }
    for (const { what, measured: value, target, pass } of measured.slice(before)) progress(`${what}: ${value} (${target}) ${pass === null ? '' : pass ? 'pass' : 'FAIL'}`)
  }
  return measured
}

const { names, keep, settings } = readOptions()
const scope = openScope()
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    progress(`${signal}: cleaning up`)
    stop.abort()
    // What is being measured fails for want of its programs.
    scope.close().catch(() => {})
  })
}

const loadBefore = loadavg()[0]!
const at = Date.now()
try {
  const measured = await measure(names, { scope, ...settings, progress, native: once(findNativeServer), traffic: once(() => makeTraffic(scope, { nodes: 100, hours: 5, limit: 100_000 })) }, stop.signal)
  stop.signal.throwIfAborted()
  const [machine = ''] = describeMachine()
  const report = { at, settings, loadBefore, figures: measured, fallen: settings.scale === 1 ? findFallen(measured, machine) : [] }
  process.stdout.write(formatReport(report))
  const isWhole = settings.scale === 1 && names.length === Object.keys(figures).length
  if (isWhole) writeReport(report)
  if (isWhole || keep) keepRun(measured, { at, machine, load: loadBefore })
  process.exitCode = measured.every(({ pass }) => pass !== false) ? 0 : 1
} catch (error) {
  if (!stop.signal.aborted) throw error
  process.exitCode = 130
} finally {
  await scope.close()
}
process.exit()
