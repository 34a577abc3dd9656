import { Writable } from 'node:stream'
import pino from 'pino'
import t from 'tap'
import { post, sendRaw, startTestCollector } from '../support/collector.js'
import { until } from '../support/embedded.js'
import { openSocket, readToEnd } from '../support/misbehave.js'

/** Levels above pino's debug. */
const info = 30

const lines: { level: number, msg: string }[] = []
const log = pino({ level: 'trace' }, new Writable({ write: (line, _encoding, done) => { lines.push(JSON.parse(String(line))); done() } }))
const { port, pool } = await startTestCollector(t, {}, { requestTimeoutMs: 20_000, log })

let n = 0
const good = () => JSON.stringify({ schema: 'meshmon.v1', type: 'path_result', src: `node-${n++}`, dst: 'node-K', sent_at: new Date().toISOString(), route: [], metrics: {} })
const head = 'POST /ingest HTTP/1.1\r\nHost: c\r\n'

t.test('a thousand silent connections and a hundred slow ones stop nobody', async (t) => {
  const opened = await Promise.all(Array.from({ length: 1100 }, () => openSocket(t, port)))
  for (const slow of opened.slice(0, 100)) slow.write(`${head}Content-Length: 8000\r\n\r\n{"schema"`)
  for (const slow of opened.slice(100, 150)) slow.write('POST /ing')
  for (let i = 0; i < 20; i++) t.equal((await sendRaw(port, post(good()))).status, 200)
  t.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
})

t.test('large bodies that arrive slowly share a bounded memory; agents still get in', async (t) => {
  const piece = ' '.repeat(1 << 20)
  const answers: string[] = []
  const before = process.memoryUsage.rss()
  // Forty of 7 MiB would be 280 MiB.
  for (let i = 0; i < 40; i++) {
    const socket = await openSocket(t, port)
    socket.on('data', (chunk) => answers.push(String(chunk).slice(0, 12)))
    socket.write(`${head}Content-Length: 8000000\r\n\r\n`)
    for (let part = 0; part < 7; part++) socket.write(piece)
  }
  await until(() => answers.length >= 20, 'answers to those for whom there is no room')
  t.same(new Set(answers), new Set(['HTTP/1.1 503']))
  t.ok(process.memoryUsage.rss() - before < 250 << 20, `${(process.memoryUsage.rss() - before) >> 20} MiB more, the senders' own included`)
  t.equal((await sendRaw(port, post(good()))).status, 200)
})

t.test('an agent that is gone before its answer leaves no line in the log and its message in the database', async (t) => {
  lines.length = 0
  const { rows: [{ before }] } = await pool.query('select count(*)::int as before from path_probe')
  for (let i = 0; i < 50; i++) {
    const socket = await openSocket(t, port)
    const request = post(good())
    await new Promise((resolve) => { socket.write(request, resolve) })
    if (i % 2) socket.resetAndDestroy()
    else socket.destroy()
  }
  const stored = async () => (await pool.query('select count(*)::int as n from path_probe')).rows[0].n - before
  // A reset may overtake the request itself.
  await until(async () => await stored() >= 25, 'what was sent')
  t.same(lines.filter(({ level }) => level >= info), [])
  const polite = await openSocket(t, port)
  polite.write(post(good()))
  t.match(await readToEnd(polite), /^HTTP\/1.1 200 /)
})

t.test('refused requests leave no line above debug', async (t) => {
  lines.length = 0
  for (const request of [post('{'), '\x16\x03\x01', post('x', { 'Content-Encoding': 'gzip' }), 'GET /%ff HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n']) {
    t.match(await sendRaw(port, request), { status: 400 })
  }
  t.same(lines.filter(({ level }) => level >= info), [])
})
