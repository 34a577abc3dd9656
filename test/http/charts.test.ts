import { createHash } from 'node:crypto'
import t from 'tap'
import { chartCss } from '../../src/charts/style.js'
import { ago, insert, nowMs, startEachApi } from '../support/api.js'
import { allOf, ofClass, parseSvg, pieces } from '../support/svg.js'

type Row = Record<string, unknown>

const test = await startEachApi(t)
const hourS = 3600
const daySeconds = 86_400
const points = (svg: string): number[][] => JSON.parse(parseSvg(svg).attributes['data-points']!)
const figure = (svg: string, name: string) => allOf(parseSvg(svg)).find(({ attributes }) => attributes['data-figure'] === name)?.text.replace(`${name} `, '')
const title = (svg: string) => parseSvg(svg).children[0]?.text
const probe = (s: number, rtt: number): Row => ({ time: ago(s), src: 'Node-A', dst: 'b', peer: 'b', route: [], rtt_ms: rtt, loss_pct: 1 })
const node = (name: string, kind: string, more: Row = {}): Row => ({ name, kind, first_seen: ago(9), last_seen: ago(9), ...more })
const reading = (s: number, metrics: Record<string, number>) => Object.entries(metrics).map(([metric, value]) => ({ time: ago(s), node: 'Rep', metric, value }))

test('a path, with headers for caches and a policy that runs nothing', async (t, { app, get, pool }) => {
  await insert(pool, 'path_probe', [probe(2 * hourS, 10), probe(2 * hourS - 40, 30), probe(2 * hourS - 150, 40), probe(hourS, 50)])
  const { status, text, headers } = await get('/charts/paths/NODE-A/B/rtt_ms/day.svg?tz=Europe/Zurich')
  t.equal(status, 200)
  t.match(headers, {
    'content-type': 'image/svg+xml', 'cache-control': 'public, max-age=60', 'x-content-type-options': 'nosniff', 'access-control-allow-origin': '*',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(chartCss).digest('base64')}'; frame-ancestors 'self'`,
  })
  t.equal(title(text), 'Round-Trip Time of Node-A → b, last 24 hours')
  t.match(text, 'CEST')
  t.same(points(text), [[79_140, 20, 10, 30], [79_260, 40], [82_740, 50]], 'at the middle of bins of two minutes, and the newest bin is the last')
  t.equal(figure(text, 'max'), '50.0 ms')
  t.equal(pieces(ofClass(parseSvg(text), 'area')[0]), 1, 'a gap, and a point alone has no area')

  const { etag } = headers
  const again = await app.inject({ url: '/charts/paths/node-a/b/rtt_ms/day.svg?tz=Europe/Zurich', headers: { 'if-none-match': `"other", ${String(etag)}` } })
  t.equal(again.statusCode, 304)
  t.equal(again.payload, '')
  const other = await app.inject({ url: '/charts/paths/node-a/b/rtt_ms/day.svg', headers: { 'if-none-match': '"other"' } })
  t.equal(other.statusCode, 200)
})

test('what does not exist is 404, what makes no sense 400', async (t, { get, pool }) => {
  await insert(pool, 'path_probe', [probe(60, 10)])
  await insert(pool, 'nodes', [node('Rep', 'repeater'), node('n', 'router')])
  for (const path of ['paths/a/x/rtt_ms', 'paths/node-a/b/rtt', 'paths/node-a/b/constructor', 'links/node-a/x/etx', 'links/node-a/b/x', 'nodes/x/cpu_pct', 'nodes/n/x', 'radios/x/bat', 'radios/Rep/made_up', 'radios/Rep/telemetry.temperature.1']) {
    const { status, body } = await get(`/charts/${path}/day.svg`)
    t.equal(status, 404, path)
    t.equal(body.detail, 'not found')
  }
  for (const path of ['paths/b/node-a/rtt_ms', 'links/node-a/b/etx', 'nodes/n/cpu_pct', 'radios/Rep/bat']) {
    const { status, text } = await get(`/charts/${path}/year.svg`)
    t.equal(status, 200, path)
    t.match(parseSvg(text).text, 'No data available')
  }
  for (const file of ['decade.svg', 'day', 'day.svg?tz=Mars/Phobos', `day.svg?from=${ago(60)}`, 'range.svg', `range.svg?from=${ago(0)}&to=${ago(60)}`, 'day.svg?units=old', 'day.svg?x=1']) {
    t.equal((await get(`/charts/paths/node-a/b/rtt_ms/${file}`)).status, 400, file)
  }
})

test('week, month and year come from the aggregates, with their true ends and the present value', async (t, { get, pool, refresh }) => {
  await insert(pool, 'path_probe', [probe(50 * hourS, 10), probe(50 * hourS - 60, 90), probe(300, 20), probe(60, 40)])
  await insert(pool, 'nodes', [node('n', 'router')])
  await insert(pool, 'agent_health', [[50 * hourS, 10], [50 * hourS - 60, 90], [300, 20], [60, 40]].map(([s = 0, cpu]) => ({ time: ago(s), node: 'n', cpu_pct: cpu })))
  for (const rollup of ['path_probe_hourly', 'path_probe_daily', 'agent_health_hourly', 'agent_health_daily']) await refresh(rollup)
  const ages = { week: 300, month: 600, year: 3600 }
  for (const [window, age] of Object.entries(ages)) {
    const { text, headers } = await get(`/charts/paths/node-a/b/rtt_ms/${window}.svg`)
    t.equal(headers['cache-control'], `public, max-age=${age}`)
    t.same(points(text).map(([, ...values]) => values), [[50, 10, 90], [30, 20, 40]], window)
    t.same([figure(text, 'min'), figure(text, 'max'), figure(text, 'now')], ['10.0 ms', '90.0 ms', '40.0 ms'], window)
    const cpu = await get(`/charts/nodes/n/cpu_pct/${window}.svg`)
    t.same(points(cpu.text).map(([, ...values]) => values), [[50, 10, 90], [30, 20, 40]], `${window} of a node`)
  }
})

test('no chart reads raw rows over more than two days, but for the few of a radio\'s week', async (t, { get, pool }) => {
  await insert(pool, 'path_probe', [probe(60, 10)])
  await insert(pool, 'nodes', [node('Rep', 'repeater')])
  const spans: number[] = []
  const radioSpans: number[] = []
  const original = pool.query
  pool.query = ((...args: unknown[]) => {
    const [sql = '', values = []] = args as [string?, string[]?]
    const [from, to] = values
    if (/ radio_metrics /.test(sql.replaceAll('\n', ' ')) && typeof from === 'string' && typeof to === 'string') radioSpans.push((Date.parse(to) - Date.parse(from)) / 1000)
    else if (/ (path_probe|hop_quality|agent_health) /.test(sql.replaceAll('\n', ' ')) && typeof from === 'string' && typeof to === 'string') spans.push((Date.parse(to) - Date.parse(from)) / 1000)
    return Reflect.apply(original, pool, args)
  }) as typeof original
  t.teardown(() => { pool.query = original })
  for (const path of ['paths/node-a/b/rtt_ms', 'links/node-a/b/snr_db', 'nodes/Rep/cpu_pct', 'radios/Rep/bat', 'radios/Rep/nb_recv']) {
    for (const file of ['day.svg', 'week.svg', 'month.svg', 'year.svg', ...[2, 2.1, 20, 900].map((days) => `range.svg?from=${ago(days * daySeconds)}`)]) {
      t.equal((await get(`/charts/${path}/${file}`)).status, 200, `${path}/${file}`)
    }
  }
  t.ok(spans.length >= 15, 'they are seen')
  t.ok(Math.max(...spans) <= 2 * daySeconds + hourS, `${Math.max(...spans)} s`)
  t.ok(radioSpans.length >= 10, 'they are seen')
  t.ok(Math.max(...radioSpans) <= 7 * daySeconds + hourS, `${Math.max(...radioSpans)} s`)
})

test('links from either end, and SNR', async (t, { get, pool }) => {
  const hop = (from: string, to: string, s: number, more: Row): Row => ({ time: ago(s), src: 'x', dst: 'y', hop_index: 0, from_node: from, to_node: to, link_type: 'rf', ...more })
  await insert(pool, 'hop_quality', [hop('a', 'B', 3600, { lq: 0.9, nlq: 0.5, signal_dbm: -70, noise_dbm: -95 }), hop('B', 'a', 3000, { lq: 0.7, signal_dbm: -80 }), hop('a', 'B', 600, { etx: 3, link_type: 'tunnel' })])
  for (const ends of ['a/b', 'B/a']) t.same(points((await get(`/charts/links/${ends}/lq/day.svg`)).text).map(([, lq]) => lq), [0.9])
  t.same(points((await get('/charts/links/a/b/snr_db/day.svg')).text).map(([, snr]) => snr), [25])
  const tunnel = await get('/charts/links/a/b/etx/day.svg?medium=Tunnel')
  t.equal(title(tunnel.text), 'ETX of a – B (tunnel), last 24 hours')
  t.same(points(tunnel.text).map(([, etx]) => etx), [3])
})

test('radios: scaled, per minute, packs, sensors, imperial', async (t, { get, pool }) => {
  await insert(pool, 'nodes', [node('Rep', 'repeater', { battery: { chemistry: 'lifepo4', cells: 4 } })])
  await insert(pool, 'radio_metrics', [
    ...reading(2700, { bat: 13_100, nb_recv: 100, uptime: 900, 'telemetry.temperature.1': 20, new_thing: 5 }),
    ...reading(1800, { bat: 13_200, nb_recv: 250, uptime: 1800, 'telemetry.temperature.1': 25 }),
  ])
  const bat = await get('/charts/radios/rep/bat/day.svg')
  t.match(parseSvg(bat.text).attributes, { 'data-y-min': '12', 'data-y-max': '14.6' })
  t.same(points(bat.text).map(([, volts]) => volts), [13.1, 13.2])
  t.same(points((await get('/charts/radios/rep/nb_recv/day.svg')).text).map(([, rate]) => rate), [10])
  t.match(parseSvg((await get('/charts/radios/rep/new_thing/day.svg')).text).text, 'new_thing')
  const temperature = '/charts/radios/rep/telemetry.temperature.1/day.svg'
  t.equal(figure((await get(temperature)).text, 'max'), '25.0 °C')
  t.equal(figure((await get(`${temperature}?units=imperial`)).text, 'max'), '77.0 °F')
})

test('the week of a radio has bins of half an hour', async (t, { get, pool }) => {
  await insert(pool, 'nodes', [node('Rep', 'repeater')])
  await insert(pool, 'radio_metrics', [...reading(6 * daySeconds, { last_rssi: -100 }), ...reading(6 * daySeconds - 900, { last_rssi: -90 }), ...reading(6 * daySeconds - 1800, { last_rssi: -80 })])
  for (const file of ['week.svg', `range.svg?from=${ago(6.5 * daySeconds)}`]) {
    t.same(points((await get(`/charts/radios/rep/last_rssi/${file}`)).text).map(([, ...values]) => values), [[-95, -100, -90], [-80]], file)
  }
})

test('a range has a step that fits, and a node its days', async (t, { get, pool, refresh }) => {
  await insert(pool, 'nodes', [node('n', 'router')])
  await insert(pool, 'agent_health', [{ time: ago(3600), node: 'n', cpu_pct: 10 }, { time: ago(3570), node: 'n', cpu_pct: 30 }])
  const { text } = await get(`/charts/nodes/N/cpu_pct/range.svg?from=${ago(2 * hourS)}&to=${ago(hourS / 2)}`)
  t.match(parseSvg(text).attributes, { 'data-x-start': ago(2 * hourS), 'data-x-end': ago(hourS / 2), 'data-window': 'range' })
  t.same(points(text).map(([, cpu]) => cpu), [10, 30])
  t.equal(new Date(nowMs).getUTCHours(), 12)
  await refresh('agent_health_hourly')
  t.same(points((await get('/charts/nodes/n/cpu_pct/week.svg')).text).map(([, cpu]) => cpu), [20])
})
