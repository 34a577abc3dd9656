import { gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import t from 'tap'
import { compression } from '../../src/http/plugins/compression.js'
import { ago, insert, startTestApi } from '../support/api.js'

const { app, pool } = await startTestApi(t)

async function ask (url: string, encoding?: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  const { statusCode: status, headers: told, rawPayload: bytes } = await app.inject({ method, url, headers: { ...headers, ...encoding !== undefined && { 'accept-encoding': encoding } } })
  return { status, headers: told, bytes }
}

async function insertNodes (): Promise<void> {
  await insert(pool, 'nodes', Array.from({ length: 40 }, (_, i) => ({ name: `n-${i}`, kind: 'router', lat: 47 + i / 100, lon: 8, first_seen: ago(60), last_seen: ago(60), last_time: ago(60) })))
}

t.test('text is sent in gzip to who takes it, the same text to others', async (t) => {
  await insertNodes()
  await insert(pool, 'agent_health', Array.from({ length: 60 }, (_, i) => ({ time: ago(i * 600), node: 'n-1', cpu_pct: i })))
  const asset = /"(\/ui\/assets\/style\.[^"]+)"/.exec((await ask('/')).bytes.toString())?.[1] ?? ''
  for (const url of ['/', '/topology', '/nodes', '/nodes.geojson', '/charts/nodes/n-1/cpu_pct/day.svg', '/openapi.json', '/panel.js', asset]) {
    const [plain, small] = [await ask(url), await ask(url, 'deflate, gzip;q=0.5')]
    t.ok(plain.bytes.length >= 2048, url)
    t.equal(small.headers['content-encoding'], 'gzip', url)
    t.equal(Number(small.headers['content-length'] ?? small.bytes.length), small.bytes.length, url)
    t.ok(small.bytes.length < plain.bytes.length / 2, url)
    t.same(gunzipSync(small.bytes), plain.bytes, url)
    t.notOk('content-encoding' in plain.headers, url)
    for (const { headers } of [plain, small]) t.match(headers.vary, /accept-encoding/, url)
    t.equal(small.headers['content-type'], plain.headers['content-type'], url)
  }
})

t.test('who does not name it, or refuses it, is not sent gzip', async (t) => {
  await insertNodes()
  for (const encoding of ['identity', 'br', 'gzip;q=0', 'gzip; q=0.000, *', '*;q=0', 'xgzip', '']) t.notOk('content-encoding' in (await ask('/topology', encoding)).headers, encoding)
  for (const encoding of ['gzip', 'GZIP', 'br, gzip', '*', '*;q=0, gzip;q=0.1', 'gzip;q=0.01']) t.equal((await ask('/topology', encoding)).headers['content-encoding'], 'gzip', encoding)
})

t.test('a short answer is not worth it', async (t) => {
  const { headers, bytes } = await ask('/healthz', 'gzip')
  t.ok(bytes.length < 2048)
  t.notOk('content-encoding' in headers)
})

t.test('the tag of a chart is that of either form, and says 304 of both', async (t) => {
  await insertNodes()
  await insert(pool, 'agent_health', Array.from({ length: 60 }, (_, i) => ({ time: ago(i * 600), node: 'n-1', cpu_pct: i })))
  const url = '/charts/nodes/n-1/cpu_pct/day.svg'
  const [plain, small] = [await ask(url), await ask(url, 'gzip')]
  t.equal(small.headers['content-encoding'], 'gzip')
  t.match(plain.headers.etag, /^W\/"/)
  t.equal(small.headers.etag, plain.headers.etag)
  for (const encoding of ['gzip', 'identity']) {
    const again = await ask(url, encoding, { 'if-none-match': String(plain.headers.etag) })
    t.match(again, { status: 304, headers: { vary: /accept-encoding/ } })
    t.equal(again.bytes.length, 0)
    t.notOk('content-encoding' in again.headers)
  }
})

t.test('what is sent as the same bytes again is compressed once, all else each time', async (t) => {
  const bytes = Buffer.alloc(5000, 'a')
  const bare = Fastify()
  t.teardown(() => bare.close())
  await bare.register(compression)
  bare.get('/bytes', async (_request, reply) => await reply.type('text/css').send(bytes))
  bare.get('/text', async (_request, reply) => await reply.type('text/css').send(bytes.toString()))
  const read = async (url: string) => gunzipSync((await bare.inject({ url, headers: { 'accept-encoding': 'gzip' } })).rawPayload).toString().slice(0, 1)
  t.same([await read('/bytes'), await read('/text')], ['a', 'a'])
  bytes.fill('b')
  t.same([await read('/bytes'), await read('/text')], ['a', 'b'])
})

t.test('what is compressed already, or is no text, is left alone', async (t) => {
  const bare = Fastify()
  t.teardown(() => bare.close())
  await bare.register(compression)
  const text = 'a'.repeat(5000)
  bare.get('/done', async (_request, reply) => await reply.type('text/css').header('content-encoding', 'br').send(text))
  bare.get('/picture', async (_request, reply) => await reply.type('image/png').send(text))
  bare.get('/varied', async (_request, reply) => await reply.type('text/plain').header('vary', 'origin').send(text))
  const ask = async (url: string) => await bare.inject({ url, headers: { 'accept-encoding': 'gzip' } })
  t.match(await ask('/done'), { payload: text, headers: { 'content-encoding': 'br' } })
  const picture = await ask('/picture')
  t.equal(picture.payload, text)
  t.notOk('vary' in picture.headers || 'content-encoding' in picture.headers)
  t.match((await ask('/varied')).headers, { vary: 'origin, accept-encoding', 'content-encoding': 'gzip' })
})

t.test('HEAD tells what GET would', async (t) => {
  await insertNodes()
  const [get, head] = [await ask('/topology', 'gzip'), await ask('/topology', 'gzip', {}, 'HEAD')]
  t.equal(head.headers['content-encoding'], 'gzip')
  t.equal(head.headers['content-length'], get.headers['content-length'])
  t.equal(head.bytes.length, 0)
})
