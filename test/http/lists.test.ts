import t from 'tap'
import { ago, insert, startTestApi } from '../support/api.js'

const { get, getPages, pool } = await startTestApi(t)

t.test('crashes, newest first, by node and time', async (t) => {
  await insert(pool, 'nodes', [{ name: 'A', kind: 'router', first_seen: ago(9), last_seen: ago(9), version: '2.0' }])
  await insert(pool, 'crash_reports', [
    { time: ago(60), node: 'A', signal: 11, signal_name: 'SIGSEGV', thread_id: '0', last_operation: 'dns', backtrace: ['main'], context: { active_calls: 1 } },
    { time: ago(60), node: 'b', signal: 6, thread_id: '' }, { time: ago(3600), node: 'A', signal: 11, signal_name: 'SIGSEGV', last_operation: 'sip' },
    { time: ago(9 * 86_400), node: 'A', signal_name: 'SIGABRT' },
  ])
  const names = (body: { node: string, time: string }[]) => body.map(({ node, time }) => `${node} ${time}`)
  const all = ['b 2026-06-15T11:59:00Z', 'A 2026-06-15T11:59:00Z', 'A 2026-06-15T11:00:00Z', 'A 2026-06-06T12:00:00Z']
  t.same(names((await get('/crashes')).body), all)
  t.same(names((await get('/crashes?node=a')).body), [all[1], all[2], all[3]])
  t.same(names((await get(`/crashes?node=a&since=${ago(3600)}`)).body), [all[1], all[2]])
  t.same((await get('/crashes?node=nobody')).body, [])
  t.same((await getPages('/crashes?limit=1')).flat().map(({ node, time }) => `${node} ${time}`), all)
  t.match((await get('/crashes?limit=2')).body[1], { signal_name: 'SIGSEGV', backtrace: ['main'], context: { active_calls: 1 }, memory_at_crash_mb: null })
  t.equal((await get('/crashes?since=soon')).status, 400)

  t.same((await get('/crashes/patterns')).body, {
    from: '2026-06-08T12:00:00.000Z',
    to: '2026-06-15T12:00:00.000Z',
    crashes: 3,
    nodes: 2,
    signal: [{ value: 'SIGSEGV', crashes: 2, nodes: 1 }, { value: '6', crashes: 1, nodes: 1 }],
    thread: [{ value: null, crashes: 2, nodes: 2 }, { value: '0', crashes: 1, nodes: 1 }],
    operation: [{ value: 'dns', crashes: 1, nodes: 1 }, { value: 'sip', crashes: 1, nodes: 1 }, { value: null, crashes: 1, nodes: 1 }],
    version: [{ value: '2.0', crashes: 2, nodes: 1 }, { value: null, crashes: 1, nodes: 1 }],
  })
  t.equal((await get('/crashes/patterns?timeframe=30m')).status, 400)
  t.equal((await get('/crashes/patterns?timeframe=10d')).body.crashes, 4)
})

t.test('phones with their newest tests', async (t) => {
  const test = (node: string, number: string, s: number, more = {}) => ({ time: ago(s), node, phone_number: number, ...more })
  await insert(pool, 'phone_test', [
    test('a', '100', 600, { ping_status: 'OFFLINE' }), test('a', '100', 60, { ping_status: 'ONLINE', ping_rtt_avg_ms: 12.5, options_status: 'ONLINE', display_name: 'Hans' }),
    test('a', '200', 60, { ping_status: 'NO_DNS', dns_resolved: false }), test('b', '100', 60), test('b', '300', 8 * 86_400),
  ])
  const { body } = await get('/phones')
  t.same(body.map((phone: { node: string, phone_number: string }) => `${phone.node} ${phone.phone_number}`), ['a 100', 'a 200', 'b 100'])
  t.match(body[0], { time: '2026-06-15T11:59:00Z', display_name: 'Hans', ping: { status: 'ONLINE', rtt_avg_ms: 12.5, loss_pct: null }, options: { status: 'ONLINE' } })
  t.match(body[1], { dns_resolved: false, ping: { status: 'NO_DNS' }, options: { status: null } })
  t.same((await getPages('/phones?limit=1')).flat().map((phone) => `${phone.node} ${phone.phone_number}`), ['a 100', 'a 200', 'b 100'])
})

t.test('rejected messages say what was wrong with what', async (t) => {
  await insert(pool, 'rejected_messages', [
    { received_at: ago(60), address: '10.0.0.1', reason: 'not JSON', body: Buffer.from([0x7b, 0xff, 0x00, 0x7d]) },
    { received_at: ago(60), address: '10.0.0.2', reason: '/cpu must be number', errors: [{ path: '/cpu', message: 'must be number' }], body: Buffer.from('{"cpu":"x"}') },
    { received_at: ago(50), address: '10.0.0.1', reason: 'too long', body: Buffer.alloc(20_000, 'ä') },
  ])
  const { body } = await get('/rejected')
  t.same(body.map(({ reason }: { reason: string }) => reason), ['too long', '/cpu must be number', 'not JSON'])
  t.match(body[2], { address: '10.0.0.1', reason: 'not JSON', errors: [], body: '{\ufffd\u0000}', body_bytes: 4, truncated: false, received_at: '2026-06-15T11:59:00Z' })
  t.match(body[1], { errors: [{ path: '/cpu', message: 'must be number' }], body: '{"cpu":"x"}' })
  t.match(body[0], { body: 'ä'.repeat(4096), body_bytes: 20_000, truncated: true })
  t.same((await get('/rejected?address=10.0.0.1')).body.map(({ reason }: { reason: string }) => reason), ['too long', 'not JSON'])
  t.same((await get('/rejected?address=10.0.0.9')).body, [])
  t.equal((await get(`/rejected?address=${encodeURIComponent("' or 1=1")}`)).status, 400)
  t.same((await getPages('/rejected?limit=2')).map((page) => page.length), [2, 1])
})

t.test('numbers that JSON has no word for are null', async (t) => {
  await insert(pool, 'path_probe', [{ time: ago(60), src: 'a', dst: 'b', peer: 'b', route: [], rtt_ms: 'NaN', jitter_ms: 'Infinity', loss_pct: 1 }])
  await insert(pool, 'nodes', [{ name: 'a', kind: 'router', first_seen: ago(9), last_seen: ago(9), lat: 'NaN', lon: '-Infinity' }])
  t.match((await get('/paths')).body[0], { last: { rtt_ms: null, jitter_ms: null, loss_pct: 1 }, hour: { rtt_ms_avg: null } })
  t.match((await get('/nodes')).body[0], { lat: null, lon: null })
  const { status, body } = await get(`/paths/a/b/series?from=${ago(600)}&metric=rtt_ms&metric=loss_pct`)
  t.equal(status, 200)
  t.match(body.series[1].points, [[String, 1, 1, 1]])
})

t.test('a database that is away is a 503 that says when to come again', async (t) => {
  await pool.query('alter table nodes rename to nodes_gone')
  const { status, headers, body } = await get('/nodes')
  await pool.query('alter table nodes_gone rename to nodes')
  t.equal(status, 503)
  t.ok(Number(headers['retry-after']) > 0)
  t.match(headers['content-type'], 'application/problem+json')
  t.match(body.detail, /database/)
  t.equal((await get('/nodes')).status, 200)
})

t.test('a refusal names the parameter and what it may be', async (t) => {
  const { get } = await startTestApi(t)
  const detail = async (path: string) => (await get(path)).body.detail
  t.equal(await detail('/nodes?colour=red'), 'unknown parameter: colour')
  t.equal(await detail('/nodes?limit=0'), 'limit: must be >= 1')
  t.equal(await detail('/nodes?status=asleep'), 'status: must be equal to one of the allowed values: active, inactive, dead')
  t.equal((await get('/nodes?limit=1&status=dead')).status, 200)
})

t.test('pages and documents know their parameters, too', async (t) => {
  const { app } = await startTestApi(t)
  for (const path of ['/', '/panel', '/panel.js', '/docs', '/openapi.json', '/ui/login', '/ui/radios', '/ui/rules', '/healthz']) {
    const answer = await app.inject(`${path}?colour=red`)
    t.equal(answer.statusCode, 400, path)
    t.match(answer.body, 'unknown parameter: colour', path)
    t.ok((await app.inject(path)).statusCode < 400, path)
  }
})
