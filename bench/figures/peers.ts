import { createReadStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { more, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { startLoad, type Load } from '../support/load.js'
import { peersFolder, startGuide, startInflux, startVictoria } from '../support/peers.js'
import { startCollector } from '../support/programs.js'
import { within, type Scope } from '../support/scope.js'
import { createNativeDatabase } from '../support/servers.js'
import { count, median } from '../support/stats.js'

const what = "messages/s through POST /ingest against the developer guide's own collector, two uvicorn workers, same native server"
const target = '≥ 20 × in requests of 100, ≥ 3 × in single messages from 64 connections'
const manyTarget = 20
const singleTarget = 3

interface Contest { name: string, load: Load, cpuS: () => number }
interface Run { perS: number, cpuUs: number }

/** Rounds of one after the other. Each has as many messages as it does in some seconds. */
export async function peers (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  const guide = process.env['MESHMON_GUIDE']
  if (guide === undefined) return unmeasured(what, target, 'MESHMON_GUIDE must name the developer guide, the text that holds the files of its collector')
  let folder: string
  try {
    folder = await peersFolder()
  } catch (error) {
    return unmeasured(what, target, error instanceof Error ? error.message : String(error))
  }
  const file = await bench.traffic()
  return await within(bench.scope, async (scope) => {
    const collector = await startCollector(scope, { url: await createNativeDatabase(scope, server) })
    const theirs = await startGuide(scope, folder, guide, await createNativeDatabase(scope, server))
    const influx = await startInflux(scope, folder)
    const victoria = await startVictoria(scope, folder)
    const lines = await toLines(scope, file)
    const limit = (most: number): number => Math.ceil(most * bench.scale / 100) * 100
    const many = { file, perRequest: 100, connections: 8 }
    const single = { file, perRequest: 1, connections: 64 }
    const points = { file: lines, format: 'lines' as const, perRequest: 100, connections: 8, limit: limit(100_000) }
    const contests = {
      oursMany: { name: 'meshmon, 100', cpuS: () => collector.cpuS(), load: await startLoad(scope, { ...many, port: collector.port, limit: limit(100_000) }) },
      theirsMany: { name: 'guide, 100', cpuS: () => theirs.cpuS(), load: await startLoad(scope, { ...many, port: theirs.port, limit: limit(5_000) }) },
      oursSingle: { name: 'meshmon, 1', cpuS: () => collector.cpuS(), load: await startLoad(scope, { ...single, port: collector.port, limit: limit(30_000) }) },
      theirsSingle: { name: 'guide, 1', cpuS: () => theirs.cpuS(), load: await startLoad(scope, { ...single, port: theirs.port, limit: limit(5_000) }) },
      influx: { name: 'InfluxDB, 100', cpuS: () => influx.cpuS(), load: await startLoad(scope, { ...points, port: influx.port, path: influx.path }) },
      victoria: { name: 'VictoriaMetrics, 100', cpuS: () => victoria.cpuS(), load: await startLoad(scope, { ...points, port: victoria.port, path: victoria.path }) },
    } satisfies Record<string, Contest>
    const rounds = await runRounds(bench, contests)
    const ratio = (a: keyof typeof contests, b: keyof typeof contests): number => median(rounds.map((round) => round[a].perS / round[b].perS))
    const [manyRatio, singleRatio] = [ratio('oursMany', 'theirsMany'), ratio('oursSingle', 'theirsSingle')]
    return {
      what,
      measured: `${manyRatio.toFixed(1)} × in requests of 100, ${singleRatio.toFixed(1)} × in single messages`,
      target,
      pass: manyRatio >= manyTarget && singleRatio >= singleTarget,
      numbers: { peers_many_ratio: more(manyRatio), peers_single_ratio: more(singleRatio) },
      notes: [
        ...Object.entries(contests).map(([key, { name }]) => {
          const all = rounds.map((round) => round[key as keyof typeof contests])
          return `${name} a request: ${count(median(all.map(({ perS }) => perS)))}/s, ${median(all.map(({ cpuUs }) => cpuUs)).toFixed(0)} µs of its processor time each`
        }),
        `meshmon against InfluxDB ${ratio('oursMany', 'influx').toFixed(2)} ×, against VictoriaMetrics ${ratio('oursMany', 'victoria').toFixed(2)} ×: these store points as they come, without keys, checks, names or a quarantine, and VictoriaMetrics answers before it is on disk`,
        "PostgreSQL's own time is beside meshmon's and the guide's, and part of InfluxDB's and VictoriaMetrics'",
        server.description,
      ],
      data: { server: server.description, rounds },
    }
  })
}

async function runRounds<Names extends string> (bench: Bench, contests: Record<Names, Contest>): Promise<Record<Names, Run>[]> {
  const rounds: Record<Names, Run>[] = []
  for (let round = 0; round <= bench.rounds; round++) {
    const runs: [string, Run][] = []
    for (const [key, { name, load, cpuS }] of Object.entries<Contest>(contests)) {
      const before = cpuS()
      // Passes of the single messages are no repeats of those before.
      const { messages, seconds, failures } = await load.run({ firstPass: round * 2 + (key.endsWith('Single') ? 1 : 0) })
      if (Object.keys(failures).length > 0) throw new Error(`${name} answers ${JSON.stringify(failures)}`)
      runs.push([key, { perS: messages / seconds, cpuUs: (cpuS() - before) * 1e6 / messages }])
    }
    // The first round warms everything up.
    if (round === 0) continue
    rounds.push(Object.fromEntries(runs) as Record<Names, Run>)
    bench.progress(`round ${round}: ${runs.map(([key, { perS }]) => `${key} ${count(perS)}/s`).join(', ')}`)
  }
  return rounds
}

/** The same measurements in line protocol: ends and peer as tags, what was measured as fields. */
async function toLines (scope: Scope, file: string): Promise<string> {
  const path = join(scope.folder, 'traffic.lines')
  const out = createWriteStream(path)
  for await (const line of createInterface(createReadStream(file))) {
    const { src, dst, sent_at: sentAt, route, metrics } = JSON.parse(line) as { src: string, dst: string, sent_at: string, route: string[], metrics: Record<string, number | null> }
    const fields = Object.entries(metrics).flatMap(([name, value]) => value === null ? [] : [`${name}=${value}`])
    const point = `path_probe,src=${src},dst=${dst} ${[...fields, `route="${route.join('>')}"`].join()} ${Math.floor(Date.parse(sentAt) / 1000)}000000000\n`
    if (!out.write(point)) await once(out, 'drain')
  }
  out.end()
  await finished(out)
  return path
}
