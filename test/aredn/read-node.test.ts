import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { isNetwork, parseRanges } from '../../src/aredn/ranges.js'
import { defaultLimits, readNode, readPage, type ReadLimits } from '../../src/aredn/read-node.js'

const answer = { api_version: '2.0', node: 'a', node_details: {} }

async function listen (t: Test, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

interface Over { signal?: AbortSignal, limits?: Partial<ReadLimits>, addresses?: string[], ranges?: string[], host?: string }

async function readAt (port: number, { signal, limits = {}, addresses = ['127.0.0.1'], ranges = ['127.0.0.1/32'], host = 'hb9x.local.mesh' }: Over = {}) {
  return await readNode(host, 'lqm=1', {
    ranges: parseRanges(ranges), resolve: async () => addresses, port, userAgent: 'meshmon/test', limits: { ...defaultLimits, ...limits }, ...(signal && { signal }),
  })
}

/** A node's web server, and what it was asked for. */
async function node (t: Test, listener: RequestListener): Promise<{ port: number, asked: string[] }> {
  const asked: string[] = []
  const port = await listen(t, createHttpServer((request, response) => {
    asked.push(`${request.headers.host?.split(':')[0]} ${request.headers['user-agent']} ${request.url}`)
    listener(request, response)
  }))
  return { port, asked }
}

/** A server that writes these bytes to whoever connects, and ends or stays. */
async function rawNode (t: Test, bytes: string, ends: boolean): Promise<number> {
  return await listen(t, createServer((socket) => { socket.once('data', () => ends ? socket.end(bytes) : socket.write(bytes)) }))
}

t.test('an answer of a node, asked by its name and once', async (t) => {
  const { port, asked } = await node(t, (_, response) => response.end(JSON.stringify(answer)))
  const outcome = await readAt(port)
  t.match(outcome, { ok: true, address: '127.0.0.1', sysinfo: answer })
  t.ok(outcome.bytes > 200, `${outcome.bytes} bytes went over the mesh`)
  t.same(asked, ['hb9x.local.mesh meshmon/test /a/sysinfo?lqm=1'])
})

t.test('firmware 3.x has it at another address, and redirects on the node are followed', async (t) => {
  const old = await node(t, (request, response) => request.url?.startsWith('/cgi-bin/') ? response.end(JSON.stringify(answer)) : response.writeHead(404).end())
  t.match(await readAt(old.port), { ok: true, requests: 2 })
  t.equal(old.asked.length, 2)
  const moved = await node(t, (request, response) => request.url?.startsWith('/new') ? response.end(JSON.stringify(answer)) : response.writeHead(307, { location: '/new?lqm=1' }).end())
  t.match(await readAt(moved.port), { ok: true })
})

t.test('what C programs print for a number that is none is null, and a BOM is skipped', async (t) => {
  const { port } = await node(t, (_, response) => response.end('\ufeff{"api_version":"2.0","node":"nan","lat":-nan,"lon":inf,"node_details":{}}\n'))
  t.match(await readAt(port), { ok: true, sysinfo: { node: 'nan', lat: null, lon: null } })
})

t.test('a reading is given up when somebody asks for that, before and while it is under way', async (t) => {
  const stop = new AbortController()
  const { port, asked } = await node(t, () => stop.abort())
  t.match(await readAt(port, { signal: stop.signal }), { ok: false, requests: 1, detail: 'given up' })
  t.match(await readAt(port, { signal: stop.signal }), { ok: false, requests: 0, detail: 'given up' })
  t.equal(asked.length, 1)
  t.match(await readAt(port, { signal: new AbortController().signal, limits: { wholeMs: 50 } }), { ok: false, requests: 1, detail: /no whole answer/ })
})

t.test('no request leaves the ranges, whatever a name or a redirect says', async (t) => {
  const { port, asked } = await node(t, (_, response) => response.end(JSON.stringify(answer)))
  t.match(await readAt(port, { ranges: ['10.0.0.0/8'] }), { ok: false, failure: 'outside', address: null, bytes: 0 })
  t.match(await readAt(port, { addresses: [] }), { ok: false, failure: 'outside' })
  t.same(asked, [])
  t.match(await readAt(port, { addresses: ['192.0.2.1', '127.0.0.1'] }), { ok: true, address: '127.0.0.1' }, 'of several addresses the one in the ranges')
  t.equal(asked.length, 1)

  const foreign = [`http://127.0.0.1:${port}/`, `http://other.local.mesh:${port}/`, '//other/', 'https://hb9x.local.mesh/', 'http://hb9x.local.mesh:1/', 'file:///etc/passwd', 'http://[']
  for (const location of foreign) {
    const bad = await node(t, (_, response) => response.writeHead(302, { location }).end())
    t.match(await readAt(bad.port), { ok: false, failure: 'redirect' }, location)
    t.equal(bad.asked.length, 1)
  }
  t.equal(asked.length, 1, 'nobody else was asked')
})

t.test('redirects in a circle end', async (t) => {
  const { port, asked } = await node(t, (_, response) => response.writeHead(302, { location: '/a/sysinfo' }).end())
  t.match(await readAt(port), { ok: false, failure: 'redirect', detail: 'more than 3 redirects' })
  t.equal(asked.length, 4)
})

t.test('answers that are none', async (t) => {
  for (const [body, detail] of [['<html>login</html>', /not JSON/], ['{"error":"busy"}', /no sysinfo/], ['[]', /no sysinfo/], ['null', /no sysinfo/], ['', /not JSON/], [JSON.stringify(answer).slice(0, -1), /not JSON/]] as const) {
    const { port } = await node(t, (_, response) => response.end(body))
    t.match(await readAt(port), { ok: false, failure: 'not_sysinfo', detail }, body)
  }
  const { port } = await node(t, (_, response) => response.writeHead(500).end(JSON.stringify(answer)))
  t.match(await readAt(port), { ok: false, failure: 'status', detail: 'status 500' })
})

t.test('endless, cut-off and silent answers end by the limits', async (t) => {
  const endless = await node(t, (_, response) => {
    const more = (): boolean => response.destroyed || !response.write('x'.repeat(65_536)) || more()
    response.on('drain', more)
    more()
  })
  const outcome = await readAt(endless.port)
  t.match(outcome, { ok: false, failure: 'too_large' })
  t.ok(outcome.bytes < 8 * 1024 ** 2, 'reading stopped')
  t.match(await readAt(await rawNode(t, 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"api', true)), { ok: false, failure: 'cut_off' })
  t.match(await readAt(await rawNode(t, 'SSH-2.0-dropbear\r\n', true)), { ok: false, failure: 'unreachable' })
  for (const bytes of ['', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"api']) {
    t.match(await readAt(await rawNode(t, bytes, false), { limits: { wholeMs: 100 } }), { ok: false, failure: 'timeout', detail: 'no whole answer within 0.1 s' })
  }
})

t.test('bodies that are longer or shorter than they say, broken chunks and a length that is none', async (t) => {
  const body = JSON.stringify(answer)
  const broken: [string, object][] = [
    [`Content-Length: 5\r\n\r\n${body}`, { ok: false, failure: 'not_sysinfo' }],
    [`Content-Length: ${body.length + 9}\r\n\r\n${body}`, { ok: false, failure: 'cut_off' }],
    [`Content-Length: -1\r\n\r\n${body}`, { ok: false, failure: 'unreachable' }],
    [`Transfer-Encoding: chunked\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`, { ok: false, failure: 'cut_off' }],
    [`Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`, { ok: true }],
    [`\r\n${body}`, { ok: true }],
  ]
  for (const [rest, expected] of broken) t.match(await readAt(await rawNode(t, `HTTP/1.1 200 OK\r\n${rest}`, true)), expected, rest.slice(0, 40))
})

t.test('another page of a node, by the same limits', async (t) => {
  const { port, asked } = await node(t, (request, response) => request.url === '/cgi-bin/health' ? response.end('{"type":"agent_health"}') : response.end('<html>'))
  const options = { ranges: parseRanges(['127.0.0.1/32']), resolve: async () => ['127.0.0.1'], port, userAgent: 'meshmon/test', limits: defaultLimits }
  t.match(await readPage('x', '/cgi-bin/health', options), { ok: true, page: { type: 'agent_health' }, requests: 1 })
  t.match(await readPage('x', '/cgi-bin/other', options), { ok: false, failure: 'not_sysinfo' })
  t.match(await readPage('x', '/cgi-bin/health', { ...options, ranges: parseRanges(['10.0.0.0/8']) }), { ok: false, failure: 'outside' })
  t.equal(asked.length, 2)
})

t.test('a name that nobody knows, one that never resolves, a closed port', async (t) => {
  const options = { ranges: parseRanges(['127.0.0.1/32']), port: 1, userAgent: 'meshmon/test', limits: { ...defaultLimits, wholeMs: 100 } }
  t.match(await readNode('x', '', { ...options, resolve: async () => { throw new Error('ENOTFOUND') } }), { ok: false, failure: 'unknown_host' })
  t.match(await readNode('x', '', { ...options, resolve: async () => await new Promise(() => {}) }), { ok: false, failure: 'timeout' })
  t.match(await readNode('x', '', { ...options, resolve: async () => ['127.0.0.1'] }), { ok: false, failure: 'unreachable', address: '127.0.0.1' })
})

t.test('ranges', async (t) => {
  const ranges = parseRanges(['10.0.0.0/8', '172.16.0.0/12', 'fd00::/8'])
  for (const inside of ['10.0.0.1', '10.255.255.255', '172.31.1.1', 'fd12::1']) t.ok(ranges.includes(inside), inside)
  for (const outside of ['11.0.0.1', '127.0.0.1', '172.32.0.1', '169.254.169.254', 'fe80::1', '::1', 'hb9x', '', '10.1', '0x0a000001']) t.notOk(ranges.includes(outside), outside)
  for (const bad of ['', '10.0.0.0', '10.0.0.0/33', '10.0.0.0/8/8', 'mesh/8', '10.0.0.0/x', '10.0.0.0/']) t.notOk(isNetwork(bad), bad)
  for (const good of ['10.0.0.0/8', '10.0.0.0/0', 'fd00::/8']) t.ok(isNetwork(good), good)
  t.notOk(parseRanges([]).includes('10.0.0.1'))
})
