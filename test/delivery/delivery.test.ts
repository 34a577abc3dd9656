import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import t, { type Test } from 'tap'
import { openDelivery, type Delivery, type DeliveryOptions } from '../../src/delivery/delivery.js'
import { startFakeCollector, type FakeCollector } from '../support/fake-collector.js'
import { until } from '../support/embedded.js'

interface Setup {
  folder: string
  collector: FakeCollector
  /** What was logged. */
  lines: { level: number, msg: string }[]
  open (more?: Partial<DeliveryOptions>): Promise<Delivery>
}

async function setUp (t: Test): Promise<Setup> {
  const folder = join(mkdtempSync(join(tmpdir(), 'delivery-')), 'queue')
  const collector = await startFakeCollector()
  const lines: Setup['lines'] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => { lines.push(JSON.parse(line)) } })
  const opened: Delivery[] = []
  t.teardown(async () => {
    for (const delivery of opened) await delivery.close()
    await collector.close()
    rmSync(join(folder, '..'), { recursive: true, force: true })
  })
  return {
    folder, collector, lines,
    async open (more = {}) {
      const delivery = await openDelivery({ folder, collectorUrl: collector.url, log, now: Date.now, ...more })
      opened.push(delivery)
      return delivery
    },
  }
}

const reading = (n: number, more: object = {}): object => ({ schema: 'meshmon.v1', type: 'radio_metrics', n, ...more })
const numbers = (messages: unknown[]): unknown[] => messages.map((message) => (message as { n: number }).n)
const files = (folder: string): string[] => readdirSync(folder).filter((file) => /\.(open|jsonl)$/.test(file) && !file.startsWith('refused'))

t.test('what is put is sent at once, in order, over one connection, and leaves no file', async (t) => {
  const { folder, collector, open } = await setUp(t)
  const delivery = await open({ token: 'secret' })
  for (let n = 0; n < 25; n++) await delivery.put(reading(n))
  t.equal(await delivery.drain(10_000), true)
  t.same(numbers(collector.messages), Array.from({ length: 25 }, (_, n) => n))
  t.ok(collector.requests.every(({ path, authorization }) => path === '/ingest' && authorization === 'Bearer secret'))
  t.equal(new Set(collector.requests.map(({ socket }) => socket)).size, 1)
  t.match(delivery.status(), { waiting: 0, waitingBytes: 0, oldestMs: null, stored: 25, duplicates: 0, refused: 0, dropped: 0, trouble: null })
  t.ok(Math.abs((delivery.status().lastSuccessMs ?? 0) - Date.now()) < 60_000)
  t.same(files(folder), [])
})

t.test('while the collector is away messages wait on the disk; one line tells of it and one of its end', async (t) => {
  const { folder, collector, lines, open } = await setUp(t)
  let isAway = true
  collector.trouble = (_request, response) => {
    if (isAway) response.writeHead(503, { 'retry-after': '1' }).end('{"detail":"starting"}')
    return isAway
  }
  const first = await open()
  await Promise.all(Array.from({ length: 30 }, (_, n) => first.put(reading(n))))
  await until(() => first.status().trouble !== null && first.status().waiting === 30, 'trouble')
  t.match(first.status().trouble, { reason: 'answers 503: starting' })
  await first.close()
  t.equal(collector.messages.length, 0)
  t.ok(files(folder).length > 0)

  const second = await open()
  await second.put(reading(30))
  await until(() => second.status().trouble !== null, 'trouble')
  isAway = false
  t.equal(await second.drain(10_000), true)
  t.same(numbers(collector.messages), Array.from({ length: 31 }, (_, n) => n), 'the oldest first')
  const told = lines.filter(({ level }) => level >= 30).map(({ msg }) => msg)
  t.equal(told.length, 3, told.join('\n'))
  t.match(told[1], /^the collector at http:\/\/127\.0\.0\.1:\d+\/ingest answers 503: starting; messages wait in .*queue until it takes them$/)
  t.match(told[2], /takes messages again, after \d+ s; 31 waited$/)
})

t.test('refused messages are kept with the reasons of the collector, the others count as stored', async (t) => {
  const { folder, collector, lines, open } = await setUp(t)
  collector.trouble = (_request, response) => {
    response.setHeader('content-type', 'application/json')
      .end(JSON.stringify({ accepted: true, received: 3, stored: 1, duplicates: 1, rejected: [{ index: 1, type: 'radio_metrics', errors: [{ path: '/node', message: 'is missing' }] }] }))
    collector.trouble = (_request, response) => {
      response.writeHead(400, { 'content-type': 'application/problem+json' })
        .end(JSON.stringify({ detail: 'unknown type: x', rejected: [{ index: 0, errors: [] }] }))
      collector.trouble = () => false
      return true
    }
    return true
  }
  const delivery = await open()
  await Promise.all([1, 2, 3].map((n) => delivery.put(reading(n))))
  await delivery.drain(10_000)
  await delivery.put(reading(4))
  await delivery.drain(10_000)
  await delivery.put(reading(5))
  t.equal(await delivery.drain(10_000), true)
  t.match(delivery.status(), { stored: 2, duplicates: 1, refused: 2, waiting: 0 })
  t.same(numbers(collector.messages), [5])
  const kept = readFileSync(join(folder, 'refused.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line))
  t.match(kept, [
    { at: /^\d{4}-.*Z$/, reason: { index: 1, errors: [{ path: '/node' }] }, message: reading(2) },
    { reason: { detail: 'unknown type: x' }, message: reading(4) },
  ])
  t.match(lines.filter(({ msg }) => msg.includes('refused')), [{ level: 40, reasons: [{ errors: [{ message: 'is missing' }] }] }, { level: 40 }])
})

for (const { status, body, told } of [
  { status: 401, body: '{"detail":"token missing"}', told: /answers 401: token missing: set INGEST_TOKEN/ },
  { status: 403, body: '', told: /answers 403: set INGEST_TOKEN/ },
  { status: 404, body: 'no such page', told: /answers 404, as no collector does: set COLLECTOR_URL/ },
  { status: 302, body: '', told: /answers 302, as no collector does: set COLLECTOR_URL/ },
  { status: 200, body: '<html>welcome to the hotel</html>', told: /does not answer as a collector does: set COLLECTOR_URL/ },
  { status: 200, body: '{"received":7,"stored":7,"duplicates":0,"rejected":[]}', told: /does not answer as a collector does/ },
  { status: 400, body: 'Bad Request', told: /answers 400, as no collector does/ },
]) {
  t.test(`an answer ${status} ${body.slice(0, 20)} keeps the message, says what to do, and is tried again`, async (t) => {
    const { collector, lines, open } = await setUp(t)
    let wrong = 2
    collector.trouble = (_request, response) => {
      if (wrong > 0) response.writeHead(status).end(body)
      return wrong-- > 0
    }
    const delivery = await open()
    await delivery.put(reading(1))
    t.equal(await delivery.drain(10_000), true)
    t.same(numbers(collector.messages), [1])
    t.match(lines.filter(({ level }) => level === 40), [{ msg: told }])
    t.equal(delivery.status().refused, 0)
  })
}

t.test('a request that is too large is halved; a message too large by itself is set aside', async (t) => {
  const { folder, collector, open } = await setUp(t)
  collector.trouble = (request, response) => {
    const isLarge = Number(request.headers['content-length']) > 2000
    if (isLarge) response.writeHead(413).end('{"detail":"too large"}')
    return isLarge
  }
  const delivery = await open()
  const messages = Array.from({ length: 40 }, (_, n) => reading(n, { text: 'x'.repeat(n === 20 ? 3000 : 100) }))
  await Promise.all(messages.map((message) => delivery.put(message)))
  t.equal(await delivery.drain(10_000), true)
  t.same(numbers(collector.messages), Array.from({ length: 40 }, (_, n) => n).filter((n) => n !== 20))
  t.match(JSON.parse(readFileSync(join(folder, 'refused.jsonl'), 'utf8')), { reason: /larger than/, message: { n: 20 } })
})

t.test('a torn last line is left out, a broken line is set aside, foreign files stay as they are', async (t) => {
  const { folder, collector, lines, open } = await setUp(t)
  const delivery = await open()
  await delivery.close()
  writeFileSync(join(folder, '00001700000000000-aaaaaaaa.open'), '')
  writeFileSync(join(folder, '01700000000000-aaaaaaaa.open'), `${JSON.stringify(reading(1))}\n{"n": broken\n[1]\n${JSON.stringify(reading(2))}\n{"schema":"mesh`)
  appendFileSync(join(folder, '01700000000001-bbbbbbbb.jsonl'), `${'\0'.repeat(100)}\n${JSON.stringify(reading(3))}\n`)
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  const second = await open({ maxAgeMs: 20 * 365 * 86_400_000 })
  t.equal(await second.drain(10_000), true)
  t.same(numbers(collector.messages), [1, 2, 3])
  t.equal(readFileSync(join(folder, 'notes.txt'), 'utf8'), 'mine')
  t.same(files(folder), ['00001700000000000-aaaaaaaa.open'], 'a name that is not ours')
  t.ok(lines.some(({ msg }) => /left out 15 bytes/.test(msg)))
  t.equal(second.status().refused, 3)
})

t.test('bounds: the oldest messages are dropped, counted and told of once', async (t) => {
  const { collector, lines, open } = await setUp(t)
  let isAway = true
  collector.trouble = (_request, response) => {
    if (isAway) response.writeHead(503).end()
    return isAway
  }
  const delivery = await open({ maxBytes: 80_000 })
  for (let n = 0; n < 200; n++) await delivery.put(reading(n, { text: 'x'.repeat(1000) }))
  await until(() => delivery.status().dropped > 0 && delivery.status().waitingBytes <= 80_000, 'dropped')
  isAway = false
  t.equal(await delivery.drain(60_000), true)
  const { dropped, stored } = delivery.status()
  t.equal(dropped + stored, 200)
  t.ok(stored > 50, `${stored} stored`)
  t.same(numbers(collector.messages), Array.from({ length: stored }, (_, i) => 200 - stored + i), 'the newest ones')
  t.equal(lines.filter(({ msg }) => /has reached 80000 bytes: the oldest messages are dropped/.test(msg)).length, 1)
})

t.test('bounds: messages of more than 7 days are dropped, not those of a clock that was never set', async (t) => {
  const { folder, collector, lines, open } = await setUp(t)
  const delivery = await open()
  await delivery.close()
  const name = (ageMs: number, letter: string): string => `${String(Date.now() - ageMs).padStart(14, '0')}-${letter.repeat(8)}.jsonl`
  writeFileSync(join(folder, name(8 * 86_400_000, 'a')), `${JSON.stringify(reading(1))}\n${JSON.stringify(reading(2))}\n`)
  writeFileSync(join(folder, name(6 * 86_400_000, 'b')), `${JSON.stringify(reading(3))}\n`)
  writeFileSync(join(folder, '00000000060000-cccccccc.jsonl'), `${JSON.stringify(reading(4))}\n`)
  const second = await open()
  t.equal(await second.drain(10_000), true)
  t.same(numbers(collector.messages), [4, 3])
  t.equal(second.status().dropped, 2)
  t.equal(lines.filter(({ msg }) => /older than 7 days are dropped/.test(msg)).length, 1)
})

t.test('two on one folder: both put, one sends, and the other goes on when that one ends', async (t) => {
  const { collector, open } = await setUp(t)
  const [first, second] = [await open(), await open()]
  await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? first : second).put(reading(n))))
  t.equal(await second.drain(20_000), true)
  t.equal(collector.messages.length, 20)
  t.ok([first, second].some((delivery) => delivery.status().stored === 0), 'one sent nothing')
  await first.close()
  await second.put(reading(20))
  t.equal(await second.drain(20_000), true)
  t.equal(collector.messages.length, 21)
  await t.rejects(first.put(reading(21)), { name: 'DeliveryError', message: /closed/ })
})

t.test('a folder that cannot be made is an error that says so', async (t) => {
  const { collector, folder, open } = await setUp(t)
  writeFileSync(folder, 'a file')
  await t.rejects(open(), { name: 'DeliveryError', message: /cannot be made .*DATA_DIR/ })
  rmSync(folder)
  await t.resolves(open())
  t.same(collector.messages, [])
})
