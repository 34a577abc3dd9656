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
