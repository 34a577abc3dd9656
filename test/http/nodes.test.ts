import t from 'tap'
import { ago, incident, insert, nowMs, startTestApi } from '../support/api.js'

const node = (name: string, lastS: number, more = {}) => ({ name, kind: 'router', first_seen: ago(lastS + 1000), last_seen: ago(lastS), ...more })
const { get, getPages, request, pool } = await startTestApi(t)
const secured = await startTestApi(t, { settings: { API_TOKEN: 'secret' } })

const ids = (body: { id: string }[]) => body.map(({ id }) => id)

t.test('an empty database has no nodes and no participants', async (t) => {
  for (const path of ['/nodes', '/registry', '/paths', '/links', '/radios', '/phones', '/crashes', '/rejected']) {
    const { status, body } = await get(path)
    t.equal(status, 200, path)
    t.same(body, [], path)
  }
  t.match((await get('/topology')).body, { type: 'NetworkGraph', nodes: [], links: [] })
  t.same((await get('/nodes.geojson')).body, { type: 'FeatureCollection', features: [] })
  t.match((await get('/crashes/patterns')).body, { crashes: 0, nodes: 0, signal: [] })
})

t.test('the status of a node follows its usual gap', async (t) => {
  await insert(pool, 'nodes', [
    node('fresh', 60), node('edge', 1799), node('late', 1801), node('slow', 3 * 3600, { usual_gap_s: 4 * 3600 }), node('gone', 86_401),
    node('slowest', 30 * 3600, { usual_gap_s: 11 * 3600 }), node('by-time', 90_000, { last_time: ago(60) }), node('retired', 60, { retired_at: ago(5) }),
  ])
  const { body } = await get('/nodes')
  t.same(Object.fromEntries(body.map((row: { id: string, status: string }) => [row.id, row.status])), {
    fresh: 'active', edge: 'active', late: 'inactive', slow: 'active', gone: 'dead', slowest: 'active', 'by-time': 'active',
  })
  t.same(ids((await get('/nodes?status=inactive')).body), ['late'])
  t.same(ids((await get('/nodes?status=dead')).body), ['gone'])
  t.equal((await get('/nodes?status=retired')).status, 400)
})

t.test('nodes are paged newest first, whatever is heard meanwhile', async (t) => {
  await insert(pool, 'nodes', Array.from({ length: 11 }, (_, i) => node(`n${i}`, 60)))
  const pages = await getPages('/nodes?limit=4')
  t.same(pages.map((page) => page.length), [4, 4, 3])
  t.same(pages.flat().map(({ id }) => id), Array.from({ length: 11 }, (_, i) => `n${10 - i}`))

  const first = await get('/nodes?limit=4')
  await insert(pool, 'nodes', [node('n11', 1)])
  await pool.query("update nodes set last_seen = $1 where name = 'n3'", [ago(0)])
  t.same(ids((await get(/<(.*)>/.exec(String(first.headers.link))![1]!)).body), ['n6', 'n5', 'n4', 'n3'])
  for (const cursor of ['x', 'W10', 'WyJhIl0', 'WzEuNV0']) t.equal((await get(`/nodes?cursor=${cursor}`)).status, 400, cursor)
})

t.test('a node with all that belongs to it', async (t) => {
  await insert(pool, 'nodes', [node('Node-A', 60, { version: '1.2', model: 'GL-AR300M', lat: 47.1, lon: 8.5, address: '10.1.2.3', info: { a: 1 } }), node('node-B', 60)])
  await insert(pool, 'agent_health', [
    { time: ago(600), node: 'Node-A', cpu_pct: 5 }, { time: ago(60), node: 'Node-A', cpu_pct: 12.5, details: { threads: {} } }, { time: ago(30), node: 'node-B', cpu_pct: 99 },
  ])
  await insert(pool, 'crash_reports', [{ time: ago(3600), node: 'Node-A', signal_name: 'SIGSEGV' }, { time: ago(8 * 86_400), node: 'Node-A' }, { time: ago(60), node: 'node-B' }])
  await insert(pool, 'path_probe', [
    { time: ago(60), src: 'Node-A', dst: 'node-B', peer: 'x', route: ['Node-A', 'node-B'] }, { time: ago(50), src: 'node-B', dst: 'Node-A', peer: 'y', route: [] },
    { time: ago(50), src: 'node-B', dst: 'node-C', peer: 'z', route: [] },
  ])
  await insert(pool, 'hop_quality', [
    { time: ago(60), src: 'Node-A', dst: 'node-B', hop_index: 0, from_node: 'Node-A', to_node: 'node-B', link_type: 'rf', lq: 0.9 },
    { time: ago(60), src: 'node-B', dst: 'node-C', hop_index: 0, from_node: 'node-B', to_node: 'node-C', link_type: 'rf', lq: 0.9 },
  ])
  await insert(pool, 'incidents', [incident('i1', 60, { subject: 'Node-A', scope: { type: 'node', node: 'Node-A' } }), incident('i2', 60)])

  const { status, body } = await get('/nodes/NODE-a')
  t.equal(status, 200)
  t.match(body, { id: 'Node-A', status: 'active', version: '1.2', model: 'GL-AR300M', host: '10.1.2.3', info: { a: 1 }, retired_at: null })
  t.match(body.last_health, { cpu_pct: 12.5, details: { threads: {} } })
  t.same(body.crashes.map((crash: { signal_name: string }) => crash.signal_name), ['SIGSEGV'])
  t.same(ids(body.open_issues), ['i1'])
  t.same(body.paths.map((path: { src: string, dst: string }) => `${path.src}>${path.dst}`), ['Node-A>node-B', 'node-B>Node-A'])
  t.same(body.links.map((link: { a: string, b: string }) => `${link.a}--${link.b}`), ['Node-A--node-B'])
})

t.test('a node never heard is "not found", one without any data is not', async (t) => {
  await insert(pool, 'nodes', [node('quiet', 60)])
  t.match((await get('/nodes/quiet')).body, { last_health: null, crashes: [], open_issues: [], paths: [], links: [] })
  for (const name of ['nobody', "x' or '1'='1", 'a/b', '日本']) {
    const { status, body } = await get(`/nodes/${encodeURIComponent(name)}`)
    t.equal(status, 404, name)
    t.equal(body.detail, 'not found')
  }
  for (const name of ['%00', '%0a', 'x'.repeat(129), '%zz']) {
    const { status, headers } = await get(`/nodes/${name}`)
    t.equal(status, 400, name)
    t.match(headers['content-type'], 'application/problem+json', name)
  }
})

t.test('names are folded as ingest folds them, beyond ASCII too', async (t) => {
  await insert(pool, 'nodes', [node('Zürich ÄÖ', 60)])
  t.equal((await get(`/nodes/${encodeURIComponent('ZÜRICH äö')}`)).body.id, 'Zürich ÄÖ')
})

t.test('a retired node leaves the lists, its issues and its fallen links close, its data stays', async (t) => {
  await insert(pool, 'nodes', [node('Old', 60, { pinned: true }), node('other', 60)])
  await insert(pool, 'incidents', [
    incident('silent', 60, { subject: 'Old', scope: { type: 'node', node: 'Old' } }), incident('path', 60, { subject: 'Old>other', scope: { type: 'path', src: 'Old', dst: 'other' } }),
    incident('other', 60, { subject: 'other', scope: { type: 'node', node: 'other' } }),
    incident('down', 60, { kind: 'link_down', subject: 'Old--other', scope: { type: 'link', a: 'Old', b: 'other', medium: 'rf' } }),
    incident('elsewhere', 60, { kind: 'link_down', subject: 'other--third', scope: { type: 'link', a: 'other', b: 'third', medium: 'rf' } }),
  ])
  t.equal((await request('DELETE', '/nodes/OLD')).status, 204)
  t.same(ids((await get('/nodes')).body), ['other'])
  t.same(ids((await get('/registry')).body), ['other'])
  t.equal((await get('/nodes/old')).body.retired_at, new Date(nowMs).toISOString().replace('.000', ''))
  const { body } = await get('/issues/silent')
  t.match(body, { status: 'closed', resolution: 'retired', ended_at: '2026-06-15T12:00:00Z', timeline: [{ from: 'open', to: 'closed' }] })
  t.match((await get('/issues/down')).body, { status: 'closed', resolution: 'retired' })
  t.same(ids((await get('/issues')).body).sort(), ['elsewhere', 'other', 'path'])
  t.same((await pool.query('select incident_id, event from outbox order by 1')).rows, [{ incident_id: 'down', event: 'closed' }, { incident_id: 'silent', event: 'closed' }])
  t.equal((await request('DELETE', '/nodes/OLD')).status, 404, 'once')
  t.equal((await request('DELETE', '/nodes/nobody')).status, 404)
})

t.test('participants are heard within a day or pinned; radios are none', async (t) => {
  await insert(pool, 'nodes', [node('Near', 60, { address: '10.0.0.1' }), node('far', 86_401), node('radio', 60, { kind: 'repeater' })])
  t.same((await get('/registry')).body, [{ id: 'Near', host: '10.0.0.1', last_seen: '2026-06-15T11:59:00Z', pinned: false }])
  await pool.query('update nodes set info = \'{"ip": "10.9.0.1"}\' where name = \'Near\'')
  t.match((await get('/registry')).body, [{ id: 'Near', host: '10.9.0.1' }], 'what it says of itself goes before where it sent from')
  t.match((await get('/nodes/near')).body, { host: '10.9.0.1' })
  await pool.query("update nodes set info = null where name = 'Near'")

  t.same((await request('POST', '/registry', { id: 'FAR' })).body, { id: 'far', host: 'far', last_seen: '2026-06-14T11:59:59Z', pinned: true })
  t.same((await request('POST', '/registry', { id: 'New', host: '10.9.9.9' })).body, { id: 'New', host: '10.9.9.9', last_seen: null, pinned: true })
  t.same((await request('POST', '/registry', { id: 'NEW' })).body, { id: 'New', host: '10.9.9.9', last_seen: null, pinned: true }, 'a second time changes nothing')
  t.same(ids((await get('/registry')).body), ['New', 'far', 'Near'])
  t.same((await getPages('/registry?limit=1')).map((page) => page.map(({ id }) => id)), [['New'], ['far'], ['Near']])
  t.match((await get('/nodes/new')).body, { status: 'dead', last_seen: null })

  t.equal((await request('DELETE', '/registry/FAR')).status, 204)
  t.equal((await request('DELETE', '/registry/new')).status, 204)
  t.same(ids((await get('/registry')).body), ['Near'])
  t.same(ids((await get('/nodes')).body), ['radio', 'far', 'Near'], 'one that was never heard is gone')
  t.equal((await request('DELETE', '/registry/far')).status, 404)
  for (const body of [{}, { id: '' }, { id: 'a', host: 'http://x/' }, { id: 'a', more: 1 }, { id: 'a\u0000' }]) t.equal((await request('POST', '/registry', body)).status, 400, JSON.stringify(body))
})

t.test('writes need the token where one is set', async (t) => {
  const { app, request, pool } = secured
  await insert(pool, 'nodes', [node('a', 60)])
  t.equal((await request('DELETE', '/nodes/a')).status, 401)
  t.equal((await request('GET', '/nodes/a')).status, 200)
  t.equal((await app.inject({ method: 'DELETE', url: '/nodes/a', headers: { authorization: 'Bearer secret' } })).statusCode, 204)
})
