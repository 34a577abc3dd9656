import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Emission } from '../../src/simulate/generate.js'
import { freePort } from '../support/process.js'
import { PostSink } from '../../src/simulate/post.js'
import { startFakeCollector, type FakeCollector } from '../support/fake-collector.js'

function emission (node: number, number: number): Emission {
  return { at: number, node, message: { schema: 'meshmon.v1', type: 'agent_health', node: `n${node}`, sent_at: '2026-11-01T00:00:00Z', cpu_pct: 1, mem_mb: 1, uptime_seconds: number, restart_count: 0, health_score: 100 } }
}

interface Sender { collector: FakeCollector, sink: PostSink, stop: AbortController, waits: number[] }

async function start (t: Test, { token, connections = 2 }: { token?: string, connections?: number } = {}): Promise<Sender> {
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  const stop = new AbortController()
  const waits: number[] = []
  const wait = (ms: number): Promise<void> => {
    waits.push(ms)
    return sleep(Math.min(ms, 5), undefined, { signal: stop.signal }).catch(() => {})
  }
  const sink = new PostSink({ url: collector.url, batch: 10, connections, signal: stop.signal, now: Date.now, wait, ...(token === undefined ? {} : { token }) })
  return { collector, sink, stop, waits }
}

async function send (sink: PostSink, count: number): Promise<void> {
  for (let number = 0; number < count; number++) await sink.write(emission(number % 7, number))
}

t.test('batches arrive over connections kept open, each node in order', async (t) => {
  const { collector, sink } = await start(t, { token: 'secret' })
  await send(sink, 995)
  await sink.close()
  t.equal(collector.messages.length, 995)
  t.match(sink.counts, { messages: 995, stored: 995, duplicates: 0, rejected: 0, retries: 0, unsent: 0 })
  t.ok(collector.requests.every(({ path, authorization, count }) => path === '/ingest' && authorization === 'Bearer secret' && count <= 10))
  t.equal(new Set(collector.requests.map(({ socket }) => socket)).size, 2)
  for (let node = 0; node < 7; node++) {
    const numbers = collector.messages.flatMap((message) => isHealth(message) && message.node === `n${node}` ? [message.uptime_seconds] : [])
    t.same(numbers, [...numbers].sort((x, y) => x - y), `n${node} in order`)
  }
})

function isHealth (message: unknown): message is { node: string, uptime_seconds: number } {
  return typeof message === 'object' && message !== null && 'uptime_seconds' in message && 'node' in message
}

t.test('503, 429 and broken connections are repeated until taken, and nothing is lost or sent twice', async (t) => {
  const { collector, sink } = await start(t)
  let troubles = 0
  collector.trouble = (request, response) => {
    if (troubles++ % 4 === 0 || troubles > 30) return false
    if (troubles % 3 === 0) request.socket.resetAndDestroy()
    else response.writeHead(troubles % 3 === 1 ? 503 : 429, { 'retry-after': '0' }).end()
    return true
  }
  await send(sink, 100)
  await sink.close()
  t.equal(collector.messages.length, 100)
  t.equal(new Set(collector.messages.map((message) => isHealth(message) ? message.uptime_seconds : -1)).size, 100)
  t.ok(sink.counts.retries > 5)
  t.equal(sink.counts.unsent, 0)
})

t.test('where nothing listens it says so at once', async (t) => {
  const stop = new AbortController()
  const sink = new PostSink({ url: new URL(`http://127.0.0.1:${await freePort()}`), batch: 10, connections: 1, signal: stop.signal, now: Date.now, wait: async () => {} })
  await send(sink, 3)
  await t.rejects(sink.close(), { message: /nothing listens at http:.*start the collector, or name it with --url/ })
})

t.test('waits are what Retry-After asks for, else they double, and after 5 min it gives up', async (t) => {
  const { collector, sink, waits } = await start(t, { connections: 1 })
  const headers = [{ 'retry-after': '7' }, {}, {}, {}, { 'retry-after': '3600' }]
  collector.trouble = (_request, response) => {
    const header = headers.shift()
    if (header !== undefined) response.writeHead(503, header).end()
    return header !== undefined
  }
  await send(sink, 10)
  await sink.close()
  t.same(waits, [7000, 500, 1000, 2000, 30_000])

  let clock = 0
  const stop = new AbortController()
  const never = new PostSink({ url: collector.url, batch: 10, connections: 1, signal: stop.signal, now: () => clock, wait: async (ms) => { clock += ms } })
  collector.trouble = (_request, response) => {
    response.writeHead(503).end()
    return true
  }
  await send(never, 3)
  await t.rejects(never.close(), { message: /took nothing for 5 min \(answer 503\): is the collector running/ })
})

t.test('refused messages are counted, a refused sender is an error that names the answer', async (t) => {
  const { collector, sink } = await start(t)
  collector.trouble = (_request, response) => {
    response.writeHead(400, { 'content-type': 'application/problem+json' }).end('{"detail":"all rejected"}')
    return true
  }
  await send(sink, 20)
  await sink.close()
  t.equal(sink.counts.rejected, 20)

  const second = await start(t)
  second.collector.trouble = (_request, response) => {
    response.writeHead(401).end('{"detail":"token missing"}')
    return true
  }
  await send(second.sink, 5)
  await t.rejects(second.sink.close(), { message: /answered 401: .*token missing/ })
})

t.test('an answer that is no collector\'s is an error', async (t) => {
  const { collector, sink } = await start(t)
  collector.trouble = (_request, response) => {
    response.end('<html>hello</html>')
    return true
  }
  await send(sink, 5)
  await t.rejects(sink.close(), { message: /not a collector's answer: <html>/ })
})

t.test('a stop ends the repeating and counts what was not sent', async (t) => {
  const { collector, sink, stop } = await start(t)
  const asked = new Promise<void>((resolve) => {
    collector.trouble = (_request, response) => {
      response.writeHead(503, { 'retry-after': '30' }).end()
      resolve()
      return true
    }
  })
  await send(sink, 15)
  sink.push()
  await asked
  stop.abort()
  await sink.close()
  t.equal(sink.counts.unsent, 15)
  t.equal(sink.counts.stored, 0)
})

t.test('a full lane makes the writer wait', async (t) => {
  const { collector, sink } = await start(t, { connections: 1 })
  let open = (): void => {}
  const gate = new Promise<void>((resolve) => { open = resolve })
  collector.trouble = (_request, response) => {
    collector.trouble = () => false
    gate.then(() => response.writeHead(503, { 'retry-after': '0' }).end(), t.error)
    return true
  }
  let full: Promise<void> | undefined
  let written = 0
  while (full === undefined && written < 1000) full = sink.write(emission(0, written++))
  t.equal(written, 50, 'one batch in flight and four behind it')
  open()
  await full
  await sink.close()
  t.equal(collector.messages.length, 50)
})
