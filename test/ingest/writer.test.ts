import t, { type Test } from 'tap'
import type { Arrival } from '../../src/ingest/arrival.js'
import type { Outcome } from '../../src/ingest/flush.js'
import { createWriter, Unavailable, type Store, type WriterOptions } from '../../src/ingest/writer.js'
import type { NormalisedMessage, Row } from '../../src/messages/tables.js'

const row: Row = {
  table: 'radio_metrics',
  values: { time: 1, received_at: 1, sent_at: null, clock_suspect: false, node: 'n', metric: 'bat', value: 1 },
}

function arrival (rows = 1): Arrival {
  const message: NormalisedMessage = { type: 'radio_metrics', rows: Array(rows).fill(row), sightings: [], neighbours: [], skippedProbes: 0, clockSuspect: false }
  return { message, raw: () => Buffer.from('{}'), receivedAt: 1, address: null }
}

const submission = (...arrivals: Arrival[]) => ({ arrivals, rejected: [] })

/** A store whose every call waits to be let go, or to fail. */
function gatedStore () {
  const calls: { arrivals: Arrival[], finish: () => void, fail: (error: Error) => void }[] = []
  const store: Store = (arrivals) => new Promise((resolve, reject) => {
    calls.push({ arrivals, finish: () => resolve(new Map(arrivals.map((a) => [a, 'stored' as Outcome]))), fail: reject })
  })
  return { calls, store }
}

function writerOver (store: Store, options: Partial<WriterOptions> = {}) {
  const failures: Error[] = []
  const writer = createWriter(store, { queueRows: 10, flushRows: 4, flushMs: 0, parallel: 1, waitMs: 1000, answerMs: 60_000, now: Date.now, ...options },
    { onFlush: () => {}, onFailure: (error) => failures.push(error) })
  return { writer, failures }
}

async function until (t: Test, condition: () => boolean) {
  for (let i = 0; i < 1000 && !condition(); i++) await new Promise((resolve) => setImmediate(resolve))
  t.ok(condition(), 'came about')
}

t.test('requests that come together share one transaction, each gets its own outcomes', async (t) => {
  const { calls, store } = gatedStore()
  const { writer } = writerOver(store)
  const both = Promise.all([writer.submit(submission(arrival(), arrival())), writer.submit(submission(arrival()))])
  await until(t, () => calls.length === 1)
  t.equal(calls[0]!.arrivals.length, 3)
  calls[0]!.finish()
  t.same(await both, [['stored', 'stored'], ['stored']])
  t.equal(writer.queuedRows, 0)
})

t.test('flushRows ends the wait early; what does not fit goes with the next', async (t) => {
  const { calls, store } = gatedStore()
  const { writer } = writerOver(store)
  const first = writer.submit(submission(arrival(3)))
  t.equal(calls.length, 0, 'three of four rows wait')
  const second = writer.submit(submission(arrival(3)))
  t.equal(calls.length, 1, 'the fourth is reached')
  t.equal(calls[0]!.arrivals.length, 1, 'a submission is not torn apart')
  calls[0]!.finish()
  await first
  await until(t, () => calls.length === 2)
  calls[1]!.finish()
  t.same(await second, ['stored'])
})

t.test('after a pause a row does not wait; soon after a flush it waits for others', async (t) => {
  const { calls, store } = gatedStore()
  const { writer } = writerOver(store, { flushMs: 1_000_000 })
  const first = writer.submit(submission(arrival()))
  await until(t, () => calls.length === 1)
  const [second, third] = [writer.submit(submission(arrival())), writer.submit(submission(arrival()))]
  calls[0]!.finish()
  await first
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(calls.length, 1)
  const fourth = writer.submit(submission(arrival(2)))
  t.equal(calls[1]?.arrivals.length, 3, 'until flushRows wait')
  calls[1]!.finish()
  t.same(await Promise.all([second, third, fourth]), [['stored'], ['stored'], ['stored']])
})

t.test('a full queue turns away, and takes again when there is room', async (t) => {
  const { calls, store } = gatedStore()
  const { writer } = writerOver(store)
  const taken = writer.submit(submission(arrival(8)))
  await t.rejects(writer.submit(submission(arrival(3))), new Unavailable('the queue is full', 2))
  const fits = writer.submit(submission(arrival(2)))
  calls[0]!.finish()
  await taken
  await until(t, () => calls.length === 2)
  calls[1]!.finish()
  t.same(await fits, ['stored'])
})

t.test('one request larger than the queue is taken when nothing else waits', async (t) => {
  const { calls, store } = gatedStore()
  const { writer } = writerOver(store)
  const large = writer.submit(submission(arrival(50)))
  calls[0]!.finish()
  t.same(await large, ['stored'])
})

t.test('a failed transaction answers its own requests only; the writer goes on', async (t) => {
  const { calls, store } = gatedStore()
  const { writer, failures } = writerOver(store)
  const lost = writer.submit(submission(arrival(4)))
  const next = writer.submit(submission(arrival(4)))
  calls[0]!.fail(new Error('connection refused'))
  await t.rejects(lost, { name: 'Unavailable', retryAfterS: 5 })
  await until(t, () => calls.length === 2)
  calls[1]!.finish()
  t.same(await next, ['stored'])
  t.match(failures, [{ message: 'connection refused' }])
  t.equal(writer.queuedRows, 0)
})

t.test('who waited too long behind a slow transaction is turned away, not stored late', async (t) => {
  const { calls, store } = gatedStore()
  let nowMs = 0
  const { writer } = writerOver(store, { now: () => nowMs })
  const slow = writer.submit(submission(arrival(4)))
  const late = writer.submit(submission(arrival(4)))
  nowMs = 1001
  calls[0]!.finish()
  await slow
  await t.rejects(late, { name: 'Unavailable' })
  t.equal(calls.length, 1)
  t.equal(writer.queuedRows, 0)
})

t.test('who waits for a transaction that does not end is answered in time, and its rows count until it ends', async (t) => {
  const { calls, store } = gatedStore()
  const { writer } = writerOver(store, { answerMs: 1 })
  await t.rejects(writer.submit(submission(arrival(4))), { name: 'Unavailable', message: 'the database does not answer in time', retryAfterS: 5 })
  t.equal(writer.queuedRows, 4)
  calls[0]!.finish()
  await until(t, () => writer.queuedRows === 0)
})

t.test('a second transaction runs beside the first when enough rows wait', async (t) => {
  const { calls, store } = gatedStore()
  const { writer } = writerOver(store, { parallel: 2, queueRows: 100 })
  const first = writer.submit(submission(arrival(4)))
  const small = writer.submit(submission(arrival(1)))
  t.equal(calls.length, 1, 'one row is not worth it')
  const large = writer.submit(submission(arrival(3)))
  t.equal(calls.length, 2)
  const third = writer.submit(submission(arrival(4)))
  t.equal(calls.length, 2, 'no more than two')
  calls[1]!.finish()
  t.same(await Promise.all([small, large]), [['stored'], ['stored']])
  calls[0]!.finish()
  await first
  await until(t, () => calls.length === 3)
  calls[2]!.finish()
  t.same(await third, ['stored'])
})

t.test('close writes what waits, then takes no more', async (t) => {
  const { calls, store } = gatedStore()
  const { writer } = writerOver(store, { flushMs: 1_000_000 })
  const waiting = writer.submit(submission(arrival()))
  const closing = writer.close()
  await t.rejects(writer.submit(submission(arrival())), /stopping/)
  calls[0]!.finish()
  await closing
  t.same(await waiting, ['stored'])
})
