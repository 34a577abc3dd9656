import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { createPool } from '../../src/database/pool.js'
import { replay } from '../../src/rules/replay.js'
import { defaultSettings } from '../../src/rules/settings/settings.js'
import { makeWorld, startArednMesh, type ServedWorld } from '../../test/support/aredn-mesh.js'
import { stepsUntilOpen, walkWorld } from '../../test/support/aredn-walk.js'
import { startFakeCollector } from '../../test/support/fake-collector.js'
import { runMeshmon } from '../../test/support/process.js'
import { less, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { cpuSeconds, rssMegabytes, settingsFor, startCollector } from '../support/programs.js'
import { within, type Scope } from '../support/scope.js'
import { createNativeDatabase } from '../support/servers.js'
import { count, median } from '../support/stats.js'

const nodes = 1000
const seed = 7411
/** Steps before a third falls silent, and in all: the rest must be read within two steps of its last reading. */
const deadAfterSteps = 1
const watchedSteps = 3

/** What 1,000 nodes cost the AREDN worker and what a dead third does to the rest; how soon a degraded link has its issue. */
export async function arednMesh (bench: Bench): Promise<Figure[]> {
  const walked = await within(bench.scope, async (scope) => await walkThousand(bench, scope))
  return [...walked, await within(bench.scope, async (scope) => await openInTime(bench, scope))]
}

interface Walked { cpuPct: number, mostMb: number, shortestGap: number, longestGap: number, readings: number, megabytesPerHour: number, waiting: number }

async function walkThousand (bench: Bench, scope: Scope): Promise<Figure[]> {
  const stepS = Math.max(10, Math.round(300 * bench.scale))
  const dead = { since: Infinity }
  const isDead = (node: number): boolean => performance.now() >= dead.since && node % 3 === 1
  const mesh = await startArednMesh(scope, makeWorld({ nodes, seed, oldShare: 0.2 }), isDead)
  const collector = await startFakeCollector()
  scope.teardown(() => collector.close())
  const worker = runMeshmon(scope, ['aredn'], {
    ...settingsFor({ folder: scope.folder }), MESHMON_CONFIG: '/dev/null', COLLECTOR_URL: collector.url.href, METRICS_PORT: '0',
    AREDN_SEEDS: mesh.address, AREDN_PORT: String(mesh.port), AREDN_RANGES: '127.0.0.0/8', AREDN_STEP: String(stepS),
  })
  const [, figuresUrl = ''] = await worker.printed(/figures at (http:\S+)\/metrics/)
  const pid = worker.child.pid!
  const startMs = performance.now()
  dead.since = startMs + deadAfterSteps * stepS * 1000
  let mostMb = 0
  while (performance.now() < startMs + watchedSteps * stepS * 1000) {
    await sleep(1000)
    mostMb = Math.max(mostMb, rssMegabytes(pid))
    if (collector.messages.length % 100 === 0) bench.progress(`${collector.messages.length} readings, ${mostMb.toFixed(0)} MB`)
  }
  const seconds = (performance.now() - startMs) / 1000
  const metrics = await (await fetch(`${figuresUrl}/metrics`)).text()
  const valueOf = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1])
  return figuresOf({
    cpuPct: 100 * cpuSeconds(pid) / seconds, mostMb, ...gapsOf(mesh, { isDead, stepMs: stepS * 1000, endMs: performance.now() }), readings: collector.messages.length,
    megabytesPerHour: valueOf('meshmon_aredn_bytes_total') / seconds * 3600 / 1e6, waiting: valueOf('meshmon_delivery_waiting_messages'),
  }, { stepS, seconds })
}

/** In steps. The longest counts nodes that live, and the time since they were asked last. A reading of firmware 3.x takes two requests. */
function gapsOf ({ asked }: ServedWorld, { isDead, stepMs, endMs }: { isDead: (node: number) => boolean, stepMs: number, endMs: number }): { shortestGap: number, longestGap: number } {
  const times = new Map<number, number[]>()
  for (const { node, url, atMs } of asked) if (url.startsWith('/a/')) times.set(node, [...times.get(node) ?? [], atMs])
  const between = (all: number[]): number[] => all.slice(1).map((ms, i) => (ms - all[i]!) / stepMs)
  const alive = [...times].filter(([node]) => !isDead(node)).map(([, all]) => all)
  return { shortestGap: Math.min(...[...times.values()].flatMap(between)), longestGap: Math.max(...alive.flatMap((all) => between([...all, endMs]))) }
}

function figuresOf (walked: Walked, { stepS, seconds }: { stepS: number, seconds: number }): Figure[] {
  const { cpuPct, mostMb, shortestGap, longestGap, readings, megabytesPerHour, waiting } = walked
  return [{
    what: `AREDN worker: ${nodes} simulated nodes read every ${stepS} s, for ${seconds.toFixed(0)} s`,
    measured: `${cpuPct.toFixed(1)} % of one core, at most ${mostMb.toFixed(0)} MB`,
    target: '< 10 %, < 120 MB RSS',
    pass: cpuPct < 10 && mostMb < 120,
    numbers: { aredn_cpu_pct: less(cpuPct), aredn_rss_mb: less(mostMb) },
    notes: [`${count(readings)} readings posted, ${count(waiting)} waiting at the end; ${megabytesPerHour.toFixed(1)} MB an hour over the mesh; one node in five has firmware 3.x; start included`],
    data: { stepS, seconds, ...walked },
  }, {
    what: 'the same mesh, of which a third takes requests and never answers from the second step on',
    measured: `no node asked again before ${shortestGap.toFixed(2)} steps; those that answer never more than ${longestGap.toFixed(2)} steps apart`,
    target: '≥ 0.9; ≤ 2 (one step of delay)',
    pass: shortestGap >= 0.9 && longestGap <= 2,
    notes: [],
    data: { stepS, shortestGap, longestGap },
  }]
}

const walkStepMs = 300_000
const perRequest = 500
const fromMs = Date.UTC(2026, 5, 1, 6)

/** The walker on a virtual clock, its messages in a real collector, judged by a replay. */
async function openInTime (bench: Bench, scope: Scope): Promise<Figure> {
  const what = 'a link that degrades opens its issue'
  const target = 'within 2 steps of 300 s'
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  const url = await createNativeDatabase(scope, server)
  const collector = await startCollector(scope, { url }, { ENGINE_INTERVAL_S: '300' })
  const world = makeWorld({ nodes: 100, seed, oldShare: 0.2, from: fromMs, faults: [75, 82, 90, 97, 105, 113, 121, 130].map((minute) => `rf_drop:auto@${minute}m+45m`) })
  const spanMs = 3 * 3_600_000
  const { messages } = await walkWorld(world, { fromMs, spanMs, stepMs: walkStepMs })
  for (let sent = 0; sent < messages.length; sent += perRequest) {
    const answer = await fetch(`http://127.0.0.1:${collector.port}/ingest`, { method: 'POST', body: JSON.stringify(messages.slice(sent, sent + perRequest)) })
    if (!answer.ok) throw new Error(`the collector answered ${answer.status}: ${await answer.text()}`)
  }
  const pool = createPool({ connectionString: url, applicationName: 'bench', max: 2 }, pino({ level: 'silent' }))
  try {
    const { incidents } = await replay(pool, { fromMs, toMs: fromMs + spanMs, settings: defaultSettings() })
    const drops = stepsUntilOpen(world, incidents, { rule: 'rf_quality_drop', stepMs: walkStepMs })
    const steps = drops.map((drop) => drop.steps ?? Infinity)
    const others = incidents.filter(({ kind }) => kind === 'rf_quality_drop').length - steps.filter(Number.isFinite).length
    return {
      what, target, measured: `${steps.filter((one) => one <= 2).length} of ${steps.length} within 2 steps, median ${median(steps).toFixed(2)}, longest ${Math.max(...steps).toFixed(2)}; ${others} without a fault`,
      pass: steps.every((one) => one <= 2) && others === 0,
      notes: [`100 nodes walked for 3 h on a virtual clock, ${count(messages.length)} messages stored by a collector, judged by replay; ${server.description}`],
      data: { drops },
    }
  } finally {
    await pool.end()
  }
}
