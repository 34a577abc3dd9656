import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import { packageRoot } from '../../src/paths.js'
import { ago, incident, insert, startEachApi } from '../support/api.js'

type Row = Record<string, unknown>

const probe = (src: string, dst: string, s: number, more: Row = {}): Row => ({ time: ago(s), src, dst, peer: dst, route: [src, dst], ...more })
const hop = (from: string, to: string, s: number, more: Row = {}): Row =>
  ({ time: ago(s), src: from, dst: to, hop_index: 0, from_node: from, to_node: to, link_type: 'rf', ...more })

const test = await startEachApi(t)

const ajv = new Ajv({ strict: false, allErrors: true })
const schema = (name: string) => ajv.compile(JSON.parse(readFileSync(join(packageRoot, 'test', 'fixtures', `${name}.schema.json`), 'utf8')))
const [isNetworkGraph, isGeoJson] = [schema('netjson-network-graph'), schema('geojson')]

test('a path shows its last window, its hour and its worst hop', async (t, { get, pool }) => {
  await insert(pool, 'path_probe', [
    ...Array.from({ length: 20 }, (_, i) => probe('a', 'c', 100 + i * 40, { rtt_ms: i + 1, jitter_ms: 2, loss_pct: 0 })),
    probe('a', 'c', 60, { rtt_ms: 451, jitter_ms: 99.5, loss_pct: 30, timing_usable: false, loss_usable: false }),
    probe('a', 'c', 4000, { rtt_ms: 1000 }),
  ])
  await insert(pool, 'hop_quality', [
    hop('a', 'b', 60, { src: 'a', dst: 'c', etx: 1.5, lq: 0.9, nlq: 0.8 }), hop('b', 'c', 60, { src: 'a', dst: 'c', hop_index: 1, lq: 0.8, nlq: 0.7 }),
    hop('b', 'd', 60, { src: 'a', dst: 'c', hop_index: 2, etx: 9, route_cost: true }), hop('a', 'b', 100, { src: 'a', dst: 'c', etx: 8 }),
  ])
  await insert(pool, 'incidents', [incident('i', 60, { subject: 'a>c', kind: 'jitter_burst', severity: 'minor' }), incident('j', 60, { subject: 'c>a' })])
  const { body } = await get('/paths')
  t.equal(body.length, 1)
  const [path] = body
  t.match(path.last, { time: '2026-06-15T11:59:00Z', rtt_ms: 451, timing_usable: false, loss_usable: false, route: ['a', 'c'] })
  t.match(path.hour, { n: 21, rtt_ms_avg: 10.5, jitter_ms_avg: 2, loss_pct_avg: 0 })
  t.ok(Math.abs(path.hour.rtt_ms_p95 - 19.05) < 1e-9, 'interpolated p95 of 1 to 20')
  t.match(path.worst_hop, { from: 'b', to: 'c', hop_index: 1, lq: 0.8, nlq: 0.7 })
  t.ok(Math.abs(path.worst_hop.etx - 1 / 0.56) < 1e-9, 'computed where it is absent; the cost of a whole route does not count')
  t.same(path.open_issues, [{ id: 'i', kind: 'jitter_burst', severity: 'minor' }])
})

test('a tie goes to the lower quality, then the lower index; below 1.25 no hop is worst', async (t, { get, pool }) => {
  await insert(pool, 'path_probe', [probe('a', 'z', 60), probe('b', 'z', 60), probe('c', 'z', 60)])
  await insert(pool, 'hop_quality', [
    hop('p', 'q', 60, { src: 'a', dst: 'z', hop_index: 0, etx: 2, lq: 0.9, nlq: 0.9 }), hop('q', 'r', 60, { src: 'a', dst: 'z', hop_index: 1, etx: 2, lq: 0.9, nlq: 0.6 }),
    hop('p', 'q', 60, { src: 'b', dst: 'z', hop_index: 1, etx: 2 }), hop('q', 'r', 60, { src: 'b', dst: 'z', hop_index: 0, etx: 2 }),
    hop('p', 'q', 60, { src: 'c', dst: 'z', etx: 1.24 }),
  ])
  const { body } = await get('/paths')
  t.same(body.map((path: { worst_hop: { from: string } | null }) => path.worst_hop?.from ?? null), ['q', 'q', null])
})

test('paths come by name, in pages that hold each once', async (t, { get, getPages, pool }) => {
  const names = ['a', 'B', 'c', 'd-e']
  const pairs = names.flatMap((src) => names.filter((dst) => dst !== src).map((dst) => [src, dst] as const))
  await insert(pool, 'path_probe', pairs.flatMap(([src, dst]) => [probe(src, dst, 60), probe(src, dst, 100)]))
  await insert(pool, 'path_probe', [probe('old', 'a', 90_000)])
  for (const limit of [1, 5, 12]) {
    const pages = await getPages(`/paths?limit=${limit}`)
    t.equal(pages.length, Math.ceil(12 / limit))
    t.same(pages.flat().map(({ src, dst }) => `${src}>${dst}`).sort(), pairs.map(([src, dst]) => `${src}>${dst}`).sort())
  }
  t.equal((await get('/paths?cursor=WyJhIl0')).status, 400)
  t.equal((await get('/paths?src=a')).status, 400)
})

test('both directions of a link are one, told from its first end', async (t, { get, pool }) => {
  await insert(pool, 'hop_quality', [
    hop('Node-B', 'node-a', 60, { lq: 0.6, nlq: 0.9, etx: 1.8, rxcost: 300, txcost: 500 }), hop('node-a', 'Node-B', 120, { lq: 0.9, nlq: 0.8, etx: 1.4, link_type: '' }),
    hop('node-a', 'Node-B', 100, { lq: 0.7, nlq: 0.7, etx: 7, route_cost: true, link_type: 'unknown' }),
    hop('node-a', 'Node-B', 7200, { lq: 0.1, nlq: 0.1, etx: 90 }), hop('Node-B', 'node-a', 50, { link_type: 'tunnel', etx: 1 }),
  ])
  await insert(pool, 'incidents', [incident('i', 60, { subject: 'node-a--Node-B', kind: 'rf_quality_drop', severity: 'critical' })])
  const { body } = await get('/links')
  t.equal(body.length, 2)
  t.match(body[0], {
    a: 'node-a',
    b: 'Node-B',
    medium: 'rf',
    last: { time: '2026-06-15T11:59:00Z', lq: 0.9, nlq: 0.6, etx: 1.8, rxcost: 500, txcost: 300 },
    open_issues: [{ id: 'i', kind: 'rf_quality_drop', severity: 'critical' }],
  })
  t.equal(body[0].hour.n, 3)
  t.ok(Math.abs(body[0].hour.lq_avg - (0.9 + 0.9 + 0.7) / 3) < 1e-9)
  t.ok(Math.abs(body[0].hour.nlq_avg - (0.6 + 0.8 + 0.7) / 3) < 1e-9)
  t.ok(Math.abs(body[0].hour.etx_avg - 1.6) < 1e-9, 'without the cost of a whole route')
  t.match(body[1], { medium: 'tunnel', last: { etx: 1 }, open_issues: [] })
})

test('each end of a link has its own signal, cost and quality, whatever came last', async (t, { get, pool }) => {
  await insert(pool, 'hop_quality', [
    hop('a', 'b', 300, { lq: 0.9, nlq: 0.8, signal_dbm: -68, noise_dbm: -95, tx_bitrate_mbps: 26, rxcost: 280, txcost: 300, quality: 96, routable: true }),
    hop('b', 'a', 60, { lq: 0.8, nlq: 0.9, signal_dbm: -74, noise_dbm: -96, rxcost: 300, txcost: 280, routable: false }), hop('b', 'a', 400, { signal_dbm: -50, noise_dbm: -96 }),
    hop('a', 'b', 60, { link_type: 'tunnel', rxcost: 206, txcost: 65_535 }), hop('a', 'c', 60, { link_type: 'dtd', routable: true }), hop('a', 'c', 60, { link_type: 'xlink' }),
  ])
  const [radio, tunnel, ...others] = (await get('/links')).body
  t.match(radio, {
    medium: 'rf',
    last: { signal_dbm: -74, noise_dbm: -96, snr_db: 22, rxcost: 280, txcost: 300, routable: false },
    ends: {
      a: { time: '2026-06-15T11:55:00.000Z', lq: 0.9, signal_dbm: -68, noise_dbm: -95, snr_db: 27, tx_bitrate_mbps: 26, rxcost: 280, txcost: 300, quality: 96, routable: true },
      b: { time: '2026-06-15T11:59:00.000Z', lq: 0.8, signal_dbm: -74, noise_dbm: -96, snr_db: 22, rxcost: 300, txcost: 280, quality: null, routable: false },
    },
  })
  t.match(tunnel, { medium: 'tunnel', last: { snr_db: null, txcost: 65_535, routable: null }, ends: { a: { rxcost: 206, txcost: 65_535 }, b: null } })
  t.same(others.map(({ medium }: { medium: string }) => medium), ['dtd', 'xlink'])
  const graph = (await get('/topology')).body
  t.same(graph.links.map(({ source, target, cost, properties: { medium } }: { source: string, target: string, cost: number, properties: { medium: string } }) => [source, target, medium, cost]),
    [['a', 'b', 'rf', 300 / 256], ['a', 'b', 'tunnel', 65_535 / 256], ['a', 'c', 'dtd', 1], ['a', 'c', 'xlink', 1]])
  t.match(graph.links[0].properties, { signal_dbm: -74, snr_db: 22, rxcost: 280, txcost: 300, routable: false, ends: { a: { snr_db: 27 }, b: { snr_db: 22 } } })
})

test('a link that was silent for an hour shows its last report, after a day nothing', async (t, { get, pool }) => {
  await insert(pool, 'hop_quality', [hop('a', 'b', 7200, { lq: 0.5 }), hop('a', 'c', 90_000, { lq: 0.5 })])
  const { body } = await get('/links')
  t.equal(body.length, 1)
  t.match(body[0], { a: 'a', b: 'b', last: { lq: 0.5 }, hour: { n: 0, lq_avg: null, etx_p95: null } })
})

test('the hour of a busy link is its newest 30 reports each way and medium', async (t, { get, pool }) => {
  await insert(pool, 'hop_quality', [
    ...Array.from({ length: 35 }, (_, i) => hop('a', 'b', 60 + i, { lq: i < 30 ? 0.9 : 0.1 })), ...Array.from({ length: 3 }, (_, i) => hop('b', 'a', 3000 + i, { nlq: 0.9 })),
    hop('a', 'b', 3500, { link_type: 'tunnel', lq: 1 }),
  ])
  const { body } = await get('/links')
  t.match(body, [{ medium: 'rf', hour: { n: 33 } }, { medium: 'tunnel', hour: { n: 1, lq_avg: 1 } }])
  t.ok(Math.abs(body[0].hour.lq_avg - 0.9) < 1e-9)
})

test('links that fell silent do not end the list', async (t, { getPages, pool }) => {
  await insert(pool, 'hop_quality', [...'bcdefghi'].map((name) => hop('a', name, 90_000)))
  await insert(pool, 'hop_quality', [hop('x', 'y', 60), hop('z', 'y', 60)])
  const pages = await getPages('/links?limit=1')
  t.same(pages.map((page) => page.map(({ a, b }) => `${a}--${b}`)), [['x--y'], ['y--z']])
})

test('links come in pages that hold each once, media and directions mixed', async (t, { getPages, pool }) => {
  const rows = ['b', 'c', 'd', 'e'].flatMap((name, i) => [
    hop('a', name, 60), hop(name, 'a', 60), hop('z', name, 70), hop('a', name, 50, { link_type: 'tunnel' }), ...(i % 2 ? [hop(name, 'a', 40, { link_type: 'dtd' })] : []),
  ])
  await insert(pool, 'hop_quality', rows)
  const want = ['b', 'c', 'd', 'e'].flatMap((name, i) => [`a--${name}@rf`, `a--${name}@tunnel`, `${name}--z@rf`, ...(i % 2 ? [`a--${name}@dtd`] : [])]).sort()
  for (const limit of [1, 2, 3, 5, 100]) {
    const pages = await getPages(`/links?limit=${limit}`)
    t.same(pages.flat().map(({ a, b, medium }) => `${a}--${b}@${medium}`).sort(), want, `limit ${limit}`)
    t.ok(pages.every((page) => page.length <= limit))
  }
})

test('the topology is a NetworkGraph with a cost on every link', async (t, { get, pool }) => {
  await insert(pool, 'nodes', [{ name: 'A', kind: 'router', first_seen: ago(60), last_seen: ago(60), lat: 47, lon: 8, elevation_m: 500 }, { name: 'b', kind: 'router', first_seen: ago(60), last_seen: ago(60), lat: 46, lon: 7 }])
  await insert(pool, 'hop_quality', [hop('A', 'b', 60, { etx: 1.5 }), hop('b', 'c', 60, { txcost: 512 }), hop('c', 'd', 60)])
  await insert(pool, 'path_probe', [probe('A', 'c', 60, { route: ['A', 'b', 'c'] }), probe('A', 'd', 60, { route: ['unknown'] })])
  const { body } = await get('/topology?highlight=a,C')
  t.match(body, { type: 'NetworkGraph', protocol: 'meshmon', metric: 'etx' })
  t.ok(isNetworkGraph(body), ajv.errorsText(isNetworkGraph.errors))
  t.notOk(isNetworkGraph({ ...body, links: [{ ...body.links[0], cost: null }] }), 'a link without a cost is none')
  t.same(body.links.map((link: { source: string, target: string, cost: number, properties: { highlight?: boolean } }) => [link.source, link.target, link.cost, link.properties.highlight ?? false]),
    [['A', 'b', 1.5, true], ['b', 'c', 2, true], ['c', 'd', 1, false]])
  t.same(body.nodes.map((node: { id: string, properties: { highlight?: boolean } }) => [node.id, node.properties.highlight ?? false]).sort(),
    [['A', true], ['b', true], ['c', true], ['d', false]])
  for (const query of ['highlight=a,d', 'highlight=a,nobody']) {
    t.notOk(JSON.stringify((await get(`/topology?${query}`)).body).includes('highlight'), query)
  }
  t.equal((await get('/topology?highlight=a')).status, 400)

  const { body: map, headers } = await get('/nodes.geojson')
  t.match(headers['content-type'], 'application/geo+json')
  t.ok(isGeoJson(map), ajv.errorsText(isGeoJson.errors))
  t.notOk(isGeoJson({ ...map, features: [{ ...map.features[0], geometry: { type: 'Point', coordinates: [200, 46] } }] }), 'longitude first')
  t.same(map.features.map(({ id, geometry }: { id: string, geometry: object }) => [id, geometry]), [
    ['b', { type: 'Point', coordinates: [7, 46] }], ['A', { type: 'Point', coordinates: [8, 47, 500] }],
    ['A--b', { type: 'LineString', coordinates: [[8, 47, 500], [7, 46]] }],
  ])
})

test('of a node with many links a map draws so many, those of the route and with issues first, and counts the others', async (t, { get, pool }) => {
  const leaves = 'bcdefgh'.split('')
  await insert(pool, 'hop_quality', [...leaves.map((name) => hop('a', name, 60, { link_type: 'tunnel' })), hop('g', 'h', 60)])
  await insert(pool, 'incidents', [incident('i', 60, { subject: 'a--h@tunnel', kind: 'link_down' })])
  await insert(pool, 'path_probe', [probe('a', 'g', 60, { route: ['a', 'g'] })])
  const { body } = await get('/topology?links_per_node=4&highlight=a,g')
  t.same(body.links.map(({ source, target }: { source: string, target: string }) => `${source}${target}`).sort(), ['ab', 'ac', 'ag', 'ah', 'gh'])
  const left = Object.fromEntries(body.nodes.map(({ id, properties }: { id: string, properties: { links_left_out?: number } }) => [id, properties.links_left_out]))
  t.same(left, { a: 3, b: undefined, c: undefined, d: 1, e: 1, f: 1, g: undefined, h: undefined })
  t.equal((await get('/topology')).body.links.length, 8)
  t.equal((await get('/topology?links_per_node=0')).status, 400)
})
