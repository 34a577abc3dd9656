import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { post, sendRaw, startTestCollector } from '../support/collector.js'
import { until } from '../support/embedded.js'
import { openSocket, readToEnd, writeForEver } from '../support/misbehave.js'

const maxBody = 64 * 1024
const { port, pool } = await startTestCollector(t, { INGEST_MAX_BODY: '64 KiB', INGEST_MAX_MESSAGES: '100' }, { requestTimeoutMs: 1500 })

let n = 0
/** A good message, as JSON, whose fields `text` may add to: `,"x":1`. */
const good = (text = '') => `{"schema":"meshmon.v1","type":"path_result","src":"node-${n++}","dst":"node-K","sent_at":"${new Date().toISOString()}","route":[],"metrics":{}${text}}`

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

/** What one message can have wrong, as fields beside the good ones. */
const badFields: Record<string, string> = {
  'nested too deep': `,"x":${nested(40)}`,
  'nested very deep': `,"x":${nested(20_000)}`,
  __proto__: ',"__proto__":{"polluted":true}',
  constructor: ',"constructor":{"prototype":{"polluted":true}}',
  'wrong type': ',"window_s":"five"',
  'object for text': ',"dst":{"$gt":""}',
  'list for object': ',"agent":[]',
  'huge number': ',"x":1e999',
  'half of a surrogate pair': ',"x":"\\ud800"',
  'half of a surrogate pair in a key': ',"\\udc00":1',
  NUL: ',"x":"a\\u0000b"',
  'NUL in a key': ',"a\\u0000b":1',
}

/** What makes a whole body unreadable. */
const badBodies: Record<string, string | Buffer> = {
  'not JSON': '{"schema":',
  'random bytes': Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919) % 251)),
  'a quote in a name': '{"schema":"meshmon.v1","type":"path_result","src":"the "old" one"}',
  'only NUL': Buffer.alloc(100),
  'a number': '17',
  null: 'null',
  'a string': `"${'x'.repeat(1000)}"`,
  'brackets without end': '['.repeat(60_000),
  'braces without end': '{"a":'.repeat(12_000),
  empty: '',
  'empty lines': '\n\n\n',
}

async function rejectedSince (id: number): Promise<{ reason: string, address: string }[]> {
  return (await pool.query('select reason, address from rejected_messages where id > $1 order by id', [id])).rows
}

async function lastRejected (): Promise<number> {
  return (await pool.query('select coalesce(max(id), 0)::int as id from rejected_messages')).rows[0].id
}

for (const [name, field] of Object.entries(badFields)) {
  t.test(`a message with ${name} is kept as rejected, the good one beside it is stored`, async (t) => {
    const before = await lastRejected()
    const alone = await sendRaw(port, post(good(field)))
    t.equal(alone.status, 400)
    t.match(JSON.parse(alone.body), { status: 400, detail: /\S/ })
    for (const body of [`[${good(field)},${good()}]`, `${good(field)}\n${good()}\n`]) {
      const { status, body: answer } = await sendRaw(port, post(body))
      t.equal(status, 200)
      t.match(JSON.parse(answer), { received: 2, stored: 1, rejected: [{ index: 0 }] })
    }
    const kept = await rejectedSince(before)
    t.match(kept, Array(3).fill({ reason: /\S/, address: '127.0.0.1' }))
    t.equal(kept.length, 3)
    t.notOk('polluted' in {}, 'no object has changed')
  })
}

for (const [name, body] of Object.entries(badBodies)) {
  t.test(`a body that is ${name} gets a clear 400 and is kept`, async (t) => {
    const before = await lastRejected()
    const { status, body: answer, headers } = await sendRaw(port, post(body))
    t.equal(status, 400)
    t.match(headers, 'application/problem+json')
    t.match(JSON.parse(answer), { title: 'Bad Request', detail: /\S/ })
    t.match(await rejectedSince(before), [{ reason: /\S/, address: '127.0.0.1' }])
  })
}

t.test('thousands of unknown fields are kept', async (t) => {
  const fields = Array.from({ length: 4000 }, (_, i) => `,"k${i}":1`).join('')
  t.equal((await sendRaw(port, post(good(fields)))).status, 200)
})

t.test('what is too large gets 413 and leaves a trace', async (t) => {
  const before = await lastRejected()
  const bomb = gzipSync(Buffer.alloc(50 << 20, 0x20), { level: 9 })
  t.ok(bomb.length < maxBody, 'the bomb itself is small')
  const large = ' '.repeat(maxBody + 1)
  const tooLarge: [string, Buffer][] = [
    ['gzip bomb', post(bomb, { 'Content-Encoding': 'gzip' })],
    ['bomb in a bomb', post(gzipSync(bomb), { 'Content-Encoding': 'gzip, gzip' })],
    ['a byte too long', post(large)],
    ['a byte too long, connection kept', post(large, { Connection: 'keep-alive' })],
    ['too many messages', post(`[${Array(101).fill('1').join(',')}]`)],
  ]
  for (const [name, request] of tooLarge) {
    const socket = await openSocket(t, port)
    socket.write(request)
    const [answer] = await once(socket, 'data')
    t.match(String(answer), /^HTTP\/1.1 413 [\s\S]*"detail":"/, name)
  }
  t.equal((await rejectedSince(before)).length, tooLarge.length)
  t.equal((await sendRaw(port, post(`${good()}${' '.repeat(60_000)}`))).status, 200, 'just not too long')
})

t.test('a body with a broken encoding gets 400 or 415 and is kept', async (t) => {
  const before = await lastRejected()
  for (const [encoding, body, expected] of [['gzip', 'not gzip', 400], ['deflate', Buffer.alloc(9, 255), 400], ['br', 'x', 415], ['gzip,gzip,gzip', 'x', 415]] as const) {
    t.equal((await sendRaw(port, post(body, { 'Content-Encoding': encoding }))).status, expected, encoding)
  }
  t.equal((await rejectedSince(before)).length, 4)
})

t.test('a body that ends early is kept with what came of it', async (t) => {
  const before = await lastRejected()
  const request = `POST /ingest HTTP/1.1\r\nHost: c\r\nContent-Length: 500\r\n\r\n${good()}`
  const halfClosed = await openSocket(t, port)
  const answer = readToEnd(halfClosed)
  halfClosed.end(request)
  t.match(await answer, /^HTTP\/1.1 400 [\s\S]*ended before it was whole/)
  const gone = await openSocket(t, port)
  gone.write(request, () => gone.destroy())
  await until(async () => (await rejectedSince(before)).length === 2, 'both in rejected_messages')
  t.match(await rejectedSince(before), Array(2).fill({ reason: /the connection ended in the body, after \d+ bytes/ }))
})

t.test('a body that never ends is answered: too slow 408, too much 413', async (t) => {
  const head = 'POST /ingest HTTP/1.1\r\nHost: c\r\n'
  const slow = await openSocket(t, port)
  const slowAnswer = readToEnd(slow)
  slow.write(`${head}Content-Length: 5000\r\n\r\n{"schema"`)
  const slowHeaders = await openSocket(t, port)
  const headersAnswer = readToEnd(slowHeaders)
  slowHeaders.write(head)
  const chunks = await openSocket(t, port)
  chunks.write(`${head}Transfer-Encoding: chunked\r\n\r\n`)
  writeForEver(chunks, `400\r\n${' '.repeat(1024)}\r\n`)
  const [first] = await once(chunks, 'data')
  t.match(String(first), /^HTTP\/1.1 413 /)
  await until(() => chunks.closed, 'its end')
  t.match(await slowAnswer, /^HTTP\/1.1 408 [\s\S]*did not arrive in time/)
  t.match(await headersAnswer, /^HTTP\/1.1 408 /)
})

t.test('a byte more than was announced does no harm to the message before it', async (t) => {
  for (const rest of ['\0', '\n', '\r\n', '}']) {
    const { status } = await sendRaw(port, Buffer.concat([post(good()), Buffer.from(rest)]))
    t.equal(status, 200, JSON.stringify(rest))
  }
})

t.test('what is not HTTP gets a clear 4xx', async (t) => {
  const head = 'POST /ingest HTTP/1.1\r\nHost: c\r\nConnection: close\r\n'
  const requests: Record<string, [string, number]> = {
    garbage: ['\x16\x03\x01\x02\x00\x01\x00', 400],
    'an unknown method': ['FETCH /ingest HTTP/1.1\r\nHost: c\r\n\r\n', 400],
    'a bad version': ['POST /ingest HTTP/9.9\r\nHost: c\r\n\r\n', 400],
    'huge headers': [`${head}X: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    'a bad length': [`${head}Content-Length: -5\r\n\r\n`, 400],
    'two lengths': [`${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345`, 400],
    'length and chunks': [`${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    'a bad chunk': [`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n`, 400],
    'a bad address': ['GET /nodes/%ff HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n', 400],
    'no such route': ['GET /../../etc/passwd HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n', 404],
    'another method': ['PUT /ingest HTTP/1.1\r\nHost: c\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}', 404],
  }
  for (const [name, [request, expected]] of Object.entries(requests)) {
    const socket = await openSocket(t, port)
    const answer = readToEnd(socket)
    socket.write(request, 'latin1')
    t.match(await answer, new RegExp(`^HTTP/1.1 ${expected} [\\s\\S]*application/problem\\+json[\\s\\S]*"detail":"\\S`), name)
  }
  t.equal((await sendRaw(port, post(good()))).status, 200)
})
