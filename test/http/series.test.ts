import t from 'tap'
import { ago, insert, nowMs, startEachApi } from '../support/api.js'

type Row = Record<string, unknown>

const test = await startEachApi(t)
const from = ago(3600)
const points = (body: { series: { metric: string, points: unknown[] }[] }, metric: string) => body.series.find((series) => series.metric === metric)?.points

test('a path in bins of raw rows', async (t, { get, pool }) => {
  const probe = (s: number, more: Row): Row => ({ time: ago(s), src: 'Node-A', dst: 'b', peer: 'b', route: [], ...more })
  await insert(pool, 'path_probe', [
    probe(3600, { rtt_ms: 10, jitter_ms: 1, loss_pct: 0 }), probe(3590, { rtt_ms: 20, loss_pct: 4 }), probe(1800, { rtt_ms: 500, timing_usable: false, loss_pct: 2 }),
    probe(100, { loss_pct: 90, loss_usable: false, rtt_ms: 7 }), probe(3601, { rtt_ms: 1 }), probe(0, { rtt_ms: 1 }),
  ])
  const { status, body } = await get(`/paths/NODE-A/B/series?from=${from}&to=${ago(0)}&step=60`)
  t.equal(status, 200)
  t.match(body, { from, to: ago(0), step_s: 60, source: 'raw' })
  t.same(points(body, 'rtt_ms'), [['2026-06-15T11:00:00Z', 15, 10, 20], ['2026-06-15T11:58:00Z', 7, 7, 7]], 'from counts, to does not; unusable timing does not')
  t.same(points(body, 'loss_pct'), [['2026-06-15T11:00:00Z', 2, 0, 4], ['2026-06-15T11:30:00Z', 2, 2, 2]])
  t.same(body.series.find(({ metric }: { metric: string }) => metric === 'jitter_ms').unit, 'ms')

  const { body: one } = await get(`/paths/Node-A/b/series?from=${from}&metric=jitter_ms&points=1`)
  t.same(one.series, [{ metric: 'jitter_ms', unit: 'ms', points: [['2026-06-15T11:00:00Z', 1, 1, 1]] }])
  t.match((await get(`/paths/Node-A/b/series?metric=rtt_ms&from=${ago(86_400)}&to=${ago(80_000)}`)).body.series, [{ metric: 'rtt_ms', points: [] }], 'asked for, so shown empty')
})

test('unknown names are "not found", bad ranges a 400', async (t, { get, pool }) => {
  await insert(pool, 'path_probe', [{ time: ago(60), src: 'a', dst: 'b', peer: 'b', route: [] }])
  for (const path of ['/paths/a/x/series', '/links/x/a/series', '/nodes/x/series', '/radios/x/series', '/radios/a/series', '/radios/a']) {
    const { status, body } = await get(path)
    t.equal(status, 404, path)
    t.equal(body.detail, 'not found')
  }
  t.same((await get('/paths/b/a/series')).body.series, [], 'names that are known, a path that was never measured')
  for (const query of ['step=60&points=5', 'step=0', 'points=0', 'points=5001', 'from=x', `from=${ago(0)}&to=${ago(60)}`, 'step=1&from=2020-01-01T00:00:00Z', 'metric=rtt', 'format=xml', 'raw=true']) {
    t.equal((await get(`/paths/a/b/series?${query}`)).status, 400, query)
  }
})

test('long ranges come from the aggregates, weighed by their counts', async (t, { get, pool, refresh }) => {
  const probe = (s: number, rtt: number): Row => ({ time: ago(s), src: 'a', dst: 'b', peer: 'b', route: [], rtt_ms: rtt, loss_pct: 1 })
  await insert(pool, 'path_probe', [probe(50 * 3600, 10), probe(50 * 3600 - 60, 20), probe(49 * 3600, 90), probe(60, 40)])
  await refresh('path_probe_hourly')
  const { body: hourly } = await get(`/paths/a/b/series?from=${ago(60 * 86_400)}&to=${ago(0)}&metric=rtt_ms`)
  t.match(hourly, { source: 'hourly', step_s: 10_800 })
  t.same(points(hourly, 'rtt_ms'), [['2026-06-13T09:00:00Z', 40, 10, 90], ['2026-06-15T09:00:00Z', 40, 40, 40]])
  const { body: daily } = await get(`/paths/a/b/series?from=${ago(300 * 86_400)}&to=${ago(0)}&step=86400&metric=rtt_ms`)
  t.match(daily, { source: 'daily', step_s: 86_400 })
  t.same(points(daily, 'rtt_ms'), [['2026-06-13T00:00:00Z', 40, 10, 90], ['2026-06-15T00:00:00Z', 40, 40, 40]])
})

test('a link told from either end is the same', async (t, { get, pool, refresh }) => {
  const hop = (from: string, to: string, s: number, more: Row): Row => ({ time: ago(s), src: 'x', dst: 'y', hop_index: 0, from_node: from, to_node: to, link_type: 'rf', ...more })
  await insert(pool, 'hop_quality', [
    hop('a', 'B', 3600, { lq: 0.9, nlq: 0.5, etx: 2 }), hop('B', 'a', 3590, { lq: 0.7, nlq: 0.8, etx: 3, rxcost: 300 }), hop('a', 'B', 3580, { etx: 50, route_cost: true }),
    hop('a', 'B', 3570, { lq: 0.1, link_type: 'tunnel' }),
  ])
  for (const path of ['/links/a/b/series', '/links/B/A/series']) {
    const { body } = await get(`${path}?from=${from}&step=60`)
    t.same(points(body, 'lq')?.map((point) => (point as number[]).map((x) => typeof x === 'number' ? Math.round(x * 100) / 100 : x)), [['2026-06-15T11:00:00Z', 0.85, 0.8, 0.9]])
    t.same(points(body, 'etx'), [['2026-06-15T11:00:00Z', 2.5, 2, 3]])
    t.same(points(body, 'txcost'), [['2026-06-15T11:00:00Z', 300, 300, 300]])
    t.equal(points(body, 'rxcost'), undefined)
  }
  t.same(points((await get(`/links/a/b/series?from=${from}&step=60&medium=TUNNEL`)).body, 'lq'), [['2026-06-15T11:00:00Z', 0.1, 0.1, 0.1]])
  await refresh('hop_quality_hourly')
  const { body } = await get(`/links/B/a/series?from=${ago(7200)}&step=3600&metric=nlq`)
  t.equal(body.source, 'hourly')
  t.match(points(body, 'nlq'), [['2026-06-15T11:00:00Z', 0.6, 0.5, 0.7]])
})

test('a node over time', async (t, { get, pool }) => {
  await insert(pool, 'nodes', [{ name: 'a', kind: 'router', first_seen: ago(9), last_seen: ago(9) }])
  await insert(pool, 'agent_health', [{ time: ago(3600), node: 'a', cpu_pct: 10 }, { time: ago(3590), node: 'a', cpu_pct: 30, load1: 0.5 }])
  const { body } = await get(`/nodes/A/series?from=${from}&step=60`)
  t.equal(body.source, 'raw')
  t.same(body.series, [
    { metric: 'cpu_pct', unit: '%', points: [['2026-06-15T11:00:00Z', 20, 10, 30]] }, { metric: 'load1', unit: '', points: [['2026-06-15T11:00:00Z', 0.5, 0.5, 0.5]] },
  ])
})

test('CSV has a line per point', async (t, { get, pool }) => {
  await insert(pool, 'nodes', [{ name: 'r', kind: 'repeater', first_seen: ago(9), last_seen: ago(9) }])
  await insert(pool, 'radio_metrics', [{ time: ago(3600), node: 'r', metric: '=cmd,"x"', value: 1.5 }])
  const { headers, text } = await get(`/radios/r/series?from=${from}&step=60&format=csv`)
  t.match(headers['content-type'], 'text/csv')
  t.equal(text, 'time,metric,unit,mean,min,max\r\n2026-06-15T11:00:00Z,"\'=cmd,""x""",,1.5,1.5,1.5\r\n')
})

test('a radio: scaled gauges, counters per minute, charge from the voltage', async (t, { get, getPages, pool, refresh }) => {
  await insert(pool, 'nodes', [{ name: 'Rep', kind: 'repeater', first_seen: ago(9), last_seen: ago(9), battery: { chemistry: 'liion', cells: 1 } }])
  const reading = (s: number, metrics: Record<string, number>) => Object.entries(metrics).map(([metric, value]) => ({ time: ago(s), node: 'Rep', metric, value }))
  await insert(pool, 'radio_metrics', [
    ...reading(3600, { bat: 4060, uptime: 1000, nb_recv: 100, flood_dups: 65_530, 'telemetry.temperature.1': 21 }),
    ...reading(2700, { bat: 3790, uptime: 1900, nb_recv: 400, flood_dups: 4 }),
    ...reading(1800, { bat: 3790, uptime: 60, nb_recv: 600, flood_dups: 10 }),
    ...reading(900, { bat: 3790, uptime: 960, nb_recv: 500, flood_dups: 40 }),
  ])
  const { body } = await get(`/radios/REP/series?from=${from}&step=900`)
  t.same(points(body, 'bat')?.[0], ['2026-06-15T11:00:00Z', 4.06, 4.06, 4.06])
  t.same(points(body, 'bat_pct'), [['2026-06-15T11:00:00Z', 90, 90, 90], ...['15', '30', '45'].map((minute) => [`2026-06-15T11:${minute}:00Z`, 40, 40, 40])].map(([time, ...values]) => [String(time).replace(/Z$/, 'Z'), ...values]))
  t.same(points(body, 'nb_recv'), [['2026-06-15T11:15:00.000Z', 20, 20, 20]], 'a reboot and a counter cleared by hand leave a gap')
  t.same(points(body, 'flood_dups'), [['2026-06-15T11:15:00.000Z', 10 / 15, 10 / 15, 10 / 15], ['2026-06-15T11:45:00.000Z', 2, 2, 2]], '16 bits wrap while uptime grows')
  t.same(points(body, 'telemetry.temperature.1'), [['2026-06-15T11:00:00Z', 21, 21, 21]])
  t.same(body.series.map(({ metric, unit }: Row) => [metric, unit]).sort(), [
    ['bat', 'V'], ['bat_pct', '%'], ['flood_dups', '/min'], ['nb_recv', '/min'], ['telemetry.temperature.1', '°C'], ['uptime', 'd'],
  ])
  const { body: raw } = await get(`/radios/Rep/series?from=${from}&step=900&raw=true&metric=nb_recv&metric=bat`)
  t.same(points(raw, 'nb_recv')?.map((point) => (point as number[])[1]), [100, 400, 600, 500])
  t.match(raw.series.find(({ metric }: Row) => metric === 'bat'), { unit: 'mV' })

  await refresh('radio_metrics_hourly')
  const { body: hourly } = await get(`/radios/Rep/series?from=${new Date(nowMs - 40 * 86_400_000).toISOString()}&metric=nb_recv&metric=bat_pct`)
  t.equal(hourly.source, 'hourly')
  t.same(points(hourly, 'nb_recv'), [['2026-06-15T10:00:00.000Z', (500 + 500) / 60, (500 + 500) / 60, (500 + 500) / 60]], 'after the reset: to the highest, and what was counted since')
  t.equal(points(hourly, 'bat_pct')?.length, 1)

  const { body: radios } = await get('/radios')
  t.match(radios[0], { id: 'Rep', kind: 'repeater', readings: { nb_recv: { time: '2026-06-15T11:45:00Z', value: 500, unit: '' }, bat: { value: 3790, unit: 'mV' }, bat_pct: { value: 40, unit: '%' } }, last_event: null })
  await insert(pool, 'nodes', ['aaa', 'zzz'].map((name) => ({ name, kind: 'companion', first_seen: ago(9), last_seen: ago(9) })))
  t.same((await getPages('/radios?limit=1')).map((page) => page.map(({ id }) => id)), [['zzz'], ['aaa'], ['Rep']])
  await insert(pool, 'worker_event', [{ time: ago(50), node: 'Rep', event: 'breaker_open', reason: 'no answer' }, { time: ago(60), node: 'Rep', event: 'poll_failed' }])
  const { body: radio } = await get('/radios/rep')
  t.match(radio, { id: 'Rep', last_event: { event: 'breaker_open', reason: 'no answer' }, events: [{ event: 'breaker_open' }, { event: 'poll_failed' }], open_issues: [] })
})
