import { connect } from 'node:net'
import t from 'tap'
import { post, sendRaw, startTestCollector } from '../support/collector.js'

const { port, pool } = await startTestCollector(t, {}, { requestTimeoutMs: 20_000 })

let n = 0
const message = (name: string): string => JSON.stringify({ schema: 'meshmon.v1', type: 'worker_event', node: name, sent_at: new Date().toISOString(), event: 'poll_ok' })
const chunked = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`

/** How often each of the nodes is stored. */
async function storedOf (...nodes: string[]): Promise<number[]> {
  const { rows } = await pool.query('select count(worker_event.node)::int as n from unnest($1::text[]) with ordinality as asked (node, at) left join worker_event using (node) group by at order by at', [nodes])
  return rows.map((row) => row.n)
}

/** All that comes back on one connection until the collector closes it, and the statuses in it. Those after the first that closes are not asked for. */
async function exchange (request: string): Promise<{ statuses: number[], text: string }> {
  const chunks: Buffer[] = []
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => { socket.write(request, 'latin1') })
    socket.setTimeout(30_000, () => socket.destroy(new Error(`the connection stays open: ${Buffer.concat(chunks).toString()}`)))
    socket.on('data', (chunk) => chunks.push(chunk)).on('close', () => resolve()).on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error) })
  })
  const text = Buffer.concat(chunks).toString()
  return { statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)), text }
}

interface Names { outer: string, inner: string }

/** The request that a front end would see as part of a body, or not at all. */
const inner = (name: string): string => post(message(name)).toString()
const start = 'POST /ingest HTTP/1.1\r\nHost: c\r\n'

/** What a front end and the collector could read differently. All are refused, and what follows on the connection is not read. */
const refused: Record<string, (names: Names) => string> = {
  'length and chunks': ({ outer, inner: name }) => `${start}Content-Length: ${chunked(message(outer)).length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(message(outer))}${inner(name)}`,
  'chunks and length': ({ inner: name }) => `${start}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${inner(name)}`,
  'two lengths': ({ outer, inner: name }) => `${start}Content-Length: 0\r\nContent-Length: ${message(outer).length}\r\n\r\n${message(outer)}${inner(name)}`,
  'the same length twice': ({ outer, inner: name }) => `${start}Content-Length: ${message(outer).length}\r\nContent-Length: ${message(outer).length}\r\n\r\n${message(outer)}${inner(name)}`,
  'a list of lengths': ({ outer, inner: name }) => `${start}Content-Length: ${message(outer).length}, 0\r\n\r\n${message(outer)}${inner(name)}`,
  'a length with a sign': ({ inner: name }) => `${start}Content-Length: +0\r\n\r\n${inner(name)}`,
  'a length with a letter': ({ inner: name }) => `${start}Content-Length: 0x0\r\n\r\n${inner(name)}`,
  'a length beyond all numbers': ({ inner: name }) => `${start}Content-Length: 18446744073709551617\r\n\r\n${inner(name)}`,
  'a space before the colon': ({ inner: name }) => `${start}Content-Length : 0\r\n\r\n${inner(name)}`,
  'a folded header': ({ inner: name }) => `${start}X: a\r\n Content-Length: 100\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${inner(name)}`,
  'lines without CR': ({ inner: name }) => `POST /ingest HTTP/1.1\nHost: c\nContent-Length: 0\n\n${inner(name)}`,
  'one line without CR': ({ inner: name }) => `${start}X: a\nContent-Length: 0\r\n\r\n${inner(name)}`,
  'CR without LF': ({ inner: name }) => `${start}X: a\rContent-Length: 0\r\n\r\n${inner(name)}`,
  'an unknown transfer encoding': ({ inner: name }) => `${start}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${inner(name)}`,
  'chunked, but not last': ({ inner: name }) => `${start}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${inner(name)}`,
  'two transfer encodings': ({ inner: name }) => `${start}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${inner(name)}`,
  'a tab in the name': ({ inner: name }) => `${start}Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n${inner(name)}`,
  'NUL in a header': ({ inner: name }) => `${start}X: a\0b\r\nContent-Length: 0\r\n\r\n${inner(name)}`,
  'a chunk size beyond all numbers': ({ inner: name }) => `${start}Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n${inner(name)}`,
  'a chunk size that is none': ({ inner: name }) => `${start}Transfer-Encoding: chunked\r\n\r\n-1\r\n${inner(name)}`,
  'a chunk longer than its size': ({ inner: name }) => `${start}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n${inner(name)}`,
  'chunks with bare LF': ({ inner: name }) => `${start}Transfer-Encoding: chunked\r\n\r\n1\n{\r\n0\r\n\r\n${inner(name)}`,
  'a length behind the chunks': ({ outer, inner: name }) => `${start}Transfer-Encoding: chunked\r\n\r\n${message(outer).length.toString(16)}\r\n${message(outer)}\r\n0\r\nContent-Length: 7\r\n\r\n${inner(name)}`,
  'huge chunk extensions': ({ inner: name }) => `${start}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n{\r\n0\r\n\r\n${inner(name)}`,
  'a huge header': ({ inner: name }) => `${start}X: ${'y'.repeat(17_000)}\r\n\r\n${inner(name)}`,
  'too many headers': ({ inner: name }) => `${start}${Array.from({ length: 4000 }, (_, i) => `H${i}: 1`).join('\r\n')}\r\n\r\n${inner(name)}`,
  'NUL in the address': ({ inner: name }) => `POST /ingest\0 HTTP/1.1\r\nHost: c\r\nContent-Length: 0\r\n\r\n${inner(name)}`,
  'two spaces before the version': ({ inner: name }) => `POST /ingest  x HTTP/1.1\r\nHost: c\r\nContent-Length: 0\r\n\r\n${inner(name)}`,
  'a version without number': ({ inner: name }) => `POST /ingest HTTP/1.x\r\nHost: c\r\nContent-Length: 0\r\n\r\n${inner(name)}`,
}

for (const [name, make] of Object.entries(refused)) {
  t.test(`refused, and nothing behind it is read: ${name}`, async (t) => {
    const names = { outer: `outer-${n}`, inner: `inner-${n++}` }
    const { statuses, text } = await exchange(make(names))
    t.equal(statuses.length, 1, `one answer: ${text.slice(0, 200)}`)
    t.ok([400, 413, 431].includes(statuses[0] ?? 0), `${statuses[0]}`)
    t.match(text, /"detail":"\S/)
    t.match(await storedOf(names.inner), [0], 'what was hidden is not stored')
    t.ok((await storedOf(names.outer))[0]! <= 1)
    const next = `next-${n++}`
    t.equal((await sendRaw(port, post(message(next)))).status, 200)
    t.same(await storedOf(next), [1], 'the next connection is served')
  })
}

t.test('taken as it is meant: chunks with extensions and trailers, in any pieces; whole addresses', async (t) => {
  const names = Array.from({ length: 4 }, (_, i) => `plain-${i}`) as [string, string, string, string]
  const pieces = [...message(names[0])].map((one) => `1;a=b\r\n${one}\r\n`).join('')
  const requests = [
    `${start}Connection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n${pieces}0\r\nX: y\r\n\r\n`,
    `${start}Connection: close\r\nTransfer-Encoding: Chunked\r\n\r\n000${chunked(message(names[1]))}`,
    `POST http://c/ingest HTTP/1.1\r\nHost: c\r\nConnection: close\r\nContent-Length: ${message(names[2]).length}\r\n\r\n${message(names[2])}`,
    `${start}X: ${'y'.repeat(15_000)}\r\nConnection: close\r\nContent-Length: ${message(names[3]).length}\r\n\r\n${message(names[3])}`,
  ]
  const answers = []
  for (const request of requests) answers.push((await exchange(request)).statuses)
  t.same(answers, [[200], [200], [200], [200]])
  t.same(await storedOf(...names), [1, 1, 1, 1])
})

t.test('requests that come together are answered in their order, each stored once', async (t) => {
  const names = Array.from({ length: 50 }, (_, i) => `pipelined-${i}`)
  const requests = names.map((name, i) => post(message(name), i < names.length - 1 ? { Connection: 'keep-alive' } : {}).toString())
  const { statuses } = await exchange(requests.join(''))
  t.same(statuses, names.map(() => 200))
  t.same(new Set(await storedOf(...names)), new Set([1]))
})

t.test('a request in a body is a body', async (t) => {
  const body = 'GET /healthz HTTP/1.1\r\nHost: c\r\n\r\n'
  const { statuses } = await exchange(`${start}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`)
  t.same(statuses, [400])
})
