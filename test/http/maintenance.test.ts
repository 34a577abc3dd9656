import t from 'tap'
import { ago, buildTestApp, incident, insert, startTestApi } from '../support/api.js'

const { get, getPages, request, pool } = await startTestApi(t)
const secured = await buildTestApp(pool, { API_TOKEN: 'secret' })
t.teardown(() => secured.close())
const ids = (body: { id: number }[]) => body.map(({ id }) => id)
const row = (fromS: number, untilS: number, more = {}) => ({ pattern: '*', starts_at: ago(fromS), ends_at: ago(untilS), ...more })

t.test('work is announced, listed and called off', async (t) => {
  const { status, body } = await request('POST', '/maintenance', { pattern: 'node-*', from: ago(60), until: ago(-3600), reason: 'mast\nwork', by: 'HB9XYZ' })
  t.equal(status, 201)
  t.match(body, { id: Number, subject: null, pattern: 'node-*', from: '2026-06-15T11:59:00Z', until: '2026-06-15T13:00:00Z', reason: 'mast\nwork', by: 'HB9XYZ', created_at: '2026-06-15T12:00:00Z' })
  t.same((await get('/maintenance')).body, [body])
  t.equal((await request('DELETE', `/maintenance/${body.id}`)).status, 204)
  t.same((await get('/maintenance')).body, [])
  t.equal((await request('DELETE', `/maintenance/${body.id}`)).status, 404)
})

t.test('it begins now unless told, and needs neither reason nor name', async (t) => {
  const { body } = await request('POST', '/maintenance', { subject: 'node-A', until: ago(-60) })
  t.match(body, { subject: 'node-A', pattern: null, from: '2026-06-15T12:00:00Z', reason: null, by: null })
})

t.test('subjects are stored as incidents have them', async (t) => {
  for (const [given, stored] of [['b--A', 'A--b'], ['a--b@tunnel', 'a--b@tunnel'], ['x>y', 'x>y'], ['collector', 'collector'], ['%2Da', '%2Da'], ["📡'<b", "📡'<b"]]) {
    t.equal((await request('POST', '/maintenance', { subject: given, until: ago(-60) })).body.subject, stored)
  }
})

t.test('what is over is listed only on request, in pages', async (t) => {
  await insert(pool, 'maintenance', [row(900, 800), row(900, 0), row(900, -1), row(-10, -20), row(900, 100)])
  const all = await getPages('/maintenance?all=true&limit=2')
  t.same(all.map((page) => page.length), [2, 2, 1])
  const newestFirst = all.flat().map(({ id }) => id as number)
  t.same(newestFirst, newestFirst.toSorted((a, b) => b - a))
  const [, toCome, present] = newestFirst
  t.same(ids((await get('/maintenance')).body), [toCome, present], 'over at the very moment it ends')
  t.equal((await get('/maintenance?all=2')).status, 400)
})

t.test('what makes no sense is refused', async (t) => {
  const good = { subject: 'a', until: ago(-60) }
  const bad: object[] = [
    {}, { until: ago(-60) }, { ...good, pattern: 'a' }, { subject: 'a' }, { subject: '', until: ago(-60) }, { pattern: '', until: ago(-60) }, { ...good, subject: 'a>b>c' }, { ...good, subject: 'a--b--c' },
    { ...good, subject: '%zz' }, { ...good, until: ago(0) }, { ...good, from: ago(-60) }, { ...good, from: 'now' }, { ...good, until: '2026-12-31T23:59:60Z' }, { ...good, until: '9999-01-01T00:00:00Z' },
    { ...good, by: ' ' }, { ...good, by: 'a\nb' }, { ...good, by: 'x'.repeat(65) }, { ...good, reason: 'x'.repeat(2001) }, { ...good, reason: '\u0000' }, { ...good, reason: '\ud800' }, { ...good, kind: 'x' },
    { pattern: 'a\u0000', until: ago(-60) }, { pattern: 'x'.repeat(129), until: ago(-60) },
  ]
  for (const body of bad) {
    const { status, body: problem } = await request('POST', '/maintenance', body)
    t.equal(status, 400, JSON.stringify(body))
    t.match(problem, { status: 400, detail: /.{10}/ })
  }
  t.equal((await request('POST', '/maintenance', good)).status, 201)
  for (const id of ['0', '-1', 'x', '1.5', '99999999999999999999']) t.equal((await request('DELETE', `/maintenance/${id}`)).status, 400, id)
})

t.test('at most a thousand are announced at once; those that are over do not count', async (t) => {
  await pool.query("insert into maintenance (pattern, starts_at, ends_at) select 'a', $1, case when i <= 999 then $2::timestamptz else $3 end from generate_series(1, 1500) as i", [ago(60), ago(-60), ago(1)])
  t.equal((await request('POST', '/maintenance', { pattern: 'a', until: ago(-60) })).status, 201)
  const { status, body } = await request('POST', '/maintenance', { pattern: 'a', until: ago(-60) })
  t.equal(status, 409)
  t.match(body.detail, /1000 announced/)
})

t.test('an open issue shows what is announced for it now', async (t) => {
  const scope = { type: 'path', src: 'node-1', dst: 'x' }
  await insert(pool, 'incidents', [
    incident('i', 60, { scope, subject: 'node-1>x' }),
    incident('done', 60, { scope, subject: 'node-1>x', kind: 'k', state: 'closed', ended_at: ago(1), resolution: 'recovered' }),
  ])
  await insert(pool, 'maintenance', [
    row(60, -60, { pattern: 'node-*', reason: 'yes' }), row(60, -60, { pattern: null, subject: 'NODE-1>x', reason: 'this one, too' }),
    row(60, -60, { pattern: 'other' }), row(60, 1, { pattern: 'node-*' }), row(-1, -60, { pattern: 'node-*' }),
  ])
  t.same((await get('/issues/i')).body.maintenance.map(({ reason }: { reason: string }) => reason), ['this one, too', 'yes'])
  t.same((await get('/issues/done')).body.maintenance, [])
})

t.test('changes need the token where one is set, and no foreign page makes them', async (t) => {
  const payload = { pattern: 'a', until: ago(-60) }
  for (const [method, url] of [['POST', '/maintenance'], ['DELETE', '/maintenance/1'], ['POST', '/issues/i/ack'], ['DELETE', '/issues/i/ack'], ['POST', '/issues/i/close'], ['POST', '/replay']] as const) {
    t.equal((await secured.inject({ method, url, payload })).statusCode, 401, url)
    t.not((await secured.inject({ method, url, payload, headers: { authorization: 'Bearer secret' } })).statusCode, 401, url)
    t.equal((await secured.inject({ method, url, payload, headers: { authorization: 'Bearer secret', origin: 'http://evil' } })).statusCode, 403, url)
  }
  t.equal((await secured.inject('/maintenance')).statusCode, 200)
})
