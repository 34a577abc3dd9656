import t from 'tap'
import { ago, incident, insert, startTestApi } from '../support/api.js'
import { accessibilityOf, noBrowser, overflowOf, shoot, startBrowser } from '../support/browser.js'

const { app, get, pool } = await startTestApi(t, { settings: { TZ: 'Europe/Zurich', REPORT_LOCATION_NAME: 'Uster' } })
const address = await app.listen({ host: '127.0.0.1', port: 0 })
const evil = '<script>alert(1)</script>'
const daySeconds = 86_400

async function insertMonths (): Promise<void> {
  await insert(pool, 'nodes', [{ name: 'Hill', kind: 'repeater', first_seen: ago(90 * daySeconds), last_seen: ago(9), info: { display_name: evil } }, { name: 'a-router-with-a-long-name', kind: 'router', first_seen: ago(90 * daySeconds), last_seen: ago(9) }])
  for (let day = 0; day < 50; day++) {
    const time = ago(day * daySeconds)
    await insert(pool, 'radio_metrics', Object.entries({ bat: 3900 + day, last_rssi: -90, last_snr: 7.25, noise_floor: -110, nb_recv: 900_000 - day * 9000, nb_sent: 1000 - day, airtime: 500 - day }).map(([metric, value]) => ({ time, node: 'Hill', metric, value })))
    await insert(pool, 'path_probe', [{ time, src: 'a-router-with-a-long-name', dst: 'Town', peer: 'Town', route: [], rtt_ms: 20, loss_pct: day % 7 }])
    await insert(pool, 'hop_quality', [{ time, src: 'x', dst: 'y', hop_index: 0, from_node: 'a-router-with-a-long-name', to_node: 'Town', link_type: 'rf', lq: 0.8, nlq: 0.7, etx: 1.8 }])
  }
  await insert(pool, 'incidents', [incident('i1', 20 * daySeconds)])
}

t.test('an empty collector has no reports', async (t) => {
  const { status, text } = await get('/ui/reports')
  t.equal(status, 200)
  t.match(text, 'No report yet')
  for (const path of ['mesh/2026/05', 'mesh/2026', 'radios/Hill/2026/05', 'radios/Hill/2026']) t.equal((await get(`/ui/reports/${path}`)).status, 404, path)
  for (const path of ['mesh/2026/5', 'mesh/26', 'radios/Hill/2026/13', 'mesh/2026?x=1']) t.equal((await get(`/ui/reports/${path}`)).status, 400, path)
})

t.test('the list leads to months and years, these to one another and to their files', async (t) => {
  await insertMonths()
  const list = (await get('/ui/reports')).text
  const links = (text: string) => [...text.matchAll(/href="(\/(?:ui\/)?reports[^"]*)"/g)].map(([, path]) => path ?? '')
  t.match(links(list), ['/ui/reports', '/ui/reports/mesh/2026', '/ui/reports/mesh/2026/04', '/ui/reports/mesh/2026/05', '/ui/reports/mesh/2026/06', '/ui/reports/radios/Hill/2026', '/ui/reports/radios/Hill/2026/04'])
  const all = new Set<string>()
  for (const path of links(list)) {
    const { status, text } = await get(path)
    t.equal(status, 200, path)
    t.notMatch(text, evil, path)
    for (const link of links(text)) all.add(link)
  }
  for (const path of all) t.equal((await get(path)).status, 200, path)
  t.ok(all.has('/reports/radios/Hill/2026/05/report.txt') && all.has('/reports/mesh/2026/report.json'))

  const may = (await get('/ui/reports/radios/Hill/2026/05')).text
  t.match(may, /<a rel="prev" href="\/ui\/reports\/radios\/Hill\/2026\/04">← April 2026<\/a>/)
  t.match(may, /<a rel="next" href="\/ui\/reports\/radios\/Hill\/2026\/06">June 2026 →<\/a>/)
  t.match(may, /<li>NAME: Uster<\/li>/)
  t.match(may, /<th scope="colgroup" class="group" colspan="6">BATTERY \(V\)<\/th>/)
  t.match(may, /<tfoot><tr><td class="number"><\/td><td class="number">3\.93<\/td>.*279,000/)
  t.notMatch((await get('/ui/reports/radios/Hill/2026/06')).text, 'rel="next"')
  const mesh = (await get('/ui/reports/mesh/2026/05')).text
  for (const part of ['Issues by kind', 'Worst links', 'Least available paths', '<td>a-router-with-a-long-name</td>', 'NODE AVAILABILITY']) t.match(mesh, part)
})

t.test('in a browser', { skip: noBrowser }, async (t) => {
  await insertMonths()
  const browser = await startBrowser(t)
  for (const [name, path] of [['reports', ''], ['report-radio', '/radios/Hill/2026/05'], ['report-radio-year', '/radios/Hill/2026'], ['report-mesh', '/mesh/2026/05']] as const) {
    for (const [width, theme] of [[360, 'light'], [1280, 'dark']] as const) {
      const { page, complaints } = await browser.open(t, `${address}/ui/reports${path}`, { width, theme })
      t.equal(await overflowOf(page), 0, `${name} at ${width}`)
      t.same(await accessibilityOf(page), [], `${name} ${theme}`)
      t.same(complaints, [])
      await shoot(page, `${name}-${width}-${theme}`)
    }
  }
  const { page } = await browser.open(t, `${address}/ui/reports/mesh/2026/05`, { width: 1280 })
  await page.emulateMedia({ media: 'print' })
  t.equal(await page.locator('header.top').isVisible(), false, 'on paper the report stands alone')
  t.equal(await page.locator('article.report').isVisible(), true)
})
