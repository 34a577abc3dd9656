import t from 'tap'
import { compactText } from '../../src/dashboard/parts/radio-facts.js'
import { ago, insert, startTestApi } from '../support/api.js'
import { accessibilityOf, noBrowser, overflowOf, shoot, startBrowser } from '../support/browser.js'

const { app, get, pool } = await startTestApi(t, { settings: { REPORT_LOCATION_NAME: 'Utrecht', REPORT_LAT: '52.36', REPORT_LON: '4.9', TZ: 'Europe/Zurich', COMPANION_HARDWARE: 'T-Beam' } })
const address = await app.listen({ host: '127.0.0.1', port: 0 })
const evil = '<script>alert(1)</script>'

async function insertRadios (): Promise<void> {
  const radio = { frequency_mhz: 869.618, bandwidth_khz: 62.5, spreading_factor: 8, coding_rate: 5 }
  await insert(pool, 'nodes', [
    { name: 'Rep', kind: 'repeater', public_key: 'a0a1a2a3a4a5a6a7', lat: 47.1, lon: 8.5, elevation_m: 1200, site: 'Hill', info: { display_name: 'Hilltop', hardware: 'RAK4631', radio }, first_seen: ago(9e6), last_seen: ago(60) },
    { name: 'Base', kind: 'companion', info: { radio, connection: 'ble' }, first_seen: ago(9e6), last_seen: ago(60) },
    { name: evil, kind: 'repeater', first_seen: ago(9e6), last_seen: ago(60) },
  ])
  const values = (i: number) => ({ bat: 3900 - i, last_rssi: -90, last_snr: 6.25, noise_floor: -115, uptime: 90_000 - 900 * i, nb_recv: 1_234_567 - 40 * i, nb_sent: 9876 - 10 * i, airtime: 4000 - i, 'telemetry.temperature.2': 20 + i % 5 })
  for (let i = 0; i < 60; i++) await pool.query('insert into radio_metrics (time, node, metric, value) select $1, \'Rep\', key, value::float8 from jsonb_each_text($2)', [ago(600 + 900 * i), values(i)])
  await insert(pool, 'radio_metrics', [{ time: ago(3600), node: 'Base', metric: 'battery_mv', value: 4000 }])
}

t.test('counts are written short', async (t) => {
  t.same([0, 999, 1234, 10_000, 123_456, 1_234_567].map(compactText), ['0', '999', '1,234', '10.0k', '123.5k', '1.2M'])
})

t.test('the list of radios, and none', async (t) => {
  t.match((await get('/ui/radios')).text, 'No radio is known yet')
  await insertRadios()
  const { text } = await get('/ui/radios')
  t.match(text, /Base<\/a>.*Stale.*4\.00 V.*Hilltop<\/a>.*Online.*3\.90 V/s)
  t.match(text, 'No data')
  t.notMatch(text, evil)
})

t.test('the page of a radio: what it is, what it says, its charts in groups', async (t) => {
  await insertRadios()
  const { status, text } = await get('/ui/radios/rep/day')
  t.equal(status, 200)
  for (const part of ['<h1>Hilltop</h1>', 'a0a1a2a3a4a5', 'Online', '3.90 V', '-90 dBm', '6.25 dB', '1 d 1 h', '1.2M', '9,876', 'Hill', '47.1000, 8.5000', 'JN47gc', '1200 meters', 'RAK4631', '869.618 MHz', '62.5 kHz', 'SF8', 'CR5']) t.ok(text.includes(part), part)
  t.match(text, 'title="1,234,567 packets"')
  t.match(text, '<time datetime="2026-06-15T11:50:00Z" data-stamp title="2026-06-15 11:50:00 UTC">Jun 15, 2026 at 13:50 CEST</time>')
  t.match(text, '<a href="/ui/reports/radios/Rep/2026/06">Report of June 2026</a>')
  t.equal((await get('/ui/reports/radios/Rep/2026/06')).status, 200)
  t.notMatch(text, 'Connection', 'nobody is connected to a repeater')
  const order = ['Power', 'Signal Quality', 'Packet Traffic', 'Airtime', 'Duplicates &amp; Queue', 'Telemetry'].map((title) => text.indexOf(`<h2>${title}</h2>`))
  t.ok(order.every((at, i) => at > (order[i - 1] ?? 0)), String(order))
  t.match(text, 'Temperature (CH2)')
  t.equal(text.split('<figure').length - 1, 19)
  const base = (await get('/ui/radios/Base/year')).text
  for (const part of ['Stale', 'Utrecht', '52.3600, 4.9000', 'T-Beam', 'Bluetooth', 'JO22ki', 'Known Contacts', 'last 365 days']) t.ok(base.includes(part), part)
  t.equal((await get('/ui/radios/none/day')).status, 404)
  t.equal((await get('/ui/radios/rep/decade')).status, 400)
  const { status: found, headers } = await get('/ui/radios/Rep')
  t.same([found, headers.location], [302, '/ui/radios/Rep/day'])
  const odd = (await get(`/ui/radios/${encodeURIComponent(evil)}/week`)).text
  t.match(odd, 'No data available')
  t.notMatch(odd, evil)
  t.notMatch(odd, 'Report of', 'of what never sent anything there is none')
})

t.test('in a browser: both themes, narrow and wide', { skip: noBrowser }, async (t) => {
  await insertRadios()
  const { open } = await startBrowser(t)
  const zones = await open(t, `${address}/ui/radios/Rep/day`, { width: 1280 })
  await zones.page.locator('#radio-observed time[data-local]').waitFor()
  t.equal(await zones.page.textContent('#radio-observed time'), 'Jun 15, 2026 at 13:50 CEST', 'in the zone of the browser, in the same words')
  t.match(await zones.page.getAttribute('#radio-observed time', 'title'), 'Monday')
  for (const [path, name] of [['/ui/radios', 'radios'], ['/ui/radios/Rep/day', 'radio']]) {
    for (const width of [360, 1280]) {
      for (const theme of ['light', 'dark'] as const) {
        const { page, complaints } = await open(t, `${address}${path}`, { width, theme })
        t.equal(await overflowOf(page), 0, `${path} ${width} px`)
        t.same(await accessibilityOf(page), [], `${path} ${width} px, ${theme}`)
        t.same(complaints, [])
        await shoot(page, `${name}-${width}-${theme}`)
      }
    }
  }
})
