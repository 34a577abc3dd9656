import { networkInterfaces } from 'node:os'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { longestAnswer, post, sendRaw, startTestCollector } from '../support/collector.js'

/** One for all tests that need no settings of their own; they keep apart by the names of their nodes. */
const { port, pool } = await startTestCollector(t)

const hasIPv6 = Object.values(networkInterfaces()).flat().some((own) => own?.family === 'IPv6')

const window = (fields: object = {}) => ({
  schema: 'meshmon.v1', type: 'path_result', src: 'node-A', dst: 'node-K', sent_at: new Date().toISOString(), route: ['node-A', 'node-K'], metrics: { rtt_ms_avg: 20 }, ...fields,
})

t.test('the answer counts messages', async (t) => {
  const [a, b] = [window(), window({ src: 'node-B' })]
  const answer = async (body: unknown) => JSON.parse((await sendRaw(port, post(JSON.stringify(body)))).body)
  t.same(await answer(a), { accepted: true, received: 1, stored: 1, duplicates: 0, rejected: [] })
  t.same(await answer([a, b, { ...a, metrics: { loss_pct: 101 } }]), {
    accepted: true, received: 3, stored: 1, duplicates: 1, rejected: [{ index: 2, type: 'path_result', errors: [{ path: '/metrics/loss_pct', message: 'must be <= 100' }] }],
  })
  t.same(await answer([b, b]), { accepted: true, received: 2, stored: 0, duplicates: 2, rejected: [] })
  t.match(await answer({ schema: 'meshmon.v1', type: 'x' }), { title: 'Bad Request', status: 400, detail: 'unknown type: x', rejected: [{ index: 0, type: 'x' }] })
  t.match(await answer({ ...a, schema: 'meshmon.v9' }), { status: 400, detail: 'unknown schema: meshmon.v9' })
})

t.test('the content type does not matter, the encoding does', async (t) => {
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain; charset=x', 'nonsense', 'application/json; charset="']) {
    const { status } = await sendRaw(port, post(JSON.stringify(window()), { 'Content-Type': type }))
    t.equal(status, 200, type)
  }
  t.equal((await sendRaw(port, post(JSON.stringify(window())))).status, 200, 'none')
  t.equal((await sendRaw(port, post(gzipSync(JSON.stringify(window())), { 'Content-Encoding': 'gzip' }))).status, 200, 'gzip')
  t.equal((await sendRaw(port, post(gzipSync(JSON.stringify(window())).subarray(0, 40), { 'Content-Encoding': 'gzip' }))).status, 400, 'cut off')
  t.equal((await sendRaw(port, post('x', { 'Content-Encoding': 'br' }))).status, 415)
  const bomb = gzipSync(Buffer.alloc(64 * 1024 ** 2, 0x20))
  t.equal((await sendRaw(port, post(bomb, { 'Content-Encoding': 'gzip' }))).status, 413, 'a bomb is stopped at the limit')
  t.equal((await sendRaw(port, post(''))).status, 400, 'an empty body')
})

t.test('HTTP/1.1 without a Host is taken, as HTTP/1.0 is', async (t) => {
  const { port } = await startTestCollector(t)
  const body = JSON.stringify(window())
  for (const version of ['1.1', '1.0']) {
    const { status } = await sendRaw(port, Buffer.from(`POST /ingest HTTP/${version}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`))
    t.equal(status, 200, version)
  }
})

t.test('limits on size and number', async (t) => {
  const { port } = await startTestCollector(t, { INGEST_MAX_BODY: '100 KiB', INGEST_MAX_MESSAGES: '10' })
  const many = (n: number) => JSON.stringify(Array.from({ length: n }, (_, i) => window({ src: `node-${i}` })))
  t.equal((await sendRaw(port, post(many(10)))).status, 200)
  t.equal((await sendRaw(port, post(many(11)))).status, 413)
  t.equal((await sendRaw(port, post(`"${'x'.repeat(101 * 1024)}"`))).status, 413)
})

t.test('a single refusal fits one read of the oldest agent', async (t) => {
  const wide = '\u{1f600}'.repeat(100)
  for (const body of [
    window({ src: 'x'.repeat(200) }), window({ type: 'y'.repeat(3000) }), window({ metrics: { loss_pct: 'z'.repeat(3000) } }), window({ type: wide }), window({ type: '"\\'.repeat(100) }),
    window({ schema: wide, type: wide }), window({ [wide]: { [wide]: '\ud800' } }), window({ ['\u20ac'.repeat(200)]: { constructor: 1 } }),
  ]) {
    const { status, bytes } = await sendRaw(port, post(JSON.stringify(body)))
    t.equal(status, 400)
    t.ok(bytes <= longestAnswer, `${bytes} bytes`)
  }
})

t.test('names that only the database takes for one hold up nothing', async (t) => {
  const { port, pool } = await startTestCollector(t)
  const names = ['\u039f\u0394\u039f\u03a3', '\u03bf\u03b4\u03bf\u03c3', '\u0130x', 'ix', 'node-A']
  const { rows: [folded] } = await pool.query('select count(distinct lower(name))::int as n from unnest($1::text[]) as u(name)', [names])
  t.equal(folded.n, 3, 'the database folds them into three')
  const { status, body } = await sendRaw(port, post(JSON.stringify(names.map((src) => window({ src })))))
  t.equal(status, 200)
  t.match(JSON.parse(body), { received: 5, stored: 5 })
  const { rows: [nodes] } = await pool.query('select count(*)::int as n from nodes')
  t.equal(nodes.n, 3)
})

t.test('a message that only the database refuses is found and kept, the others beside it are stored', async (t) => {
  const { port, pool } = await startTestCollector(t)
  await pool.query('alter table path_probe add constraint never_66 check (loss_pct <> 66)')
  const messages = [0, 66, 1].map((loss, i) => window({ src: `node-${i}`, metrics: { loss_pct: loss } }))
  const { status, body } = await sendRaw(port, post(JSON.stringify(messages)))
  t.equal(status, 200)
  t.match(JSON.parse(body), { received: 3, stored: 2, duplicates: 0, rejected: [{ index: 1, type: 'path_result', detail: /^the database refused it: .*never_66/ }] })
  t.same((await pool.query('select src from path_probe order by src')).rows, [{ src: 'node-0' }, { src: 'node-2' }])
  t.match((await pool.query('select reason, body from rejected_messages')).rows, [{ reason: /never_66/, body: Buffer.from(JSON.stringify(messages[1])) }])
})

t.test('names keep the spelling first seen, addresses become their node', async (t) => {
  const { port, pool } = await startTestCollector(t)
  const sentAt = new Date().toISOString()
  const health = { schema: 'meshmon.v1', type: 'agent_health', node: 'Relay-7', sent_at: sentAt }
  t.equal((await sendRaw(port, post(JSON.stringify(health)))).status, 200)
  const probes = [
    { dst_node: '', dst_ip: '127.0.0.1', timestamp: sentAt, rtt_ms_avg: 451, jitter_ms: 99, loss_pct: 0, path: [] },
    { dst_node: '', dst_ip: '10.9.9.9', timestamp: sentAt, rtt_ms_avg: 451, jitter_ms: 99, loss_pct: 0, path: [] },
  ]
  const status = { schema: 'meshmon.v1', type: 'network_status', node: 'RELAY-7', sent_at: sentAt, probes }
  t.equal((await sendRaw(port, post(JSON.stringify(status)))).status, 200)
  const { rows } = await pool.query('select src, dst, peer, extra from path_probe order by peer')
  t.match(rows, [
    { src: 'Relay-7', dst: '10.9.9.9', peer: '10.9.9.9' },
    { src: 'Relay-7', dst: 'Relay-7', peer: '127.0.0.1', extra: { raw: { dst: '127.0.0.1' } } },
  ])
  const { rows: nodes } = await pool.query('select name, kind, address from nodes')
  t.same(nodes, [{ name: 'Relay-7', kind: 'router', address: '127.0.0.1' }])
})

t.test('what messages say of their node is kept', async (t) => {
  const send = async (message: object) => t.equal((await sendRaw(port, post(JSON.stringify(message)))).status, 200)
  const node = async () => (await pool.query('select version, model, lat, info, last_time is not null as timed, last_seen >= first_seen as ordered from nodes where name = \'speaker\'')).rows
  const sentAt = new Date().toISOString()
  await send(window({ src: 'speaker', agent: { ver: '0.1.0', cpu_pct: 4.2, mem_mb: 6.8 } }))
  t.match(await node(), [{ version: '0.1.0', model: null, timed: true, ordered: true, info: { agent: { ver: '0.1.0' } } }])
  await send({ schema: 'meshmon.v1', type: 'agent_health', node: 'SPEAKER', sent_at: sentAt, firmware_version: '3.24', hardware_model: 'hAP', lat: '47.5', lon: '8.2' })
  await send(window({ src: 'speaker', agent: { ver: '0.1.1' } }))
  t.match(await node(), [{ version: '3.24', model: 'hAP', lat: 47.5 }], 'the firmware version stays')
})

t.test('a time that cannot be true is replaced, and such a message is never a duplicate', async (t) => {
  const body = JSON.stringify(window({ src: 'clockless', sent_at: '1970-01-01T00:01:40Z' }))
  for (let i = 0; i < 2; i++) t.match(JSON.parse((await sendRaw(port, post(body))).body), { stored: 1, duplicates: 0 })
  const { rows } = await pool.query('select clock_suspect, sent_at = \'1970-01-01T00:01:40Z\' as kept, time = received_at or time > received_at as moved from path_probe where src = \'clockless\'')
  t.same(rows, Array(2).fill({ clock_suspect: true, kept: true, moved: true }))
})

t.test('times of receipt of one request lie a microsecond apart', async (t) => {
  const body = JSON.stringify(Array.from({ length: 5 }, () => window({ src: 'crowd', sent_at: '1970-01-01T00:01:40Z' })))
  t.match(JSON.parse((await sendRaw(port, post(body))).body), { stored: 5, duplicates: 0 })
  const { rows } = await pool.query(`
    select distinct extract(microseconds from time - lag(time) over (order by time))::int as apart, time = received_at as received
    from path_probe where src = 'crowd' order by apart`)
  t.same(rows, [{ apart: 1, received: true }, { apart: null, received: true }])
})

t.test('an IPv4 address is written as such on a socket for both families, too', { skip: !hasIPv6 && 'this machine has no IPv6' }, async (t) => {
  const { port, pool } = await startTestCollector(t, { HOST: '::' })
  t.equal((await sendRaw(port, post(JSON.stringify(window({ src: 'mapped' }))))).status, 200)
  t.equal((await sendRaw(port, post('{'))).status, 400)
  t.same((await pool.query("select address from nodes where name = 'mapped' union all select address from rejected_messages")).rows, Array(2).fill({ address: '127.0.0.1' }))
})

t.test('tokens and foreign pages', async (t) => {
  const { port } = await startTestCollector(t, { INGEST_TOKEN: 'geheim', CORS_ORIGINS: 'https://panel.example' })
  const body = JSON.stringify(window())
  t.equal((await sendRaw(port, post(body))).status, 401)
  t.equal((await sendRaw(port, post(body, { Authorization: 'Bearer falsch' }))).status, 401)
  t.equal((await sendRaw(port, post(body, { Authorization: 'Bearer geheim' }))).status, 200)
  t.equal((await sendRaw(port, Buffer.from(post(body).toString().replace('/ingest', '/ingest?token=geheim')))).status, 200)
  t.equal((await sendRaw(port, Buffer.from(post(body).toString().replace('/ingest', '/ingest?tokn=geheim')))).status, 401)
  t.equal((await sendRaw(port, post(body, { Authorization: 'Bearer geheim', Origin: 'https://evil.example' }))).status, 403)
  t.equal((await sendRaw(port, post(body, { Authorization: 'Bearer geheim', Origin: 'https://panel.example' }))).status, 200)
})
