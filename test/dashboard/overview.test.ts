import t from 'tap'
import { accessibilityOf, noBrowser, overflowOf, shoot, startBrowser } from '../support/browser.js'
import { ago, incident, insert, startTestApi } from '../support/api.js'

const { app, get, pool, request } = await startTestApi(t)
const address = await app.listen({ host: '127.0.0.1', port: 0 })

const link = { kind: 'rf_quality_drop', category: 'network', scope: { type: 'link', a: 'Hill', b: 'Lake', medium: 'rf' }, subject: 'Hill--Lake' }
const evil = '<script>alert(1)</script>'

async function insertIssues (): Promise<void> {
  await insert(pool, 'nodes', ['Hill', 'Lake', evil].map((name) => ({ name, kind: 'router', first_seen: ago(9), last_seen: ago(9) })))
  await insert(pool, 'incidents', [
    incident('minor', 900, { severity: 'minor' }),
    incident('link', 300, { ...link, severity: 'critical', cause: 'SNR fell by 12 dB', next_steps: ['Check the antenna of Lake', 'Look for new noise'], impact: { routes: 2, nodes: ['Hill', 'Lake', 'Town'], paths: ['Hill>Lake'] } }),
    incident('folded', 200, { kind: 'loss_spike', category: 'network', scope: { type: 'path', src: 'Hill', dst: 'Town' }, subject: 'Hill>Town', caused_by: 'link' }),
    incident('evil', 250, { scope: { type: 'node', node: evil }, subject: evil, cause: evil }),
    incident('clock', 100, { kind: 'clock_skew', category: 'data_quality', severity: 'minor' }),
  ])
}

t.test('an empty collector says what to do next', async (t) => {
  const { status, text, headers } = await get('/')
  t.equal(status, 200)
  t.match(headers['content-type'], 'text/html')
  t.match(text, 'No node has sent anything yet')
})

t.test('the worst first, consequences within their cause, data quality apart, markup of names as text', async (t) => {
  await insertIssues()
  const { text, headers } = await get('/')
  const order = ['issue-link', 'issue-evil', 'issue-minor', 'Quality of the data', 'issue-clock'].map((part) => text.indexOf(part))
  t.ok(order.every((at) => at > 0), String(order))
  t.same([...order].sort((a, b) => a - b), order)
  t.match(text, /<details><summary>Explains 1 more issue<\/summary>.*Packet loss: Hill → Town/)
  t.match(text, '2 paths between 3 nodes hit')
  t.match(text, '<li>Check the antenna of Lake</li>')
  t.notMatch(text, evil)
  t.match(text, '&lt;script>alert(1)&lt;/script>')
  const policy = String(headers['content-security-policy'])
  t.match(policy, "default-src 'none'")
  t.notMatch(policy, 'unsafe')
})

t.test('what a page loads never changes under its name', async (t) => {
  const { text } = await get('/')
  const files = [...text.matchAll(/\/ui\/assets\/[^"]+/g)].map(([path]) => path)
  t.ok(files.length >= 4, files.join(' '))
  for (const path of files) {
    const { status, headers } = await get(path)
    t.equal(status, 200, path)
    t.match(headers['cache-control'], 'immutable')
  }
  t.equal((await get('/ui/assets/..%2f..%2fpackage.json')).status, 404)
  t.equal((await get('/ui/assets/style.css')).status, 404)
})

t.test('errors are pages below /ui', async (t) => {
  const { status, text, headers } = await get('/ui/nonsense')
  t.equal(status, 404)
  t.match(headers['content-type'], 'text/html')
  t.match(text, 'There is nothing at /ui/nonsense.')
  t.match((await get('/nonsense')).headers['content-type'], 'problem+json')
})

t.test('in a browser: both themes, narrow and wide, with and without scripts', { skip: noBrowser }, async (t) => {
  await insertIssues()
  const { open } = await startBrowser(t)
  for (const width of [360, 1280]) {
    for (const theme of ['light', 'dark'] as const) {
      const { page, complaints } = await open(t, `${address}/`, { width, theme })
      await page.waitForSelector('#live[data-live-state=on]')
      t.equal(await overflowOf(page), 0, `${width} px`)
      t.same(await accessibilityOf(page), [], `${width} px, ${theme}`)
      t.same(complaints, [])
      await shoot(page, `overview-${width}-${theme}`)
    }
  }
  const { page, complaints } = await open(t, `${address}/`, { width: 1280, javaScript: false })
  t.match(await page.textContent('main'), 'SNR fell by 12 dB')
  t.same(complaints, [])
})

t.test('a change is seen without a reload', { skip: noBrowser }, async (t) => {
  await insertIssues()
  const { open } = await startBrowser(t)
  const { page, complaints } = await open(t, `${address}/`, { width: 1280 })
  await page.waitForSelector('#live[data-live-state=on]')
  await page.click('summary')
  t.equal((await request('POST', '/issues/link/ack', { by: 'HB9XYZ' })).status, 200)
  await page.waitForSelector('#issue-link .flag:text("seen by HB9XYZ")', { timeout: 60_000 })
  t.ok(await page.isVisible('#issue-link details li'), 'what was opened stays open')
  t.same(complaints, [])
})

/** Two meshes far from each other, each of twelve nodes with long names around a hill; the worst of three issues is a link of the smaller names. */
async function insertTwoMeshes (): Promise<void> {
  const names = ['HB9QAG-MIKROTIK-LHG-5', 'OE7QAR-NANOSTATION-M5'].flatMap((call) => Array.from({ length: 12 }, (_, i) => `${call}-${i}`))
  const isEast = (i: number) => i >= 12
  await insert(pool, 'nodes', names.map((name, i) => ({ name, kind: 'router', first_seen: ago(9000), last_seen: ago(9), lat: 47.3 + 0.05 * Math.sin(i), lon: (isEast(i) ? 11.4 : 8.5) + 0.07 * Math.cos(i) })))
  await insert(pool, 'hop_quality', names.flatMap((from, i) => i % 12 === 0 ? [] : [{ time: ago(30), received_at: ago(30), src: from, dst: from, hop_index: 0, from_node: from, to_node: names[i - 1]!, link_type: 'rf', lq: 0.9, nlq: 0.9, etx: 1.2 }]))
  const [a, b] = [names[3]!, names[4]!].sort() as [string, string]
  const steps = [`Check signal, alignment and channel of the link between ${a} and ${b}`, `Look at how much traffic passes between ${a} and ${b}`, `Give the paths through it another way round: a second link at ${a} or ${b}`]
  await insert(pool, 'incidents', [
    incident('worst', 400, { kind: 'bottleneck_link', category: 'network', severity: 'critical', scope: { type: 'link', a, b, medium: 'rf' }, subject: `${a}--${b}`, next_steps: steps, impact: { routes: 108, nodes: names, paths: [] }, cause: `The link ${a} – ${b} is the worst hop of 18 bad windows of 15 paths within 30 min, at ETX 1.64.` }),
    incident('busy', 300, { kind: 'node_overload', severity: 'major', scope: { type: 'node', node: names[20] }, subject: names[20], next_steps: ['Look at its load'] }),
    incident('late', 200, { severity: 'minor', scope: { type: 'node', node: names[8] }, subject: names[8], next_steps: ['Visit it'] }),
  ])
}

t.test('on 1280 by 800 pixels, without scrolling: the title of the worst issue, its marked link, what to do next', { skip: noBrowser }, async (t) => {
  await insertTwoMeshes()
  const { open } = await startBrowser(t)
  for (const javaScript of [true, false]) {
    const { page, complaints } = await open(t, `${address}/`, { width: 1280, height: 800, javaScript })
    if (javaScript) await page.waitForSelector('#live[data-live-state=on]')
    const places = { title: '#issue-worst h3 a', step: '#issue-worst .steps li:first-child', mark: '.map a[href$="/worst"] .mark', one: '.map a[href$="LHG-5-3"] .mark', other: '.map a[href$="LHG-5-4"] .mark' }
    const boxes = Object.fromEntries(await Promise.all(Object.entries(places).map(async ([what, selector]) => [what, await page.locator(selector).boundingBox()] as const)))
    for (const [what, box] of Object.entries(boxes)) {
      t.ok(box !== null && box.x >= 0 && box.y >= 0 && box.x + box.width <= 1280 && box.y + box.height <= 800, `${what}: ${JSON.stringify(box)}`)
    }
    const [one, other, mark] = [boxes['one']!, boxes['other']!, boxes['mark']!]
    t.ok(Math.hypot(one.x - other.x, one.y - other.y) > mark.width, 'its ends stand apart, the other mesh does not make it a dot')
    t.ok(mark.width > 12, `the mark is ${mark.width} px wide`)
    t.same(complaints, [])
    await shoot(page, `overview-two-meshes-${javaScript ? 'live' : 'plain'}`)
  }
})

t.test('the map shows all on demand, and another place once the worst issue is elsewhere, unless somebody has moved it', { skip: noBrowser }, async (t) => {
  await insertTwoMeshes()
  const { open } = await startBrowser(t)
  const { page, complaints } = await open(t, `${address}/`, { width: 1280, height: 800 })
  await page.waitForSelector('#live[data-live-state=on]')
  const view = async () => await page.getAttribute('.map svg.view', 'viewBox')
  const first = await view()
  t.not(first, '0 0 960 640')
  t.equal((await request('POST', '/issues/worst/close', { by: 'HB9XYZ' })).status, 200)
  await page.waitForSelector(`.map.is-ready svg.view:not([viewBox="${first}"])`, { timeout: 60_000 })
  t.match(await page.locator('.issue').first().textContent(), 'Node overloaded')
  await page.click('.map-buttons button:last-child')
  t.equal(await view(), '0 0 960 640')
  t.equal((await request('POST', '/issues/busy/close', { by: 'HB9XYZ' })).status, 200)
  await page.waitForSelector('#issue-busy', { state: 'detached', timeout: 60_000 })
  t.equal(await view(), '0 0 960 640', 'what somebody looks at stays')
  t.same(complaints, [])
})
