import { once } from 'node:events'
import { get as httpGet, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { ago, insert, startTestApi } from '../support/api.js'
import { sendRaw } from '../support/collector.js'

const { app, get, pool } = await startTestApi(t, { settings: { FRAME_ANCESTORS: 'https://panel.example' } })
await app.listen({ host: '127.0.0.1', port: 0 })
const { port } = app.server.address() as AddressInfo

const closed = "default-src 'none'; frame-ancestors 'self'"
type Headers = Record<string, unknown>

/** What every answer has, and none. */
function checkCommon (t: Test, headers: Headers, where: string): void {
  t.equal(headers['x-content-type-options'], 'nosniff', `${where}: nosniff`)
  for (const name of ['server', 'x-powered-by', 'via']) t.notOk(name in headers, `${where}: no ${name}`)
}

async function asset (): Promise<string> {
  return /\/ui\/assets\/style\.[0-9a-f]+\.css/.exec((await get('/ui/login')).text)![0]
}

t.test('every kind of answer says what it is and what it may do', async (t) => {
  await insert(pool, 'path_probe', [{ time: ago(600), received_at: ago(600), src: 'a', dst: 'b', peer: 'b', route: '[]', rtt_ms: 10 }])
  const answers: Record<string, [path: string, status: number, policy: RegExp | string]> = {
    'a page': ['/', 200, /^default-src 'none'; script-src 'self';.*form-action 'self'.*frame-ancestors 'self'$/],
    'a page that is not there': ['/ui/nothing', 404, /^default-src 'none'; script-src 'self';.*frame-ancestors 'self'$/],
    'the panel': ['/panel', 200, /frame-ancestors 'self' https:\/\/panel\.example$/],
    'a script for other pages': ['/panel.js', 200, closed],
    'a style sheet': [await asset(), 200, closed],
    JSON: ['/nodes', 200, closed],
    CSV: ['/paths/a/b/series?format=csv', 200, closed],
    'a chart': ['/charts/paths/a/b/rtt_ms/day.svg', 200, /^default-src 'none'; style-src 'sha256-[^']+'; frame-ancestors 'self'$/],
    text: ['/reports/mesh/2026/report.txt', 200, closed],
    'a refused query': ['/nodes?x=1', 400, closed],
    'nothing there': ['/nothing', 404, closed],
    'an address that can\'t be read': ['/nodes/%ff', 400, closed],
    'Swagger UI': ['/docs', 200, /^default-src 'self';.*frame-ancestors 'self'/],
    'its script': ['/docs/static/swagger-ui.js', 200, /^default-src 'self';.*frame-ancestors 'self'/],
    health: ['/healthz', 200, closed],
    metrics: ['/metrics', 200, closed],
  }
  for (const [name, [path, status, policy]] of Object.entries(answers)) {
    const { headers, ...answer } = await get(path)
    t.equal(answer.status, status, name)
    checkCommon(t, headers, name)
    t.match(headers['content-security-policy'], policy, name)
    t.equal(headers['referrer-policy'], 'same-origin', name)
  }
})

t.test('what has not changed says the same again', async (t) => {
  await insert(pool, 'path_probe', [{ time: ago(600), received_at: ago(600), src: 'a', dst: 'b', peer: 'b', route: '[]', rtt_ms: 10 }])
  const url = '/charts/paths/a/b/rtt_ms/day.svg'
  const { headers: { etag } } = await get(url)
  const { statusCode, headers } = await app.inject({ url, headers: { 'if-none-match': String(etag) } })
  t.equal(statusCode, 304)
  checkCommon(t, headers, '304')
  t.equal(headers['content-security-policy'], closed)
})

t.test('a stream of events has them, too', async (t) => {
  const request = httpGet({ host: '127.0.0.1', port, path: '/events' })
  t.teardown(() => request.destroy())
  const [response] = await once(request, 'response') as [IncomingMessage]
  t.equal(response.headers['content-type'], 'text/event-stream')
  checkCommon(t, response.headers, 'events')
  t.equal(response.headers['content-security-policy'], closed)
})

t.test('answers that no route gives, and those to agents, have what they need', async (t) => {
  const requests = { 'not HTTP': 'x\r\n\r\n', 'headers too large': `GET / HTTP/1.1\r\nHost: c\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, ingest: 'POST /ingest HTTP/1.1\r\nHost: c\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}' }
  for (const [name, request] of Object.entries(requests)) {
    const { headers } = await sendRaw(port, request)
    const lines = Object.fromEntries(headers.split('\r\n').slice(1).map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]))
    checkCommon(t, lines, name)
    t.equal(lines['content-security-policy'], undefined, `${name}: short`)
  }
})
