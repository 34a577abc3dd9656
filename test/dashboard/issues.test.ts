import t from 'tap'
import { accessibilityOf, noBrowser, overflowOf, shoot, startBrowser } from '../support/browser.js'
import { ago, closed, incident, insert, startTestApi } from '../support/api.js'

const { app, get, pool } = await startTestApi(t)
const address = await app.listen({ host: '127.0.0.1', port: 0 })

const evil = '<script>alert(1)</script>'
const link = { kind: 'rf_quality_drop', category: 'network', severity: 'critical', scope: { type: 'link', a: 'Hill', b: 'Lake', medium: 'rf' }, subject: 'Hill--Lake' }
const evidence = { metric: 'lq', unit: '', open: 0.7, clear: 0.8, points: [[ago(300), 0.5]] }

async function post (path: string, fields: Record<string, string>) {
  const { statusCode: status, headers, payload } = await app.inject({ method: 'POST', url: path, headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: new URLSearchParams(fields).toString() })
  return { status, location: String(headers.location), text: payload }
}

async function insertIssues (): Promise<void> {
  await insert(pool, 'nodes', ['Hill', 'Lake', 'Town', evil].map((name) => ({ name, kind: 'router', first_seen: ago(9), last_seen: ago(9) })))
  await insert(pool, 'hop_quality', Array.from({ length: 300 }, (_, i) => ({
    time: ago(i * 40), received_at: ago(i * 40), src: 'Hill', dst: 'Lake', hop_index: 0, from_node: 'Hill', to_node: 'Lake', link_type: 'rf', lq: i < 20 ? 0.4 : 0.97, nlq: 0.9, etx: 1.2,
  })))
  await insert(pool, 'incidents', [
    incident('link', 800, { ...link, cause: 'SNR fell by 12 dB', next_steps: ['Check the antenna'], evidence, impact: { routes: 3, nodes: ['Hill', 'Lake'], paths: ['Hill>Lake', 'Hill>a%3Eb'] } }),
    incident('folded', 200, { kind: 'loss_spike', category: 'network', scope: { type: 'path', src: 'Hill', dst: 'Town' }, subject: 'Hill>Town', caused_by: 'link' }),
    incident('evil', 250, { scope: { type: 'node', node: evil }, subject: evil, cause: evil, severity: 'minor', evidence: { metric: evil } }),
    incident('old', 90_000, closed(80_000)),
  ])
  await pool.query("insert into incident_journal (incident_id, rule, subject, at, from_state, to_state, evidence) values ('link', 'rf_quality_drop', 'Hill--Lake', $1, 'clear', 'open', $2)", [ago(799), JSON.stringify(evidence)])
}

t.test('the list: open ones, filters, pages', async (t) => {
  await insertIssues()
  const open = await get('/ui/issues')
  t.match(open.text, 'Radio link quality dropped: Hill – Lake')
  t.notMatch(open.text, 'n-old')
  t.match((await get('/ui/issues?status=closed&severity=&kind=&node=')).text, 'Node silent: n-old')
  const critical = (await get('/ui/issues?severity=critical')).text
  t.match(critical, 'Hill – Lake')
  t.notMatch(critical, 'Hill → Town')
  t.match((await get('/ui/issues?node=Town')).text, 'Hill → Town')
  t.match((await get('/ui/issues?node=nobody')).text, 'No issue matches.')
  t.equal((await get('/ui/issues?severity=awful')).status, 400)
  await insert(pool, 'incidents', Array.from({ length: 120 }, (_, i) => incident(`many-${i}`, 1000 + i)))
  const [, next = ''] = /<a rel="next" href="([^"]+)"/.exec((await get('/ui/issues')).text) ?? []
  const second = await get(next.replaceAll('&amp;', '&'))
  t.match(second.text, 'n-many-119')
  t.notMatch(second.text, 'n-many-0<')
})

t.test('the page of an issue: where, why, what to do, what it explains, what was measured, how it went', async (t) => {
  await insertIssues()
  const { text } = await get('/ui/issues/link')
  for (const part of ['SNR fell by 12 dB', 'Check the antenna', '3 paths between 2 nodes hit', 'Packet loss: Hill → Town', 'and 1 more', 'well → open']) t.match(text, part)
  t.match(text, '/ui/paths/Hill/a%3Eb', 'names as they are, in an address')
  t.match(text, '<svg xmlns')
  t.match(text, 'data-metric="lq"')
  t.ok(text.indexOf('data-metric="lq"') < text.indexOf('data-metric="etx"'), 'what the rule judges by comes first')
  t.match((await get('/ui/issues/folded')).text, 'A consequence of another issue')
  t.notMatch((await get('/ui/issues/evil')).text, evil)
  t.equal((await get('/ui/issues/none')).status, 404)
  t.match((await get('/ui/issues/none')).text, 'There is no such page')
  const old = (await get('/ui/issues/old')).text
  t.match(old, 'It recovered.')
  t.notMatch(old, 'Close by hand')
})

t.test('forms: seen, taken back, closed, maintenance', async (t) => {
  await insertIssues()
  const page = '/ui/issues/link'
  t.match(await post(`${page}/ack`, { by: 'HB9XYZ', note: '' }), { status: 303, location: `${page}?notice=acknowledged` })
  t.match((await get(`${page}?notice=acknowledged`)).text, 'seen by HB9XYZ')
  t.match(await post(`${page}/unack`, {}), { status: 303, location: `${page}?notice=unacknowledged` })
  t.notMatch((await get(page)).text, 'seen by HB9XYZ')
  t.match(await post(`${page}/ack`, { by: '' }), { status: 400, text: /by: /, location: 'undefined' })
  t.match(await post('/ui/issues/none/ack', { by: 'HB9XYZ' }), { status: 404 })

  t.match(await post('/ui/maintenance', { subject: 'Hill--Lake', hours: '4', by: 'HB9XYZ', note: 'new antenna' }), { status: 303, location: '/ui/maintenance?notice=announced' })
  t.match((await get('/ui/maintenance')).text, /Hill--Lake.*new antenna/s)
  t.match((await get(page)).text, 'new antenna')
  t.match(await post('/ui/maintenance', { subject: 'H*', from: '2026-06-16T08:00', hours: '1', by: 'HB9XYZ' }), { status: 303 })
  t.match((await get('/ui/maintenance')).text, 'datetime="2026-06-16T09:00:00Z"')
  t.match(await post('/ui/maintenance', { subject: 'a>b>c', hours: '1', by: 'HB9XYZ' }), { status: 400, text: /subject: must be/ })
  const [, end = ''] = /action="(\/ui\/maintenance\/\d+\/end)"/.exec((await get('/ui/maintenance')).text) ?? []
  t.match(await post(end, {}), { status: 303, location: '/ui/maintenance?notice=ended' })
  t.match(await post(end, {}), { status: 404 })

  t.match(await post(`${page}/close`, { by: 'HB9XYZ', note: 'a test' }), { status: 303, location: `${page}?notice=closed` })
  t.match((await get(page)).text, 'Closed by hand.')
  t.match(await post(`${page}/ack`, { by: 'HB9XYZ' }), { status: 303, location: `${page}?notice=already_closed` })
})

t.test('with a token, forms of a browser that has not signed in lead to the sign-in', async (t) => {
  const closedApi = await startTestApi(t, { settings: { API_TOKEN: 'hill top' } })
  const answer = await closedApi.app.inject({ method: 'POST', url: '/ui/issues/link/unack' })
  t.match([answer.statusCode, answer.headers.location], [303, '/ui/login'])
})

t.test('in a browser: every width and theme, and by keyboard alone from the overview to an acknowledgement', { skip: noBrowser }, async (t) => {
  await insertIssues()
  const { open } = await startBrowser(t)
  for (const [path, name] of [['/ui/issues', 'issues'], ['/ui/issues/link', 'issue'], ['/ui/maintenance', 'maintenance'], ['/ui/login', 'login']] as const) {
    for (const [width, theme] of [[360, 'light'], [360, 'dark'], [1280, 'light'], [1280, 'dark']] as const) {
      const { page, complaints } = await open(t, `${address}${path}`, { width, theme })
      await page.waitForSelector('#live[data-live-state=on]')
      t.equal(await overflowOf(page), 0, `${name}, ${width} px`)
      t.same(await accessibilityOf(page), [], `${name}, ${width} px, ${theme}`)
      t.same(complaints, [], name)
      await shoot(page, `${name}-${width}-${theme}`)
    }
  }

  const { page } = await open(t, `${address}/`, { width: 1280 })
  const press = async (key: string, until: string) => {
    for (let i = 0; i < 60 && await page.evaluate(`document.activeElement?.matches(${JSON.stringify(until)})`) !== true; i++) await page.keyboard.press(key)
    t.equal(await page.evaluate(`document.activeElement?.matches(${JSON.stringify(until)})`), true, until)
  }
  await press('Tab', '#issue-link h3 a')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/ui/issues/link')
  await press('Tab', '#do-ack summary')
  await page.keyboard.press('Enter')
  await press('Tab', '#ack-by')
  await page.keyboard.type('HB9XYZ')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.flag:text("seen by HB9XYZ")')
})
