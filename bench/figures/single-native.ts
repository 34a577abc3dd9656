import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../../src/paths.js'
import { more, less, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { startLoad } from '../support/load.js'
import { startCollector } from '../support/programs.js'
import { within, type Scope } from '../support/scope.js'
import { createNativeDatabase } from '../support/servers.js'
import { count, median, quantile } from '../support/stats.js'

const what = 'messages/s, one per request, 64 connections, native server, against the same Fastify that only parses'
const target = '≥ 0.5 × parse only, p99 < 50 ms'
const connections = 64

export async function singleNative (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  const file = await bench.traffic()
  return await within(bench.scope, async (scope) => {
    const collector = await startCollector(scope, { url: await createNativeDatabase(scope, server) })
    const plan = { file, perRequest: 1, connections, limit: 30_000 * bench.scale }
    const ingest = await startLoad(scope, { ...plan, port: collector.port })
    const parse = await startLoad(scope, { ...plan, port: await startParseServer(scope), path: '/parse' })

    const rounds: { ingest: number, parse: number, ratio: number, p99Ms: number, cpuUs: number }[] = []
    for (let round = 0; round <= bench.rounds; round++) {
      const before = collector.cpuS()
      const stored = await ingest.run({ firstPass: round })
      const cpuUs = (collector.cpuS() - before) * 1e6 / stored.messages
      const parsed = await parse.run({ firstPass: round })
      if (Object.keys(parsed.failures).length > 0) throw new Error(`the parse-only route answered ${JSON.stringify(parsed.failures)}`)
      if (stored.stored !== stored.messages) throw new Error(`${stored.stored} of ${stored.messages} messages stored: ${JSON.stringify(stored.failures)}`)
      // The first round warms everything up.
      if (round === 0) continue
      const [a, b] = [stored.messages / stored.seconds, parsed.messages / parsed.seconds]
      rounds.push({ ingest: a, parse: b, ratio: a / b, p99Ms: quantile(stored.latenciesMs, 0.99), cpuUs })
      bench.progress(`round ${round}: ingest ${count(a)}/s, parse only ${count(b)}/s, ratio ${(a / b).toFixed(2)}, p99 ${rounds.at(-1)!.p99Ms.toFixed(1)} ms`)
    }
    const ratio = median(rounds.map((round) => round.ratio))
    const p99Ms = median(rounds.map((round) => round.p99Ms))
    return {
      what,
      measured: `${ratio.toFixed(2)} × (${count(median(rounds.map((round) => round.ingest)))}/s; parse only ${count(median(rounds.map((round) => round.parse)))}/s), p99 ${p99Ms.toFixed(1)} ms`,
      target,
      pass: ratio >= 0.5 && p99Ms < 50,
      numbers: { single_ratio: more(ratio), single_p99_ms: less(p99Ms) },
      notes: [server.description, `collector: ${median(rounds.map(({ cpuUs }) => cpuUs)).toFixed(0)} µs of processor time per message`],
      data: { server: server.description, rounds },
    }
  })
}

/** Starts parse-server.ts and gives its port. */
async function startParseServer (scope: Scope): Promise<number> {
  const child = fork(join(packageRoot, 'dist/bench/support/parse-server.js'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  scope.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const [{ port }] = await once(child, 'message', { signal: AbortSignal.timeout(30_000) }) as [{ port: number }]
  return port
}
