import { ago, closed, incident, insert, startEachApi } from '../support/api.js'
import t from 'tap'

type Row = Record<string, unknown>
const test = await startEachApi(t, { TZ: 'America/New_York', REPORT_LOCATION_NAME: 'Hills' })
const hourMs = 3_600_000
/** So many hours after the beginning of May in New York. */
const at = (hour: number) => new Date(Date.UTC(2026, 4, 1, 4) + hour * hourMs).toISOString()
const probes = (dst: string, hours: number[], loss: (hour: number) => number | null = () => 0): Row[] => hours.flatMap((hour) => [0.2, 0.6].map((part) => ({ time: at(hour + part), src: 'a', dst, peer: dst, route: [], rtt_ms: 10, loss_pct: loss(hour) })))
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const share = (value: number) => Math.round(value * 10) / 10

test('links from both ends, issues, silent nodes, crashes', async (t, { get, pool }) => {
  const hop = (from: string, to: string, more: Row): Row => ({ time: at(10), src: 'x', dst: 'y', hop_index: 0, from_node: from, to_node: to, link_type: 'rf', ...more })
  await insert(pool, 'hop_quality', [hop('a', 'b', { lq: 0.9, nlq: 0.5, etx: 2.2 }), hop('b', 'a', { lq: 0.4, nlq: 0.8, etx: 3.2 }), hop('c', 'd', { etx: 9, route_cost: true })])
  await insert(pool, 'nodes', ['a', 'b'].map((name) => ({ name, kind: 'router', first_seen: at(-1000), last_seen: at(0) })))
  const from = (hour: number) => ({ started_at: at(hour), opened_at: at(hour) })
  const silent = (id: string, node: string, start: number, end: number | null) =>
    incident(id, 0, { subject: node, scope: { type: 'node', node }, ...from(start), ...(end !== null && { ...closed(0), ended_at: at(end) }) })
  await insert(pool, 'incidents', [silent('i1', 'a', -24, 24), silent('i2', 'a', 100, 148), silent('i3', 'b', 31 * 24 - 12, null), incident('i4', 0, { kind: 'loss_spike', ...from(200), caused_by: 'i2', ...closed(0), ended_at: at(201) })])
  await insert(pool, 'crash_reports', [1, 2, -1].map((hour) => ({ time: at(hour), node: 'b', signal: 11 })))
  const { body } = await get('/reports/mesh/2026/05/report.json')
  t.match(body.links, [{ a: 'a', b: 'b', medium: 'rf', etx: 2.7, lq: 0.85, nlq: 0.45 }])
  t.equal(body.links.length, 1, 'the cost of a route is none of a link')
  t.same(body.nodes.map((node: Row) => [node['node'], node['silent_s']]), [['a', 72 * 3600], ['b', 12 * 3600]])
  t.match(body.incidents, [
    { kind: 'node_silent', count: 2, consequences: 0, open_at_end: 1, duration_s: 84 * 3600, longest_s: 48 * 3600, mttr_s: 48 * 3600 },
    { kind: 'loss_spike', count: 1, consequences: 1, open_at_end: 0, duration_s: 3600, mttr_s: 3600 },
  ])
  t.same(body.crashes, [{ node: 'b', crashes: 2 }])
  t.same(body.daily.flatMap((day: Row) => day['incidents'] === 0 ? [] : [[day['date'], day['incidents']]]), [['2026-05-05', 1], ['2026-05-09', 1], ['2026-05-31', 1]])
})

test('no report of the mesh reads raw rows; what is not there is 404', async (t, { get, pool }) => {
  t.same((await get('/reports/index.json')).body, { time_zone: 'America/New_York', mesh: [], radios: [] })
  for (const path of ['2026/05', '2026/07', '2026', '2099']) t.equal((await get(`/reports/mesh/${path}/report.json`)).status, 404, path)
  for (const path of ['2026/00', '99', '2026/05/report.txt/x']) t.not((await get(`/reports/mesh/${path}/report.json`)).status, 200, path)
  await insert(pool, 'path_probe', probes('b', [1]))
  const asked: string[] = []
  const original = pool.query
  pool.query = ((...args: unknown[]) => {
    asked.push(String(args[0]))
    return Reflect.apply(original, pool, args)
  }) as typeof original
  t.teardown(() => { pool.query = original })
  for (const path of ['mesh/2026/05/report.json', 'mesh/2026/report.txt', 'index.json']) t.equal((await get(`/reports/${path}`)).status, 200, path)
  t.ok(asked.length > 10)
  t.same(asked.filter((sql) => /\b(path_probe|hop_quality|agent_health)\b(?!_)/.test(sql)), [])
  t.equal((await get(`/reports/mesh/2026/05/report.json?since=${ago(1)}`)).status, 400)
})

// The last: what an aggregate has stored outlives the rows of a test.
test('paths: silence and loss both count, days are local', async (t, { get, pool, refresh }) => {
  // b was there the day before; half of the fourth day it was silent, on the fifth every packet was lost. c began on the 20th at noon.
  await insert(pool, 'path_probe', [...probes('b', [...range(-24, 84), ...range(96, 31 * 24)].filter((hour) => hour % 2 === 0), (hour) => hour >= 96 && hour < 120 ? 100 : 0), ...probes('c', range(19 * 24 + 12, 31 * 24).filter((hour) => hour % 6 === 0))])
  for (const rollup of ['path_probe_hourly', 'path_probe_daily']) await refresh(rollup)
  const { status, body } = await get('/reports/mesh/2026/05/report.json')
  t.equal(status, 200)
  t.match(body, { report_type: 'monthly', scope: 'mesh', place: { name: 'Hills' }, from: '2026-05-01T00:00:00-04:00', to: '2026-06-01T00:00:00-04:00', resolution: 'hourly', summary: { paths: 2 } })
  const [worst, best] = body.paths
  t.match([worst, best], [{ dst: 'b', windows: 2 * (31 * 12 - 6) }, { dst: 'c', availability_pct: 100 }])
  t.equal(share(worst.availability_pct), share(100 * (31 - 1 - 0.4444) / 31), 'half of the usual windows are five ninths of nine tenths')
  t.same(body.daily.map((day: Row) => share(Number(day['path_availability_pct']))).slice(2, 6), [100, 55.6, 0, 100])
  t.equal(body.daily.length, 31)

  // Days begin at midnight UTC in the aggregate: the last evening of May in New York is June's.
  const year = (await get('/reports/mesh/2026/report.json')).body
  t.match(year, { report_type: 'yearly', resolution: 'daily', monthly: [{ month: 1, windows: 0, path_availability_pct: null }, {}, {}, { month: 4 }, { month: 5, path_availability_pct: Number }, { month: 6, windows: 4 }] })
  t.ok(year.paths[0].availability_pct < 100)
  t.match((await get('/reports/mesh/2026/05/report.txt')).text, /MONTHLY MESH REPORT for May 2026\n\nNAME: Hills\nTIMES: America\/New_York\nPATHS: 2 {4}/)
  t.match((await get('/reports/index.json')).body.mesh, [{ year: 2026, months: [4, 5] }])
})
