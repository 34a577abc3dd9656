import t from 'tap'
import { ago, insert, nowMs, startEachApi, type TestApi } from '../support/api.js'

type Row = Record<string, unknown>
interface Statistics { count: number, mean?: number, min?: number, min_time?: string, max?: number, max_time?: string, total?: number, reboot_count?: number }
interface Month { days_with_data: number, summary: Record<string, Statistics>, daily: { date: string, snapshot_count: number, metrics: Record<string, Statistics> }[] }

const settings = { TZ: 'Europe/Amsterdam', REPORT_LOCATION_NAME: 'Utrecht, NL', REPORT_LAT: '52.36722', REPORT_LON: '4.90389', REPORT_ELEV: '10', REPORT_ELEV_UNIT: 'ft', REPEATER_HARDWARE: 'Home-made' }
const test = await startEachApi(t, settings)
const node = (name: string, kind = 'repeater', more: Row = {}): Row => ({ name, kind, first_seen: ago(9), last_seen: ago(9), ...more })
const readings = (time: string, metrics: Record<string, number>, name = 'Rep') => Object.entries(metrics).map(([metric, value]) => ({ time, node: name, metric, value }))
const month = async ({ get }: TestApi, period: string): Promise<Month> => (await get(`/reports/radios/rep/${period}/report.json`)).body as Month
const totals = ({ daily }: Month, metric: string) => daily.map(({ date, metrics }) => [date.slice(8), metrics[metric]?.total])

test('days are local, means and ends those of their readings, the charge that of each', async (t, api) => {
  await insert(api.pool, 'nodes', [node('Rep', 'repeater', { battery: { chemistry: 'lifepo4', cells: 4 } })])
  await insert(api.pool, 'radio_metrics', [
    // 00:30 of the 1st in Amsterdam, still February in UTC; 23:30 of 31 March, two hours before it is April there in UTC.
    ...readings('2026-02-28T23:30:00Z', { bat: 13_000 }), ...readings('2026-03-01T10:00:00Z', { bat: 13_400 }), ...readings('2026-03-01T11:00:00Z', { bat: 13_000 }),
    ...readings('2026-03-31T21:30:00Z', { bat: 13_200 }), ...readings('2026-03-31T22:30:00Z', { bat: 9000 }),
  ])
  const march = await month(api, '2026/03')
  t.same(march.daily.map(({ date, snapshot_count: count }) => [date, count]), [['2026-03-01', 3], ['2026-03-31', 1]])
  t.match(march.daily[0]?.metrics['bat'], { count: 3, mean: 13_133.3333, min: 13_000, min_time: '2026-03-01T00:30:00+01:00', max: 13_400, max_time: '2026-03-01T11:00:00+01:00' })
  const { rows: [charge] } = await api.pool.query('select avg(bat_pct(mv, $1, 4)) as pct from unnest(array[13000, 13400, 13000]) as reading (mv)', ['lifepo4'])
  t.equal(march.daily[0]?.metrics['bat_pct']?.mean, Math.round(Number(charge.pct) * 10_000) / 10_000)
  t.match((await month(api, '2026/04')).summary['bat'], { count: 1, min: 9000, min_time: '2026-04-01T00:30:00+02:00' })
  t.equal((await api.get('/reports/radios/rep/2026/02/report.json')).status, 404)
})

test('counters count from the last reading of the day before', async (t, api) => {
  await insert(api.pool, 'nodes', [node('Rep')])
  await insert(api.pool, 'radio_metrics', [
    ...readings('2026-03-31T21:00:00Z', { nb_recv: 100, uptime: 1000 }), ...readings('2026-03-31T23:00:00Z', { nb_recv: 130, uptime: 8200 }),
    ...readings('2026-04-01T10:00:00Z', { nb_recv: 150, uptime: 47_800 }),
    ...readings('2026-04-04T10:00:00Z', { nb_recv: 900, uptime: 307_000 }),
  ])
  t.same(totals(await month(api, '2026/03'), 'nb_recv'), [['31', undefined]], 'the first reading ever')
  const april = await month(api, '2026/04')
  t.same(totals(april, 'nb_recv'), [['01', 50], ['04', undefined]], 'what grew over days without readings belongs to none of them')
  t.equal(april.summary['nb_recv']?.total, 50)
})

test('uptime tells a wrap from a new start', async (t, api) => {
  await insert(api.pool, 'nodes', [node('Rep')])
  const days = ['06', '07', '08', '09', '10'].map((day) => `2026-04-${day}T10:00:00Z`)
  const uptimes = [1000, 87_400, 50, 86_450, 172_850]
  const counts = { nb_recv: [1000, 1500, 40, 400, 300], flood_dups: [65_000, 65_500, 10, 20, 4], sent_flood: [10, 20, 30, 40, 50] }
  for (const [i, time] of days.entries()) {
    const at = Object.fromEntries(Object.entries(counts).map(([metric, values]) => [metric, values[i] ?? 0]))
    await insert(api.pool, 'radio_metrics', readings(time, { ...at, uptime: uptimes[i] ?? 0 }))
  }
  const april = await month(api, '2026/04')
  const list = (metric: string) => totals(april, metric).map(([, total]) => total)
  t.same(list('nb_recv'), [undefined, 500, 40, 360, 300], 'started anew: counts from 0; cleared by hand without a start: so too')
  t.same(list('flood_dups'), [undefined, 500, 10, 10, 65_520], 'sixteen bits wrap while uptime grows, and only then')
  t.same(list('sent_flood'), [undefined, 10, 30, 10, 10], 'more than before in spite of a start')
  t.match([april.summary['nb_recv'], april.summary['flood_dups']], [{ reboot_count: 1 }, { reboot_count: 1 }])

  await insert(api.pool, 'nodes', [node('Old')])
  for (const [time, value] of [['2026-04-06T10:00:00Z', 50], ['2026-04-06T11:00:00Z', 20], ['2026-04-06T12:00:00Z', 30]] as const) await insert(api.pool, 'radio_metrics', readings(time, { nb_recv: value }, 'Old'))
  t.match((await api.get('/reports/radios/old/2026/04/report.json')).body.summary, { nb_recv: { count: 3, total: 30, reboot_count: 1 } }, 'without uptime as meshcore-stats has it')
})

test('a day of 25 hours and one of 23', async (t, api) => {
  await insert(api.pool, 'nodes', [node('Rep')])
  for (let hour = 0; hour < 75; hour++) await insert(api.pool, 'radio_metrics', readings(new Date(Date.UTC(2025, 9, 24, 22 + hour)).toISOString(), { last_rssi: -80, nb_sent: hour }))
  for (let hour = 0; hour < 72; hour++) await insert(api.pool, 'radio_metrics', readings(new Date(Date.UTC(2026, 2, 27, 23 + hour)).toISOString(), { last_rssi: -80, nb_sent: hour }))
  const counts = async (period: string) => (await month(api, period)).daily.map(({ date, snapshot_count: count, metrics }) => [date.slice(8), count, metrics['nb_sent']?.total])
  t.same(await counts('2025/10'), [['25', 24, 23], ['26', 25, 25], ['27', 24, 24], ['28', 2, 2]])
  t.same(await counts('2026/03'), [['28', 24, 23], ['29', 23, 23], ['30', 24, 24], ['31', 1, 1]])
})

test('a year is made of its months; text with place and hardware; caches; what there is', async (t, api) => {
  const { get, app, pool } = api
  await insert(pool, 'nodes', [node('Rep', 'repeater', { info: { display_name: 'The Hill' } }), node('Comp', 'companion', { lat: 1, lon: 2, elevation_m: 100, model: 'T-Beam' }), node('Silent')])
  await insert(pool, 'radio_metrics', [
    ...readings('2025-12-31T23:30:00Z', { bat: 3900, nb_recv: 10 }), ...readings('2026-04-30T22:00:00Z', { bat: 4100, nb_recv: 90 }), ...readings('2026-05-01T00:00:00Z', { bat: 4000, nb_recv: 95 }),
    ...readings(ago(60), { battery_mv: 4000, recv: 5, contacts: 7.6 }, 'Comp'), ...readings(ago(60), { 'telemetry.temperature.1': 20 }, 'Silent'),
  ])
  const { body } = await get('/reports/index.json')
  t.match(body, { time_zone: 'Europe/Amsterdam', radios: [{ node: 'Comp', role: 'companion', years: [{ year: 2026, months: [6] }] }, { node: 'Rep', name: 'The Hill', years: [{ year: 2026, months: [1, 5] }] }] })
  t.equal(body.radios.length, 2)
  const year = await get('/reports/radios/REP/2026/report.json')
  t.match(year.body, { report_type: 'yearly', node: 'Rep', months_with_data: 2, summary: { bat: { count: 3, mean: 4000, min_time: '2026-01-01T00:30:00+01:00' }, nb_recv: { total: 5 } }, monthly: [{ month: 1 }, { month: 5 }] })
  const text = await get('/reports/radios/Rep/2026/05/report.txt')
  t.match(text.text, /MONTHLY MESHCORE REPORT for May 2026\n\nNODE: The Hill\nNAME: Utrecht, NL\nCOORDS: 52°22'02"N {2}004°54'14"E {4}ELEV: 10 feet\nHARDWARE: Home-made\nTIMES: Europe\/Amsterdam\n/)
  t.match((await get('/reports/radios/Comp/2026/06/report.txt')).text, /COORDS: 01°00'00"N {2}002°00'00"E {4}ELEV: 328 feet\nHARDWARE: T-Beam\n[\s\S]* 8 +- +-\n/)
  t.match([text.headers, year.headers], [{ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'public, max-age=3600' }, { 'cache-control': 'public, max-age=300' }])
  const again = await app.inject({ url: '/reports/radios/Rep/2026/05/report.txt', headers: { 'if-none-match': String(text.headers.etag) } })
  t.equal(again.statusCode, 304)
})

/** Two months of readings every quarter of an hour; the radio starts anew every eight days and some hours, its duplicates wrap more often. */
const insertMonths = `
insert into radio_metrics (time, node, metric, value)
select time, 'Rep', metric, value from generate_series(timestamptz '2026-03-30 00:07Z', '2026-05-20 00:00Z', '15 minutes') with ordinality as tick (time, i),
lateral (select i % 811 as since) run, lateral (values
  ('uptime', since * 900 + 40), ('bat', 3900 + 150 * sin(i / 40.0)), ('last_rssi', -90 + i % 7), ('nb_recv', since * 37), ('airtime', since * 3),
  ('flood_dups', (since * 211) % 65536)) as reading (metric, value)`

test('a year comes of aggregates and says what its months say', async (t, api) => {
  await insert(api.pool, 'nodes', [node('Rep')])
  await api.pool.query(insertMonths)
  for (const name of ['radio_metrics_hourly', 'radio_metrics_daily']) await api.refresh(name)
  const { body: year } = await api.get('/reports/radios/rep/2026/report.json')
  t.match(year, { resolution: 'hourly', months_with_data: 3 })
  const close = (a: number | undefined, b: number | undefined, by: number) => Math.abs((a ?? NaN) - (b ?? NaN)) <= by
  for (const { month: number, ...told } of year.monthly as (Month & { month: number })[]) {
    const { summary, days_with_data: days } = await month(api, `2026/0${number}`)
    t.equal(told.days_with_data, days)
    t.same(Object.keys(told.summary), Object.keys(summary))
    for (const metric of ['bat', 'last_rssi']) t.same(told.summary[metric], summary[metric], `${metric} of month ${number}`)
    for (const metric of ['uptime', 'nb_recv', 'airtime', 'flood_dups']) t.same(told.summary[metric], summary[metric], `${metric} of month ${number}`)
    const [percent, exact] = [told.summary['bat_pct'], summary['bat_pct']]
    t.ok(close(percent?.mean, exact?.mean, 0.1), 'the charge of means is nearly the mean of charges')
    t.same([percent?.count, percent?.min, percent?.max], [exact?.count, exact?.min, exact?.max])
  }
  t.ok((year.summary as Month['summary'])['nb_recv']!.reboot_count! >= 5)
})

test('a year whose hours are gone comes of days', async (t, api) => {
  await insert(api.pool, 'nodes', [node('Rep')])
  await api.pool.query(insertMonths.replaceAll('2026-', '2024-'))
  for (const name of ['radio_metrics_hourly', 'radio_metrics_daily']) await api.refresh(name)
  const { body: year } = await api.get('/reports/radios/rep/2024/report.json')
  t.match(year, { resolution: 'daily', months_with_data: 3 })
  const april = (year.monthly as (Month & { month: number })[]).find(({ month }) => month === 4)!
  const { summary, days_with_data: days } = await month(api, '2024/04')
  t.equal(april.days_with_data, days)
  for (const metric of ['bat', 'last_rssi', 'nb_recv']) t.same(april.summary[metric], summary[metric], `${metric}, though its days begin elsewhere than those of UTC`)
})

test('what does not exist is 404, what makes no sense 400', async (t, { get, pool }) => {
  await insert(pool, 'nodes', [node('Rep'), node('router', 'router')])
  await insert(pool, 'radio_metrics', readings(new Date(nowMs).toISOString(), { bat: 4000 }))
  t.equal((await get('/reports/radios/Rep/2026/06/report.txt')).status, 200)
  for (const path of ['radios/Rep/2026/05/report.txt', 'radios/Rep/2026/07/report.txt', 'radios/Rep/2025/report.json', 'radios/Rep/2031/report.json', 'radios/x/2026/06/report.json', 'radios/router/2026/report.txt', 'radios/Rep/2026/06/report.pdf']) t.equal((await get(`/reports/${path}`)).status, 404, path)
  for (const path of ['radios/Rep/2026/13/report.txt', 'radios/Rep/2026/6/report.txt', 'radios/Rep/26/06/report.txt', 'radios/Rep/2026/06/report.txt?x=1', 'index.json?x=1']) t.equal((await get(`/reports/${path}`)).status, 400, path)
})
