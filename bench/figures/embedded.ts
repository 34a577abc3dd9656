import { more, type Bench, type Figure } from '../support/bench.js'
import { startLoad } from '../support/load.js'
import { embeddedFolder, startCollector } from '../support/programs.js'
import { within } from '../support/scope.js'
import { count, median } from '../support/stats.js'

const least = 15_000

export async function embedded (bench: Bench): Promise<Figure> {
  const file = await bench.traffic()
  return await within(bench.scope, async (scope) => {
    const collector = await startCollector(scope, embeddedFolder(scope))
    const load = await startLoad(scope, { port: collector.port, file, perRequest: 100, connections: 8, limit: 100_000 * bench.scale })
    const rates: number[] = []
    for (let round = 0; round <= bench.rounds; round++) {
      const { messages, stored, seconds, failures } = await load.run({ firstPass: round })
      if (stored !== messages) throw new Error(`${stored} of ${messages} messages stored: ${JSON.stringify(failures)}`)
      // The first round warms everything up.
      if (round === 0) continue
      rates.push(messages / seconds)
      bench.progress(`round ${round}: ${count(messages / seconds)}/s`)
    }
    return {
      what: 'messages/s through POST /ingest, 100 per request, embedded database',
      measured: `${count(median(rates))}/s`,
      target: `≥ ${count(least)}/s`,
      pass: median(rates) >= least,
      numbers: { embedded_per_s: more(median(rates)) },
      notes: [],
      data: { rates },
    }
  })
}
