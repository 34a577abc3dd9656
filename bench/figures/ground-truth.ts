import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { createPool } from '../../src/database/pool.js'
import { replay } from '../../src/rules/replay.js'
import { defaultSettings } from '../../src/rules/settings/settings.js'
import type { Truth } from '../../src/simulate/truth.js'
import { less, type Bench, type Figure } from '../support/bench.js'
import { describeFailures, judge, type Judgement } from '../support/judgement.js'
import { embeddedFolder, simulate, startCollector, type Storage } from '../support/programs.js'
import { within, type Scope } from '../support/scope.js'
import { createNativeDatabase } from '../support/servers.js'
import { count, median, quantile } from '../support/stats.js'

const nodes = 100
/** Of no test. */
const seeds = [7411, 20_311, 90_017]
const twoCyclesS = 80
const slowestReplayS = 60

interface Result { seed: number, judgement: Judgement, replayS: number, slots: number }

/** Simulated days with known faults, judged by a replay: what was found, what was not, and how long judging a day takes. */
export async function groundTruth (bench: Bench): Promise<Figure[]> {
  const server = await bench.native()
  const [hours, faults] = [Math.max(2, Math.round(24 * bench.scale)), Math.max(4, Math.round(40 * bench.scale))]
  const results: Result[] = []
  for (const seed of seeds.slice(0, Math.max(1, Math.round(seeds.length * bench.scale)))) {
    const result = await within(bench.scope, async (scope) => {
      const storage = server.ok ? { url: await createNativeDatabase(scope, server) } : embeddedFolder(scope)
      return await judgeDay(scope, storage, { seed, nodes, hours, faults })
    })
    const { found, detectable, unexplained } = result.judgement
    bench.progress(`seed ${seed}: ${found} of ${detectable} faults found, ${unexplained.length} incidents without a fault; replay ${result.replayS.toFixed(1)} s`)
    for (const line of describeFailures(result.judgement)) bench.progress(line)
    results.push(result)
  }
  return figuresOf(results, { hours, faults, server: server.ok ? server.description : 'embedded database' })
}

export async function judgeDay (scope: Scope, storage: Storage, { seed, nodes, hours, faults }: { seed: number, nodes: number, hours: number, faults: number }): Promise<Result> {
  // Its own engine has no part in this.
  const collector = await startCollector(scope, storage, { ENGINE_INTERVAL_S: '300' })
  const file = join(scope.folder, 'truth.json')
  await simulate(scope, ['--url', `http://127.0.0.1:${collector.port}`, '--nodes', String(nodes), '--seed', String(seed), '--faults', String(faults), '--backfill', `${hours}h`,
    '--batch', '1000', '--truth', file, '--json'])
  const truth = JSON.parse(readFileSync(file, 'utf8')) as Truth
  const pool = createPool({ connectionString: addressOf(storage, collector), applicationName: 'bench', max: 2 }, pino({ level: 'silent' }))
  try {
    await pool.query('analyze')
    const startMs = performance.now()
    const { incidents, slots } = await replay(pool, { fromMs: Date.parse(truth.from), toMs: Date.parse(truth.to), settings: defaultSettings() })
    return { seed, judgement: judge(truth, incidents), replayS: (performance.now() - startMs) / 1000, slots }
  } finally {
    await pool.end()
  }
}

function addressOf (storage: Storage, { database }: Awaited<ReturnType<typeof startCollector>>): string {
  return 'url' in storage ? storage.url : `postgres://${database.user}@${database.host}:${database.port}/${database.database}`
}

function figuresOf (results: Result[], { hours, faults, server }: { hours: number, faults: number, server: string }): Figure[] {
  const judgements = results.map(({ judgement }) => judgement)
  const sum = (pick: (judgement: Judgement) => number): number => judgements.reduce((total, judgement) => total + pick(judgement), 0)
  const [found, detectable, unexplained] = [sum((one) => one.found), sum((one) => one.detectable), sum(({ unexplained }) => unexplained.length)]
  const delaysS = judgements.flatMap((one) => one.delaysS)
  const [medianS, p95S] = [median(delaysS), quantile(delaysS, 0.95)]
  const replayS = median(results.map((result) => result.replayS))
  const mesh = `${nodes} nodes, ${hours} h, seeds ${results.map(({ seed }) => seed).join(', ')}`
  return [
    {
      what: `ground truth: ${faults} faults in a simulated mesh, by replay`,
      measured: `${found} of ${detectable} found, ${unexplained} false, ${medianS.toFixed(0)} s in the median`,
      target: `all, 0, ${twoCyclesS} s`,
      pass: found === detectable && unexplained === 0 && medianS <= twoCyclesS,
      notes: [`${mesh}; ${count(sum(({ incidents }) => incidents))} incidents; 95 % within ${p95S.toFixed(0)} s of the first moment the rule can hold`, ...judgements.flatMap(describeFailures).map((line) => line.slice(0, 160)), server],
      data: { server, results: results.map(({ judgement: { missed, unexplained, ...rest }, ...result }) => ({ ...result, ...rest, missed, unexplained: unexplained.map(({ id, kind, subject }) => ({ id, kind, subject })) })) },
    },
    {
      what: `replay of ${hours} h of a mesh of ${nodes} nodes, all rules`,
      measured: `${replayS.toFixed(1)} s`,
      target: `< ${slowestReplayS} s`,
      pass: replayS < slowestReplayS,
      numbers: { replay_s: less(replayS) },
      notes: [`${count(results[0]?.slots ?? 0)} evaluations, one every 10 s; ${results.map((result) => `${result.replayS.toFixed(1)} s`).join(', ')}; ${server}`],
      data: { server, seconds: results.map((result) => result.replayS) },
    },
  ]
}
