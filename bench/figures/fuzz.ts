import { countedOf, fuzzIngest, storedOf } from '../../test/support/ingest-fuzz-run.js'
import { createPool } from '../../src/database/pool.js'
import { unmeasured, type Bench, type Figure } from '../support/bench.js'
import { startCollector } from '../support/programs.js'
import { createNativeDatabase } from '../support/servers.js'
import { count } from '../support/stats.js'

const inputs = 1_000_000
const seed = 20311
const senders = 256
const what = `${count(inputs)} changed fixtures sent to /ingest`
const target = 'no 500, none lost, none doubled'

/** Bodies that are broken in every way; an answer that should not be, or a count that differs from the database's, fails the figure. */
export async function fuzzedIngest (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  const url = await createNativeDatabase(bench.scope, server)
  const collector = await startCollector(bench.scope, { url }, { INGEST_MAX_BODY: '256 KiB', INGEST_MAX_MESSAGES: '200' })
  const db = createPool({ connectionString: url, applicationName: 'bench', max: 1 }, { warn: () => {} })
  bench.scope.teardown(() => db.end())
  const began = performance.now()
  const rssBeforeMb = collector.rssMb()
  const { sentinels, ...fuzzed } = await fuzzIngest({
    port: collector.port, seed, inputs: Math.round(inputs * bench.scale), senders, progress: ({ inputs: sent, statuses }) => bench.progress(`${count(sent)}: ${JSON.stringify(statuses)}, ${collector.rssMb().toFixed(0)} MB`),
  })
  const perS = fuzzed.inputs / (performance.now() - began) * 1000
  const stored = await storedOf(db, sentinels)
  const counted = await countedOf(collector.port, Object.keys(stored.byType))
  const kept = fuzzed.rejected + fuzzed.unreadable
  const agrees = Object.entries(stored.byType).every(([type, rows]) => rows === counted[type])
  return {
    what: `${count(fuzzed.inputs)} changed fixtures sent to /ingest`,
    measured: `${count(fuzzed.stored)} stored, ${count(fuzzed.duplicates)} duplicates, ${count(stored.rejected)} kept as rejected, ${stored.doubled} doubled, ${count(perS)} requests/s`,
    target,
    pass: stored.sentinels === sentinels.length && stored.doubled === 0 && (fuzzed.repeated > 0 ? stored.rejected >= kept : stored.rejected === kept && agrees),
    notes: [
      `seed ${seed}; answers ${JSON.stringify(fuzzed.statuses)}, of them ${count(fuzzed.repeated)} 503 that were sent again`, `all of ${count(sentinels.length)} good messages beside changed ones are stored`,
      `the collector grew from ${rssBeforeMb.toFixed(0)} to ${collector.rssMb().toFixed(0)} MB`, server.description,
    ],
    data: { seed, ...fuzzed, sentinels: sentinels.length, database: stored, counted, perS },
  }
}
