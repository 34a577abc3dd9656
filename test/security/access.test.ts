import t from 'tap'
import { buildTestApp, startTestApi } from '../support/api.js'

const token = 'hill top'
const work = { subject: 'Hill', until: '2026-06-16T00:00:00Z' }
const formType = 'application/x-www-form-urlencoded'

interface Given { url?: string, headers?: Record<string, string>, payload?: string | object, remoteAddress?: string }

const { pool } = await startTestApi(t)

/** An application with these settings, on the database of all. */
async function openApi (settings: Record<string, string>) {
  const app = await buildTestApp(pool, settings)
  t.teardown(() => app.close())
  const write = async ({ url = '/maintenance', headers = {}, payload = work, remoteAddress = '10.0.0.9' }: Given = {}) => await app.inject({ method: 'POST', url, headers, payload, remoteAddress })
  return { app, write, status: async (given?: Given) => (await write(given)).statusCode }
}

const open = await openApi({})
const closed = await openApi({ API_TOKEN: token, INGEST_TOKEN: 'all agents' })
const proxied = await openApi({ API_TOKEN: token, TRUST_PROXY: '10.0.0.1' })

t.test('API_TOKEN opens writes but for /ingest, INGEST_TOKEN that alone', async (t) => {
  const bearer = (text: string) => ({ headers: { authorization: text } })
  t.equal(await closed.status(), 401)
  for (const wrong of ['Bearer', 'Bearer  ', 'Bearer hill', 'Bearer hill top2', 'Basic hill top', 'hill top', 'Bearer all agents', 'Bearer HILL TOP']) t.equal(await closed.status(bearer(wrong)), 401, wrong)
  t.equal(await closed.status(bearer(`Bearer ${token}`)), 201)
  t.equal(await closed.status(bearer(`bearer   ${token}`)), 201)
  t.equal(await closed.status({ url: `/maintenance?token=${encodeURIComponent(token)}` }), 401, 'not in an address')

  const ingest = async (url: string, authorization?: string) => await closed.status({ url, payload: '{}', ...(authorization !== undefined && bearer(authorization)) })
  t.equal(await ingest('/ingest'), 401)
  t.equal(await ingest('/ingest', `Bearer ${token}`), 401)
  t.equal(await ingest('/ingest', 'Bearer all agents'), 200)
  t.equal(await ingest('/ingest?token=all%20agents'), 200)
  for (const wrong of ['?token=', '?token=all', '?token=all%20agents&token=all%20agents', '?token[]=all%20agents']) t.equal(await ingest(`/ingest${wrong}`), 401, wrong)

  const answer = await closed.write({ headers: { authorization: 'Bearer guess-4711' } })
  t.equal(answer.headers['www-authenticate'], 'Bearer')
  t.notMatch(answer.payload, /4711|hill/)
  t.equal((await closed.app.inject({ url: '/nodes' })).statusCode, 200, 'reading stays open')
})

t.test('the cookie is Secure where TLS brought it, and only a trusted proxy can say so', async (t) => {
  const cookieOf = async ({ write }: typeof open, headers: Record<string, string>, remoteAddress: string) => {
    const { headers: { 'set-cookie': cookie } } = await write({ url: '/ui/login', headers: { 'content-type': formType, ...headers }, payload: 'token=hill+top', remoteAddress })
    return String(cookie)
  }
  const bySaying = { 'x-forwarded-proto': 'https' }
  t.match(await cookieOf(proxied, bySaying, '10.0.0.1'), /; HttpOnly; Secure; SameSite=Strict$/)
  for (const [name, cookie] of Object.entries({ 'another host': await cookieOf(proxied, bySaying, '10.0.0.2'), 'no proxy is trusted': await cookieOf(closed, bySaying, '10.0.0.1'), 'no TLS': await cookieOf(proxied, {}, '10.0.0.1') })) {
    t.match(cookie, /; HttpOnly; SameSite=Strict$/, name)
  }
})

t.test('a page of another origin cannot write, whatever its form looks like', async (t) => {
  const from = async ({ status }: typeof open, origin: string, more: Given = {}) => await status({ ...more, headers: { origin, host: 'collector.mesh:8080', ...more.headers } })
  for (const origin of ['http://evil.example', 'null', 'http://collector.mesh', 'http://collector.mesh:8080.evil.example', 'http://collector.mesh:8081', 'file://', '']) {
    t.equal(await from(open, origin), 403, `origin ${origin}`)
  }
  t.equal(await from(open, 'http://evil.example', { headers: { 'x-forwarded-host': 'evil.example' } }), 403, 'what nobody vouches for')
  t.equal(await from(open, 'http://evil.example', { url: '/ingest', payload: '{}' }), 403)
  for (const url of ['/ui/login', '/ui/maintenance']) {
    t.equal(await from(open, 'http://evil.example', { url, headers: { 'content-type': formType }, payload: 'a=b' }), 403, url)
  }
  const { headers: { 'set-cookie': cookie } } = await closed.write({ url: '/ui/login', headers: { 'content-type': formType }, payload: 'token=hill+top' })
  const session = { cookie: String(cookie).split(';')[0]! }
  t.equal(await from(closed, 'http://evil.example', { headers: session }), 403, 'not even signed in')
  t.equal(await from(closed, 'http://collector.mesh:8080', { headers: session }), 201)
  t.equal(await from(open, 'http://collector.mesh:8080'), 201)
  t.equal(await from(open, 'https://mesh.example', { headers: { 'x-forwarded-host': 'mesh.example' } }), 403)
  t.equal(await from(proxied, 'https://mesh.example', { headers: { 'x-forwarded-host': 'mesh.example', authorization: `Bearer ${token}` }, remoteAddress: '10.0.0.1' }), 201)
})

t.test('writes are limited by client address, which only a trusted proxy can tell', async (t) => {
  const { write, app } = await openApi({ API_TOKEN: token, INGEST_TOKEN: 'all agents' })
  const statuses = async (given: (i: number) => Given, times = 70) => {
    const found = []
    for (let i = 0; i < times; i++) found.push((await write(given(i))).statusCode)
    return found
  }
  const guesses = await statuses((i) => ({ headers: { authorization: `Bearer ${i}`, 'x-forwarded-for': `192.168.0.${i}` } }))
  t.same([new Set(guesses.slice(0, 60)), new Set(guesses.slice(60))], [new Set([401]), new Set([429])], 'guesses of a token, too, and under any name')
  const late = await write({ headers: { authorization: `Bearer ${token}` } })
  t.equal(late.statusCode, 429)
  t.match(late.headers['retry-after'], /^\d+$/)
  t.match(JSON.parse(late.payload), { status: 429, detail: /more than 60 changes within a minute/ })
  t.equal((await write({ headers: { authorization: `Bearer ${token}` }, remoteAddress: '10.0.0.10' })).statusCode, 201, 'others are not held up')
  const reads = []
  for (let i = 0; i < 70; i++) reads.push((await app.inject({ url: '/healthz', remoteAddress: '10.0.0.9' })).statusCode)
  t.same(new Set(reads), new Set([200]), 'reading is not limited')
  t.same(new Set(await statuses(() => ({ url: '/ingest', payload: '{}', headers: { authorization: 'Bearer all agents' } }))), new Set([200]), 'measurements are not')

  const throughProxy: number[] = []
  for (let i = 0; i < 70; i++) throughProxy.push(await proxied.status({ headers: { authorization: `Bearer ${token}`, 'x-forwarded-for': `192.168.1.${i}` }, remoteAddress: '10.0.0.1' }))
  t.same(new Set(throughProxy), new Set([201]), 'behind a proxy each client is counted')
})

t.test('wrong tokens at /ingest are limited by client address, right ones behind the same address never', async (t) => {
  const { write } = await openApi({ INGEST_TOKEN: 'all agents', TRUST_PROXY: '10.0.0.1' })
  const ingest = async (authorization?: string, from: Partial<Given> = {}) => await write({ url: '/ingest', payload: '{}', ...from, headers: { ...from.headers, ...(authorization !== undefined && { authorization }) } })
  const guesses = []
  for (let i = 0; i < 65; i++) {
    guesses.push((await ingest(i % 2 === 0 ? `Bearer ${i}` : undefined)).statusCode)
    t.equal((await ingest('Bearer all agents')).statusCode, 200, `the right one after ${i + 1} wrong ones`)
  }
  t.same([new Set(guesses.slice(0, 60)), new Set(guesses.slice(60))], [new Set([401]), new Set([429])])
  const late = await ingest('Bearer guess-4711')
  t.match(late.headers, { 'retry-after': /^[1-9]\d?$/, connection: 'close' })
  t.match(JSON.parse(late.payload), { status: 429, detail: /more than 60 wrong tokens within a minute/ })
  t.notMatch(late.payload, /4711|all agents/)
  t.equal((await write({ url: '/ingest?token=all%20agents', payload: '{}' })).statusCode, 200)
  t.equal((await ingest('Bearer wrong', { remoteAddress: '10.0.0.10' })).statusCode, 401, 'others are told what is wrong')
  t.equal((await write()).statusCode, 201, 'changes are counted apart')

  const forwarded = []
  for (let i = 0; i < 70; i++) forwarded.push((await ingest('Bearer wrong', { remoteAddress: '10.0.0.1', headers: { 'x-forwarded-for': `192.168.1.${i}` } })).statusCode)
  t.same(new Set(forwarded), new Set([401]), 'behind a proxy that is trusted each client is counted')
})

t.test('a login is limited as other writes are', async (t) => {
  const { status } = await openApi({ API_TOKEN: token })
  const guess = (i: number) => ({ url: '/ui/login', headers: { 'content-type': formType }, payload: `token=${i}` })
  const found = []
  for (let i = 0; i < 61; i++) found.push(await status(guess(i)))
  t.same([new Set(found.slice(0, 60)), found[60]], [new Set([401]), 429])
})

t.test('a body is limited: what forms and panels write to 64 KiB', async (t) => {
  const note = (length: number) => ({ ...work, reason: 'x'.repeat(length) })
  t.equal(await open.status({ payload: note(70_000), remoteAddress: '10.0.0.11' }), 413)
  t.equal(await open.status({ payload: note(60_000), remoteAddress: '10.0.0.11' }), 400, 'read, and refused for what it says')
  t.equal(await open.status({ payload: note(100), remoteAddress: '10.0.0.11' }), 201)
  t.equal(await open.status({ url: '/ui/maintenance', headers: { 'content-type': formType }, payload: `reason=${'x'.repeat(70_000)}`, remoteAddress: '10.0.0.11' }), 413)
})
