import t from 'tap'
import type { Page } from 'playwright-core'
import { accessibilityOf, noBrowser, overflowOf, shoot, startBrowser } from '../support/browser.js'
import { ago, incident, insert, startTestApi } from '../support/api.js'
import { simulatedMesh } from '../support/mesh-map.js'
import { themes } from '../../src/charts/style.js'

const { app, get, pool, request } = await startTestApi(t, { settings: { DISPLAY_UNIT_SYSTEM: 'imperial' } })
const address = await app.listen({ host: '127.0.0.1', port: 0 })

const evil = '<script>alert(1)</script>'
const node = (name: string, more = {}) => ({ name, kind: 'router', first_seen: ago(9), last_seen: ago(9), ...more })
const hop = (from: string, to: string, more = {}) => ({ time: ago(60), src: from, dst: to, hop_index: 0, from_node: from, to_node: to, link_type: 'rf', lq: 0.9, nlq: 0.8, etx: 1.39, ...more })
const linkIssue = { kind: 'rf_quality_drop', category: 'network', scope: { type: 'link', a: 'Hill', b: 'Lake', medium: 'rf' }, subject: 'Hill--Lake', severity: 'critical', next_steps: ['Check the antenna of Lake'] }

async function insertMesh (): Promise<void> {
  await insert(pool, 'nodes', [
    node('Hill', { lat: 47.3, lon: 8.4 }), node('Lake', { lat: 47.5, lon: 8.6 }), node('Town', { info: { grid_square: 'JN47jk' } }), node(evil), node('Old', { last_seen: ago(200_000), lat: 47.4, lon: 8.5 }),
  ])
  await insert(pool, 'hop_quality', [hop('Hill', 'Lake', { signal_dbm: -70, noise_dbm: -95 }), hop('Lake', 'Town', { link_type: 'tunnel' }), hop('Lake', evil)])
  await insert(pool, 'path_probe', [{ time: ago(60), src: 'Hill', dst: 'Town', peer: 'Town', route: JSON.stringify(['Hill', 'Lake', 'Town']) }])
  await insert(pool, 'incidents', [incident('link', 300, linkIssue), incident('clock', 100, { kind: 'clock_skew', category: 'data_quality', subject: 'Hill', scope: { type: 'node', node: 'Hill' } })])
}

async function insertLargeMesh (): Promise<void> {
  const { nodes, links } = simulatedMesh({ nodes: 300, links: 900 })
  await pool.query('insert into nodes (name, kind, first_seen, last_seen, lat, lon) select n, \'router\', $4, $4, la, lo from unnest($1::text[], $2::float8[], $3::float8[]) as u(n, la, lo)', [nodes.map(({ id }) => id), nodes.map(({ lat }) => lat), nodes.map(({ lon }) => lon), ago(9)])
  await pool.query(`insert into hop_quality (time, src, dst, hop_index, from_node, to_node, link_type, lq, nlq, etx)
    select $5, a, b, 0, a, b, m, 0.9, 0.9, e from unnest($1::text[], $2::text[], $3::text[], $4::float8[]) as u(a, b, m, e)`, [links.map(({ a }) => a), links.map(({ b }) => b), links.map(({ medium }) => medium), links.map(({ etx }) => etx), ago(60)])
  await pool.query('insert into names (folded, name) select lower(n), n from unnest($1::text[]) as u(n) on conflict do nothing', [nodes.map(({ id }) => id)])
}

t.test('an empty mesh has a page', async (t) => {
  const { status, text } = await get('/ui/topology')
  t.equal(status, 200)
  t.match(text, 'No node is known yet.')
})

t.test('links with their figures, distance and bearings, issues marked, squares said, markup of names as text', async (t) => {
  await insertMesh()
  const { text } = await get('/ui/topology')
  t.match(text, 'Hill – Lake: Radio link quality dropped, ETX 1.39, LQ 90/80 %, SNR 25/? dB, 16.7 mi, 34°')
  t.match(text, /<a href="\/ui\/issues\/link" transform=/)
  t.match(text, '<li>Check the antenna of Lake</li>')
  t.match(text, 'Town: placed by its grid square, JN47jk')
  t.match(text, 'Old: silent for over a day')
  t.match(text, /Hill – Lake<\/a><\/td><td>radio<\/td><td class="number">1\.39<\/td><td class="number">90 \/ 80<\/td><td class="number">25 \/ \?<\/td><td class="number">16\.7 mi<\/td><td class="number">34° \/ 214°<\/td>/)
  t.match(text, '≈ ')
  t.notMatch(text, evil)
  t.notMatch(text, 'Clock', 'what is wrong with data is no fault of the mesh')
  t.notMatch(text, / style="|<style|onclick/)
})

t.test('the route of a path, hop by hop', async (t) => {
  await insertMesh()
  const { text } = await get('/ui/topology?highlight=hill,Town')
  t.match(text, '<h1>Route from Hill to Town</h1>')
  t.match(text, 'Hop 2: Lake to Town')
  t.match(text, /<td class="number">2<\/td><td><a href="\/ui\/links\/Lake\/Town\?medium=tunnel">Lake → Town<\/a><\/td><td>tunnel/)
  const unknown = await get('/ui/topology?highlight=Town,Hill')
  t.equal(unknown.status, 200)
  t.match(unknown.text, 'No route is known')
  t.notMatch(unknown.text, 'Hop 1')
  t.equal((await get('/ui/topology?highlight=Hill')).status, 400)
  t.equal((await get('/ui/topology?nonsense=1')).status, 400)
})

t.test('of many links those that matter most, or all', async (t) => {
  await insertLargeMesh()
  const rows = (text: string) => text.match(/<tr><td><a href="\/ui\/links\//g)?.length
  const { text } = await get('/ui/topology')
  t.equal(rows(text), 40)
  t.match(text, 'All 900 links')
  t.equal(rows((await get('/ui/topology?links=all')).text), 900)
})

/** Names whose boxes on the screen cover each other. */
async function overlapping (page: Page): Promise<string[]> {
  return await page.evaluate(`(() => {
    const names = [...document.querySelectorAll('.map .name')].filter((name) => getComputedStyle(name).visibility === 'visible').map((name) => ({ text: name.textContent, box: name.getBoundingClientRect() }))
    if (names.length < 60) return ['only ' + names.length + ' names are shown']
    return names.flatMap((one, i) => names.slice(i + 1).filter(({ box }) => one.box.left < box.right - 1 && box.left < one.box.right - 1 && one.box.top < box.bottom - 3 && box.top < one.box.bottom - 3).map(({ text }) => one.text + ' and ' + text))
  })()`)
}

const viewBox = async (page: Page) => (await page.getAttribute('svg.view', 'viewBox') ?? '').split(' ').map(Number)

t.test('300 nodes at 1280 px: no name covers another, at no magnification', { skip: noBrowser }, async (t) => {
  await insertLargeMesh()
  const { open } = await startBrowser(t)
  const { page, complaints } = await open(t, `${address}/ui/topology`, { width: 1280 })
  await page.waitForSelector('.map.is-ready')
  t.same(await overlapping(page), [])
  await shoot(page, 'topology-300')
  const shown = async () => await page.evaluate('[...document.querySelectorAll(".map .name")].filter((name) => getComputedStyle(name).visibility === "visible").length')
  const before = Number(await shown())
  await page.focus('.map > svg')
  for (const key of ['+', '+']) await page.keyboard.press(key)
  t.ok(Number(await shown()) > before, 'more names when magnified')
  t.ok((await overlapping(page)).length <= 3, String(await overlapping(page)))
  t.same(complaints, [])
})

t.test('the map is moved and magnified by keys, wheel, buttons and drag, and tells what has the focus', { skip: noBrowser }, async (t) => {
  await insertMesh()
  const { open } = await startBrowser(t)
  const { page, complaints } = await open(t, `${address}/ui/topology`, { width: 1280 })
  await page.waitForSelector('.map.is-ready')
  const whole = await viewBox(page)
  await page.focus('.map > svg')
  await page.keyboard.press('+')
  const magnified = await viewBox(page)
  t.ok(magnified[2]! < whole[2]!)
  await page.keyboard.press('ArrowLeft')
  t.ok((await viewBox(page))[0]! < magnified[0]!)
  await page.keyboard.press('0')
  t.same(await viewBox(page), whole)
  await page.click('.map-buttons button:first-child')
  const { x, y, width, height } = (await page.locator('svg.view').boundingBox())!
  const [midX, midY] = [x + width / 2, y + Math.min(height, 400) / 2]
  await page.mouse.move(midX, midY)
  await page.mouse.wheel(0, -100)
  await page.waitForFunction('Number(document.querySelector("svg.view").getAttribute("viewBox").split(" ")[2]) < 600')
  const near = await viewBox(page)
  await page.mouse.down()
  await page.mouse.move(midX - 60, midY - 30, { steps: 5 })
  await page.mouse.up()
  const dragged = await viewBox(page)
  t.ok(dragged[0]! > near[0]! && dragged[1]! > near[1]!, `${String(near)} ${String(dragged)}`)
  await page.keyboard.press('0')

  await page.focus('.map a[href="/ui/nodes/Town"]')
  t.match(await page.textContent('.map-told'), 'Town: placed by its grid square')
  t.equal(new URL(page.url()).pathname, '/ui/topology', 'a drag follows no link')
  await page.keyboard.press('+')
  t.equal((await request('POST', '/issues/link/ack', { by: 'HB9XYZ' })).status, 200)
  await page.waitForSelector('#issue-link .flag:text("seen by HB9XYZ")', { timeout: 60_000 })
  await page.waitForSelector('.map.is-ready')
  t.ok((await viewBox(page))[2]! < whole[2]!, 'a change leaves what is seen')
  t.same(complaints, [])
})

t.test('both themes, narrow and wide, with and without scripts', { skip: noBrowser }, async (t) => {
  await insertMesh()
  const { open } = await startBrowser(t)
  for (const width of [360, 1280]) {
    for (const theme of ['light', 'dark'] as const) {
      const { page, complaints } = await open(t, `${address}/ui/topology?highlight=Hill,Town`, { width, theme })
      await page.waitForSelector('.map.is-ready')
      t.equal(await overflowOf(page), 0, `${width} px`)
      t.same(await accessibilityOf(page), [], `${width} px, ${theme}`)
      t.same(complaints, [])
      t.equal(await page.evaluate('getComputedStyle(document.querySelector(".map rect.plot")).fill'), rgb(themes[theme].plot))
      await shoot(page, `topology-${width}-${theme}`)
    }
  }
  const { page, complaints } = await open(t, `${address}/ui/topology`, { width: 360, javaScript: false })
  t.equal(await overflowOf(page), 0)
  t.same(complaints, [])
})

function rgb (hex: string): string {
  return `rgb(${[1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(', ')})`
}
