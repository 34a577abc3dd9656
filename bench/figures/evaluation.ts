import { pino } from 'pino'
import type { Pool } from 'pg'
import { createPool } from '../../src/database/pool.js'
import { createEngine } from '../../src/rules/engine.js'
import { defaultSettings, engineSettings } from '../../src/rules/settings/settings.js'
import { less, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { makeHistory } from '../support/history.js'
import { within } from '../support/scope.js'
import { createNativeDatabase } from '../support/servers.js'
import { quantile } from '../support/stats.js'

const what = 'one evaluation of all rules, 1,000 nodes and 3,000 paths, native server'
const target = 'p95 < 500 ms, and within 20 % with 90 days of history'
const mostMs = 500
const mostRatio = 1.2
const intervalMs = 10_000
/** The first reads an hour back, the next few fill caches. */
const slotsBefore = 12
const slots = 72

/**
 * Live slots on a mesh made in SQL: the last three hours in full, before that one window in 30. The two histories are judged by turns, so that
 * what else goes on on the machine falls on both.
 */
export async function evaluation (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  return await within(bench.scope, async (scope) => {
    const startMs = Math.floor(Date.now() / 3_600_000) * 3_600_000
    const days = [1, Math.max(2, Math.round(90 * bench.scale))] as const
    const pools: Pool[] = []
    for (const span of days) {
      const pool = createPool({ connectionString: await createNativeDatabase(scope, server), applicationName: 'bench', max: 4, statementTimeoutMs: 1_200_000 }, pino({ level: 'silent' }))
      scope.teardown(() => pool.end())
      await makeHistory(pool, { nodes: 1000, days: span, startMs, toMs: startMs + (slots + slotsBefore + 4) * intervalMs })
      bench.progress(`${span} ${span === 1 ? 'day' : 'days'} of history are made`)
      pools.push(pool)
    }
    const figures = await judgeByTurns(pools, startMs)
    const [one, many] = figures.map((ms) => ({ p50: quantile(ms, 0.5), p95: quantile(ms, 0.95) }))
    const ratio = many!.p95 / one!.p95
    return {
      what,
      measured: `p95 ${one!.p95.toFixed(0)} ms with 1 day, ${many!.p95.toFixed(0)} ms with ${days[1]} days (x ${ratio.toFixed(2)})`,
      target,
      pass: many!.p95 < mostMs && one!.p95 < mostMs && ratio <= mostRatio,
      numbers: { evaluation_p95_ms: less(many!.p95), evaluation_ratio: less(ratio) },
      notes: [`p50 ${one!.p50.toFixed(0)} ms and ${many!.p50.toFixed(0)} ms; ${slots} slots each, by turns, one every 10 s of mesh time; history before the last three hours: one window in 30`, server.description],
      data: { server: server.description, days, figures },
    }
  })
}

/** How long each slot takes, from the claim to the commit, after some that are not counted: a list for each database. */
async function judgeByTurns (pools: Pool[], startMs: number): Promise<number[][]> {
  const log = pino({ level: 'error' })
  const settings = engineSettings(defaultSettings())
  const sides = pools.map((pool) => ({ tookMs: new Array<number>(), engine: createEngine({ pool, settings, instance: 'bench', intervalMs, delayMs: 5000, log }) }))
  for (let slot = 0; slot < slots + slotsBefore; slot++) {
    for (const { engine, tookMs } of slot % 2 === 0 ? sides : sides.toReversed()) {
      const since = performance.now()
      const report = await engine.judge(startMs + slot * intervalMs)
      if (report.refused !== null) throw new Error(`a slot was refused: ${report.refused}`)
      const failed = report.evaluations.find(({ error }) => error !== null)
      if (failed) throw new Error(`rule ${failed.rule} failed: ${failed.error}`)
      if (slot >= slotsBefore) tookMs.push(performance.now() - since)
    }
  }
  return sides.map(({ tookMs }) => tookMs)
}
