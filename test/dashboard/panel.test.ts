import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { accessibilityOf, noBrowser, overflowOf, shoot, startBrowser } from '../support/browser.js'
import { ago, incident, insert, startTestApi } from '../support/api.js'

// A page at another port is another origin.
async function serveHost (t: Test, body: () => string): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<!doctype html><html lang="en"><title>OpenWISP</title><link rel="icon" href="data:,"><main><h1>Network</h1>${body()}</main></html>`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

let hostAddress = ''
const host = await serveHost(t, () => hostAddress)
const { app, get, pool, request } = await startTestApi(t, { settings: { FRAME_ANCESTORS: new URL(host).origin } })
const address = await app.listen({ host: '127.0.0.1', port: 0 })
const evil = '<img src=x onerror=alert(1)>'

async function insertIssues (): Promise<void> {
  await insert(pool, 'nodes', ['Hill'].map((name) => ({ name, kind: 'router', first_seen: ago(9), last_seen: ago(9) })))
  await insert(pool, 'incidents', [
    incident('worst', 300, { severity: 'critical', cause: evil, next_steps: ['Check the antenna'], subject: evil, scope: { type: 'node', node: evil } }),
    incident('minor', 500, { severity: 'minor' }),
    incident('folded', 200, { caused_by: 'worst' }),
    incident('clock', 100, { kind: 'clock_skew', category: 'data_quality' }),
  ])
}

t.test('what the panel is made of: small, in frames of the origins named, nowhere else', async (t) => {
  const { text, headers } = await get('/panel.js')
  t.ok(Buffer.byteLength(text) < 15_000, `${Buffer.byteLength(text)} bytes`)
  t.match(headers['content-type'], 'javascript')
  t.match((await get('/panel')).headers['content-security-policy'], `frame-ancestors 'self' ${new URL(host).origin}`)
  t.match((await get('/')).headers['content-security-policy'], "frame-ancestors 'self'")
  t.notMatch((await get('/')).headers['content-security-policy'], new URL(host).origin)
})

t.test('the element in a page of another origin: worst first, live, names as text, no other host', { skip: noBrowser }, async (t) => {
  await insertIssues()
  hostAddress = `<script type="module" src="${address}/panel.js"></script><meshmon-issues src="${address}" limit="5"></meshmon-issues>`
  const { open } = await startBrowser(t)
  for (const [width, theme] of [[360, 'light'], [1280, 'dark']] as const) {
    const { page, complaints } = await open(t, host, { width, theme })
    await page.waitForSelector('meshmon-issues li.critical')
    const lines = await page.locator('meshmon-issues li').allTextContents()
    t.equal(lines.length, 2, 'consequences and data quality stay out')
    t.match(lines[0], evil)
    t.match(lines[0], 'Check the antenna')
    t.equal(await page.locator('meshmon-issues a').first().getAttribute('href'), `${address}/ui/issues/worst`)
    t.equal(await overflowOf(page), 0)
    t.same(await accessibilityOf(page), [])
    t.same(complaints.filter((line) => !line.includes(address)), [])
    await shoot(page, `panel-element-${width}-${theme}`)
  }
  const { page } = await open(t, host, { width: 1280 })
  await page.waitForSelector('meshmon-issues li.critical')
  await request('POST', '/issues/worst/ack', { by: 'HB9XYZ' })
  await page.locator('meshmon-issues li.critical:has-text("seen")').waitFor({ timeout: 60_000 })
  t.match((await page.locator('meshmon-issues li').allTextContents())[0], 'n-minor', 'what somebody has seen comes after the rest')
})

t.test('the frame, and a page that may not have it', { skip: noBrowser }, async (t) => {
  await insertIssues()
  hostAddress = `<iframe src="${address}/panel" title="Mesh" width="340" height="400"></iframe>`
  const { open } = await startBrowser(t)
  const { page } = await open(t, host, { width: 1280 })
  await page.frameLocator('iframe').locator('meshmon-issues li.critical').waitFor()
  t.match(await page.frameLocator('iframe').locator('meshmon-issues h2').textContent(), 'Critical')

  const stranger = await serveHost(t, () => hostAddress)
  const other = await open(t, stranger, { width: 1280 })
  t.match(other.complaints.join('\n'), 'frame-ancestors', 'the browser refuses')
})

t.test('a collector that is away is told, not an empty list', { skip: noBrowser }, async (t) => {
  hostAddress = `<script type="module" src="${address}/panel.js"></script><meshmon-issues src="http://127.0.0.1:1"></meshmon-issues>`
  const { open } = await startBrowser(t)
  const { page } = await open(t, host, { width: 1280 })
  t.match(await page.locator('meshmon-issues p[role=status]').textContent(), 'http://127.0.0.1:1 does not answer')
})
