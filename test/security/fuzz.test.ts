import t from 'tap'
import { startTestCollector } from '../support/collector.js'
import { makeFuzzInput } from '../support/ingest-fuzz.js'
import { countedOf, fuzzIngest, storedOf } from '../support/ingest-fuzz-run.js'

const inputs = 20_000
const seed = Number(process.env['FUZZ_SEED'] ?? 20311)

t.test('an input is the same whenever it is made', async (t) => {
  t.same(makeFuzzInput(seed, 77, 1e12), makeFuzzInput(seed, 77, 1e12))
  t.notSame(makeFuzzInput(seed, 77, 1e12), makeFuzzInput(seed + 1, 77, 1e12))
})

t.test(`${inputs} changed fixtures, seed ${seed}: each is stored, kept as rejected or refused with a reason, and the counts are the database's`, async (t) => {
  const { port, pool } = await startTestCollector(t, { INGEST_MAX_BODY: '256 KiB', INGEST_MAX_MESSAGES: '200' })
  const { sentinels, ...fuzzed } = await fuzzIngest({ port, seed, inputs, senders: 256 })
  t.comment(JSON.stringify(fuzzed))
  t.equal(fuzzed.inputs, inputs)
  t.equal(fuzzed.messages, fuzzed.stored + fuzzed.duplicates + fuzzed.rejected)
  t.ok(fuzzed.stored > inputs / 5 && fuzzed.rejected > inputs / 10 && fuzzed.unreadable > inputs / 50, 'every fate is common')

  const stored = await storedOf(pool, sentinels)
  t.equal(stored.sentinels, sentinels.length, 'good messages beside changed ones')
  t.equal(stored.doubled, 0)
  t.ok(sentinels.length > inputs / 8)
  // A repeat after a 503 may have been kept before.
  if (fuzzed.repeated === 0) {
    t.equal(stored.rejected, fuzzed.rejected + fuzzed.unreadable, 'what was refused is kept')
    t.same(stored.byType, await countedOf(port, Object.keys(stored.byType)), 'what was counted is stored')
  } else t.ok(stored.rejected >= fuzzed.rejected + fuzzed.unreadable, 'what was refused is kept')
  t.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
})
