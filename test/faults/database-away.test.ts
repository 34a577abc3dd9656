import { Writable } from 'node:stream'
import pino from 'pino'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config.js'
import { startCollector } from '../../src/server.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { until } from '../support/embedded.js'
import { missingAndMost, startLoad } from '../support/load.js'
import { startProxy } from '../support/proxy.js'

/** Agents wait 10 s. */
const agentWaitMs = 10_000

const database = await createTestDatabase(t)
// A proxy in front of a Unix socket would prove the same; the embedded database's own death is tested in killed-database.
const native = { skip: database.isEmbedded && 'the proxy needs a server with TCP: TEST_EDITION=apache or community' }

/** A collector whose only way to the database is a proxy, which refuses at first. */
async function startBehindProxy (t: Test, { url }: TestDatabase, settings: Record<string, string> = {}) {
  const server = new URL(url)
  const proxy = await startProxy(t, { host: server.hostname, port: Number(server.port) })
  server.host = `127.0.0.1:${proxy.port}`
  const lines: { level: number, msg: string }[] = []
  const log = pino({ level: 'info' }, new Writable({ write: (line, _encoding, done) => { lines.push(JSON.parse(String(line))); done() } }))
  const { config } = loadConfig({ DATABASE_URL: server.href, HOST: '127.0.0.1', PORT: '0', ...settings })
  const collector = await startCollector(config, log)
  t.teardown(async () => {
    // Connections whose bytes vanish would hold up the close.
    proxy.refuse()
    await collector.close()
  })
  const port = Number(new URL(collector.url).port)
  const get = async (path: string): Promise<{ status: number, body: string }> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    return { status: answer.status, body: await answer.text() }
  }
  const isReady = async (): Promise<boolean> => (await get('/readyz')).status === 200
  return { proxy, lines, port, get, isReady, collector }
}

const post = (port: number): Promise<Response> => fetch(`http://127.0.0.1:${port}/ingest`, {
  method: 'POST',
  body: JSON.stringify({ schema: 'meshmon.v1', type: 'path_result', src: 'node-X', dst: 'node-Y', sent_at: new Date().toISOString(), route: [], metrics: {} }),
})

t.test('away at the start: alive, not ready, 503 with Retry-After; it goes on by itself', native, async (t) => {
  const { proxy, lines, port, get, isReady } = await startBehindProxy(t, database)
  await until(async () => /the database does not answer \(\S/.test((await get('/readyz')).body), 'the reason at /readyz')
  t.equal((await get('/healthz')).status, 200)
  t.equal((await get('/readyz')).status, 503)
  for (let i = 0; i < 30; i++) {
    const answer = await post(port)
    t.equal(answer.status, 503)
    t.match(answer.headers.get('retry-after'), /^\d+$/)
    t.match(await answer.json(), { status: 503, detail: 'the database is not ready yet' })
  }
  t.equal(lines.filter(({ msg }) => /the database does not answer \(.+\), trying again/.test(msg)).length, 1, 'one line, however many requests')
  proxy.pass()
  await until(isReady, 'readiness')
  t.equal((await post(port)).status, 200)
})

t.test('away in operation, under load: nothing acknowledged is lost, nothing is there twice', native, async (t) => {
  const { proxy, lines, port, get, isReady } = await startBehindProxy(t, database)
  proxy.pass()
  await until(isReady, 'readiness')
  const load = startLoad(t, () => port)
  for (let outage = 0; outage < 4; outage++) {
    const enough = load.acknowledged.length + 100
    await until(() => load.acknowledged.length > enough, 'acknowledged messages')
    const refused = load.refused.length
    proxy.refuse()
    await until(() => load.refused.length > refused + 20, 'refused messages')
    t.equal((await get('/healthz')).status, 200)
    t.equal((await get('/readyz')).status, 503)
    proxy.pass()
  }
  const enough = load.acknowledged.length + 100
  await until(() => load.acknowledged.length > enough, 'acknowledged messages after the last outage')
  await load.stop()
  t.same(new Set(load.refused), new Set([503]), 'no other answer than 503')
  t.same(await missingAndMost(database.pool, load), { missing: 0, most: 1 })
  t.ok(load.acknowledged.length > 500)
  t.ok(lines.filter(({ msg }) => msg.includes('does not take measurements')).length <= 8, 'a line per outage, not per request')
  t.match(lines.at(-1), { msg: 'the database takes measurements again' })
})

t.test('a connection that swallows everything: answered in time, bounded, and it recovers', native, async (t) => {
  const { proxy, port, get, isReady } = await startBehindProxy(t, database, { INGEST_QUEUE_ROWS: '1000' })
  proxy.pass()
  await until(isReady, 'readiness')
  const load = startLoad(t, () => port)
  await until(() => load.acknowledged.length > 50, 'acknowledged messages')
  proxy.swallow()
  const rows = async (): Promise<number> => JSON.parse((await get('/healthz')).body).queue_rows
  const large = JSON.stringify(Array.from({ length: 400 }, (_, i) => ({ schema: 'meshmon.v1', type: 'worker_event', node: `w-${i}`, sent_at: new Date().toISOString(), event: 'poll_ok' })))
  const answers = await Promise.all(Array.from({ length: 5 }, async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/ingest`, { method: 'POST', body: large })
    return (await answer.json() as { detail: string }).detail
  }))
  t.ok(answers.includes('the queue is full'), 'what does not fit the queue is refused at once')
  t.ok(await rows() <= 1000)
  t.match(await get('/readyz'), { status: 503, body: /does not answer/ })
  const before = load.acknowledged.length
  await until(() => load.refused.length > 8, 'answers of every sender')
  t.equal(load.acknowledged.length, before)
  t.same(new Set(load.refused), new Set([503]))
  proxy.pass()
  await until(() => load.acknowledged.length > before + 50, 'acknowledged messages', 40_000)
  await until(isReady, 'readiness')
  await load.stop()
  t.ok(load.slowestMs() < agentWaitMs, `the slowest answer took ${load.slowestMs()} ms`)
  t.same(await missingAndMost(database.pool, load), { missing: 0, most: 1 })
  await until(async () => await rows() === 0, 'the queue to empty')
})

t.test('a wrong password and a missing database are told, and tried again', native, async (t) => {
  const url = new URL(database.url)
  url.pathname = 'no_such_database'
  const { proxy, lines, get } = await startBehindProxy(t, { ...database, url: url.href })
  proxy.pass()
  await until(async () => /no_such_database.+ does not exist/.test((await get('/readyz')).body), 'the reason at /readyz')
  t.ok(lines.some(({ msg }) => /does not exist.*trying again/.test(msg)))
})
