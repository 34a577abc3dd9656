import t from 'tap'
import type { IssueBody } from '../../src/http/schemas/issues.js'
import type { ReplayBody, ReplayedBody, RulesInForce } from '../../src/http/schemas/rules.js'
import { accessibilityOf, noBrowser, overflowOf, shoot, startBrowser } from '../support/browser.js'
import { ago, insert, nowMs, startTestApi } from '../support/api.js'

const inForce: RulesInForce = {
  engine: { fold_wait_s: { value: 90, default: 90, description: 'The opening message waits this long' } },
  rules: [
    { name: 'jitter_burst', category: 'network', scope: 'path', enabled: true, settings: { enabled: { value: true, default: true, description: 'On' }, open_ms: { value: 25, default: 30, description: 'Bad above this (ms)' }, clear_ms: { value: 20, default: 24, description: 'Good below (ms)' } } },
    { name: 'node_silent', category: 'node', scope: 'node', enabled: false, settings: {} },
  ],
}
let replay: (request: ReplayBody, signal: AbortSignal) => Promise<ReplayedBody>
const { app, get, pool } = await startTestApi(t, { engine: { rules: () => inForce, replay: (...given) => replay(...given) } })
const address = await app.listen({ host: '127.0.0.1', port: 0 })
const evil = '<script>alert(1)</script>'

const issue = (id: string, more: Partial<IssueBody> = {}): IssueBody => ({
  id, kind: 'jitter_burst', title: `Jitter ${id}`, category: 'network', subject: 'a>b', scope: { type: 'path', src: 'a', dst: evil }, status: 'open', severity: 'minor', impact: {}, cause: null, next_steps: [], evidence: {},
  started_at: ago(600), opened_at: ago(500), ended_at: null, resolution: null, caused_by: null, acknowledged: false, ack: null, in_maintenance: false, stale: false, ...more,
})

async function preview (fields: Record<string, string>, rule = 'jitter_burst') {
  const { statusCode: status, payload: text } = await app.inject({ method: 'POST', url: `/ui/rules/${rule}/preview`, headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: new URLSearchParams(fields).toString() })
  return { status, text }
}

async function insertEvaluations (): Promise<void> {
  await insert(pool, 'rule_evaluation', Array.from({ length: 30 }, (_, i) => ({ rule: 'jitter_burst', slot: ago(i * 10), ms: 5 + i % 7, rows: 12, matches: 3, ...(i === 4 && { error: `no column ${evil}` }) })))
}

t.test('rules with settings in force, the last evaluation, failures', async (t) => {
  await insertEvaluations()
  const { status, text } = await get('/ui/rules')
  t.equal(status, 200)
  for (const part of ['jitter_burst', '<td>25</td><td>30</td>', 'Bad above this (ms)', 'fold_wait_s', 'Not evaluated yet.', '<span class="flag">1</span>', '<title>Evaluation of jitter_burst: 5.0 ms to 11.0 ms']) t.match(text, part)
  t.match(text, /name="open_ms" type="number"/)
  t.notMatch(text, 'name="enabled"', 'numbers only are tried')
  t.notMatch(text, evil)
})

t.test('a preview compares what is in force with what is tried', async (t) => {
  const asked: ReplayBody[] = []
  replay = async (request) => {
    asked.push(request)
    const other = issue('other', { kind: 'loss_spike' })
    return { slots: 1, incidents: request.rules === undefined ? [issue('both'), issue('lost'), other] : [issue('both'), issue('new', { ended_at: ago(60), started_at: ago(60_000) }), other] }
  }
  const { status, text } = await preview({ hours: '6', open_ms: '40', clear_ms: '20' })
  t.equal(status, 200)
  const span = { fromMs: nowMs - 6 * 3_600_000, toMs: nowMs, stepS: 60 }
  t.same(asked, [span, { ...span, rules: { jitter_burst: { open_ms: 40 } } }])
  for (const part of ['open_ms: 40 instead of 25', 'In force: 2 issues. Tried: 2.', /only as tried.*Jitter new/s, /only in force.*Jitter lost/s, /both.*Jitter both/s]) t.match(text, part)
  t.notMatch(text, 'Jitter other')
  t.notMatch(text, evil)
  replay = async () => ({ incidents: [], slots: 1 })
  t.match((await preview({ hours: '24', open_ms: '40' })).text, 'Neither finds anything.')
})

t.test('a preview of nothing, of no number, of no rule', async (t) => {
  replay = async () => { throw new Error('was called') }
  t.match(await preview({ hours: '6', open_ms: '25', clear_ms: '' }), { status: 400, text: /change at least one number/ })
  t.match(await preview({ hours: '6', open_ms: 'high' }), { status: 400, text: /open_ms: must be a number/ })
  t.equal((await preview({ hours: '7', open_ms: '40' })).status, 400)
  t.equal((await preview({ hours: '6', open_ms: '40' }, 'none')).status, 404)
})

t.test('while a replay runs, another is told so, whoever asks', async (t) => {
  let start = () => {}
  let finish = (_found: ReplayedBody) => {}
  const started = new Promise<void>((resolve) => { start = resolve })
  const finished = new Promise<ReplayedBody>((resolve) => { finish = resolve })
  replay = async () => {
    start()
    return await finished
  }
  const first = preview({ hours: '6', open_ms: '40' })
  await started
  t.match(await preview({ hours: '6', open_ms: '41' }), { status: 409, text: /another replay runs; there is one at a time: try again in a minute/ })
  t.equal((await app.inject({ method: 'POST', url: '/replay', payload: { from: ago(60), to: ago(0) } })).statusCode, 409)
  finish({ incidents: [], slots: 1 })
  t.equal((await first).status, 200)
})

async function insertRejected (): Promise<void> {
  await insert(pool, 'rejected_messages', [
    { received_at: ago(60), address: '10.1.1.1', reason: 'type: unknown message type', errors: [{ path: '/type', message: 'must be known' }], body: Buffer.from(`{"type": "dance", "name": "${evil}"}`) },
    { received_at: ago(30), address: '10.1.1.2', reason: 'not JSON', errors: [], body: Buffer.from([0xff, 0x00, 0x7b]) },
    { received_at: ago(20), address: null, reason: 'too long', body: Buffer.from('x'.repeat(20_000)) },
  ])
}

t.test('rejected messages: reason, body as text, filters, pages', async (t) => {
  t.match((await get('/ui/rejected')).text, 'No message was rejected.')
  await insertRejected()
  const { text } = await get('/ui/rejected')
  for (const part of ['type: unknown message type', '/type must be known', '&lt;script>alert(1)&lt;/script>', 'not JSON', '20000 bytes']) t.match(text, part)
  t.notMatch(text, evil)
  t.ok(text.length < 20_000, 'clipped')
  for (const [query, there, absent] of [['q=dance', 'unknown message', 'not JSON'], ['q=NOT+json', 'not JSON', 'too long'], ['address=10.1.1.2&q=', 'not JSON', 'unknown message']] as const) {
    const filtered = (await get(`/ui/rejected?${query}`)).text
    t.match(filtered, there, query)
    t.notMatch(filtered, absent, query)
  }
  await insert(pool, 'rejected_messages', Array.from({ length: 50 }, (_, i) => ({ received_at: ago(10), address: '10.9.9.9', reason: `many ${i}`, body: Buffer.from('{}') })))
  const [, next = ''] = /<a rel="next" href="([^"]+)"/.exec((await get('/ui/rejected')).text) ?? []
  t.match((await get(next.replaceAll('&amp;', '&'))).text, 'too long')
})

t.test('in a browser: every width and theme', { skip: noBrowser }, async (t) => {
  await insertEvaluations()
  await insertRejected()
  replay = async () => ({ incidents: [issue('new')], slots: 1 })
  const { open } = await startBrowser(t)
  for (const name of ['rules', 'rejected']) {
    for (const [width, theme] of [[360, 'light'], [360, 'dark'], [1280, 'light'], [1280, 'dark']] as const) {
      const { page, complaints } = await open(t, `${address}/ui/${name}`, { width, theme })
      await page.waitForSelector('#live[data-live-state=on]')
      for (const summary of await page.locator('main summary').all()) await summary.click()
      t.equal(await overflowOf(page), 0, `${name}, ${width} px`)
      t.same(await accessibilityOf(page), [], `${name}, ${width} px, ${theme}`)
      t.same(complaints, [], name)
      await shoot(page, `${name}-${width}-${theme}`)
    }
  }
  const { page, complaints } = await open(t, `${address}/ui/rules`, { width: 360, javaScript: false })
  await page.click('#rule-jitter_burst summary')
  await page.fill('#jitter_burst-open_ms', '40')
  await page.click('#rule-jitter_burst button')
  await page.waitForSelector('h1:text("What jitter_burst would have found")')
  t.match(await page.textContent('main'), 'Jitter new')
  t.equal(await overflowOf(page), 0)
  t.same(complaints, [])
  await shoot(page, 'preview-360-light')
})
