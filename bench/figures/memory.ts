import { less, type Bench, type Figure } from '../support/bench.js'
import { startLoad } from '../support/load.js'
import { embeddedFolder, startCollector, type Storage } from '../support/programs.js'
import { within, type Scope } from '../support/scope.js'
import { createNativeDatabase, openClient } from '../support/servers.js'
import { count, slope } from '../support/stats.js'

const mostMb = 200
/** A rise slower than this is noise of the garbage collector, or 20 MB in ten minutes. */
const flatMbPerMin = 2
const sampleMs = 1000
/** Of the time: until every buffer and cache has its size. */
const settling = 0.3
/** The table is emptied so often, so that the disk does not fill. */
const sliceS = 30

interface Watched { which: string, maxMb: number, mbPerMin: number, rate: number, samples: [minute: number, mb: number][] }

/** The collector's own memory under load of 100 messages a request, with both kinds of database. */
export async function memory (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  const watched: Watched[] = []
  if (server.ok) watched.push(await within(bench.scope, async (scope) => await watch(bench, scope, { which: 'native', storage: { url: await createNativeDatabase(scope, server) } })))
  watched.push(await within(bench.scope, async (scope) => await watch(bench, scope, { which: 'embedded', storage: embeddedFolder(scope) })))
  return {
    what: `collector's own memory under that load, ${bench.minutes} min each`,
    measured: watched.map(({ which, maxMb, mbPerMin }) => `${which}: at most ${maxMb.toFixed(0)} MB, ${mbPerMin >= 0 ? '+' : ''}${mbPerMin.toFixed(1)} MB/min`).join('; '),
    target: `< ${mostMb} MB RSS, flat (< ${flatMbPerMin} MB/min)`,
    pass: watched.every(({ maxMb, mbPerMin }) => maxMb < mostMb && mbPerMin < flatMbPerMin),
    numbers: Object.fromEntries(watched.map(({ which, maxMb }) => [`rss_${which}_mb`, less(maxMb)])),
    notes: [
      ...watched.map(({ which, rate }) => `${which}: ${count(rate)} messages/s`),
      `the slope is that of the last ${100 * (1 - settling)} % of the time`,
      ...(server.ok ? [server.description] : [`native not measured: ${server.reason}`]),
    ],
    data: { minutes: bench.minutes, watched },
  }
}

async function watch (bench: Bench, scope: Scope, { which, storage }: { which: string, storage: Storage }): Promise<Watched> {
  const collector = await startCollector(scope, storage)
  const load = await startLoad(scope, { port: collector.port, file: await bench.traffic(), perRequest: 100, connections: 8, maxLatencies: 0 })
  const client = await openClient(scope, collector.database)
  const samples: [number, number][] = []
  const started = performance.now()
  const minutes = (): number => (performance.now() - started) / 60_000
  const timer = setInterval(() => samples.push([minutes(), collector.rssMb()]), sampleMs)
  let messages = 0
  try {
    for (let pass = 0; minutes() < bench.minutes;) {
      const { passes, ...slice } = await load.run({ firstPass: pass, seconds: Math.min(sliceS, (bench.minutes - minutes()) * 60) })
      pass += passes
      messages += slice.messages
      bench.progress(`${which}: ${minutes().toFixed(1)} of ${bench.minutes} min, ${collector.rssMb().toFixed(0)} MB, ${count(slice.messages / slice.seconds)}/s`)
      await client.query('truncate path_probe')
    }
  } finally {
    clearInterval(timer)
  }
  const settled = samples.filter(([at]) => at > settling * bench.minutes)
  return { which, maxMb: Math.max(...samples.map(([, mb]) => mb)), mbPerMin: slope(settled), rate: messages / (minutes() * 60), samples }
}
