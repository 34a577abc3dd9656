import t from 'tap'
import { formatSubject, type Scope } from '../../src/incidents/subject.js'
import { ago, closed, incident, insert, startTestApi } from '../support/api.js'

const link = { kind: 'rf_quality_drop', category: 'network', subject: 'Node-A--node-B', scope: { type: 'link', a: 'Node-A', b: 'node-B', medium: 'rf' } }
const tunnel = { ...link, subject: 'Node-A--node-B@tunnel', scope: { ...link.scope, medium: 'tunnel' } }
const path = { kind: 'jitter_burst', category: 'network', subject: 'Node-A>node-C', scope: { type: 'path', src: 'Node-A', dst: 'node-C' } }

const ids = (body: { id: string }[]) => body.map(({ id }) => id)

const { get, getPages, isEmbedded, request, pool } = await startTestApi(t)

async function insertIssues () {
  await insert(pool, 'nodes', ['Node-A', 'node-B', 'node-C'].map((name) => ({ name, kind: 'router', first_seen: ago(9), last_seen: ago(9) })))
  await insert(pool, 'incidents', [
    incident('link', 100, { ...link, severity: 'critical', cause: 'SNR fell', next_steps: ['Check the antenna'], evidence: { metric: 'lq', points: [] } }),
    incident('tunnel', 200, tunnel),
    incident('path', 300, { ...path, state: 'closing', severity: 'minor', caused_by: 'link', ack: { by: 'HB9XYZ', at: ago(50), note: 'seen' } }),
    incident('old', 90_000, { ...path, ...closed(80_000) }),
    incident('node', 400, { subject: 'node-C', scope: { type: 'node', node: 'node-C' } }),
  ])
}

t.test('an empty database has no issues', async (t) => {
  const { status, body, headers } = await get('/issues')
  t.equal(status, 200)
  t.same(body, [])
  t.equal(headers.link, undefined)
})

t.test('open issues, newest first, in the shape of the contract', async (t) => {
  await insertIssues()
  const { body } = await get('/issues')
  t.same(ids(body), ['link', 'tunnel', 'path', 'node'])
  t.same(body[0], {
    id: 'link',
    kind: 'rf_quality_drop',
    title: 'Radio link quality dropped: Node-A – node-B',
    category: 'network',
    subject: 'Node-A--node-B',
    scope: { type: 'link', a: 'Node-A', b: 'node-B', medium: 'rf' },
    status: 'open',
    severity: 'critical',
    impact: { routes: 0, nodes: [], paths: [] },
    cause: 'SNR fell',
    next_steps: ['Check the antenna'],
    evidence: { metric: 'lq', points: [] },
    started_at: '2026-06-15T11:58:20Z',
    opened_at: '2026-06-15T11:58:21Z',
    ended_at: null,
    resolution: null,
    caused_by: null,
    acknowledged: false,
    ack: null,
    in_maintenance: false,
    stale: false,
  })
  t.match(body[2], { status: 'closing', acknowledged: true, ack: { by: 'HB9XYZ', note: 'seen' }, next_steps: [], evidence: {} })
})

t.test('filters, alone and together', async (t) => {
  await insertIssues()
  const expected: [string, string[]][] = [
    ['status=all', ['link', 'tunnel', 'path', 'node', 'old']],
    ['status=closed', ['old']],
    ['severity=major', ['tunnel', 'node']],
    ['kind=rf_quality_drop', ['link', 'tunnel']],
    ['kind=rf_quality_drop&severity=critical', ['link']],
    ['kind=rf_quality_drop&severity=minor', []],
    [`since=${ago(300)}`, ['link', 'tunnel', 'path']],
    [`since=${ago(300)}&until=${ago(100)}`, ['tunnel', 'path']],
    ['node=NODE-c', ['path', 'node']],
    ['node=NODE-c&status=all', ['path', 'node', 'old']],
    ['node=node-b', ['link', 'tunnel']],
    ['node=nobody', []],
    ['link=Node-A--node-B', ['link']],
    ['link=NODE-B--NODE-A', ['link']],
    ['link=node-a--node-b@tunnel', ['tunnel']],
    ['link=node-a--node-c', []],
    ['route=node-a,node-c', ['path']],
    ['route=node-c,node-a', []],
    ['node=node-c&route=node-a,node-c&status=all', ['path', 'old']],
  ]
  for (const [query, want] of expected) {
    const { status, body } = await get(`/issues?${query}`)
    t.equal(status, 200, query)
    t.same(ids(body), want, query)
  }
})

t.test('names with separators in them are found by their encoded form', async (t) => {
  await insert(pool, 'nodes', ['-x--y-', 'a@b,c>d'].map((name) => ({ name, kind: 'router', first_seen: ago(9), last_seen: ago(9) })))
  await insert(pool, 'incidents', [incident('odd', 1, { subject: '%2Dx%2D%2Dy%2D--a%40b%2Cc%3Ed', scope: { type: 'link', a: '-x--y-', b: 'a@b,c>d', medium: 'rf' } })])
  t.same(ids((await get(`/issues?link=${encodeURIComponent('%2Dx%2D%2Dy%2D--a%40b%2Cc%3Ed')}`)).body), ['odd'])
  t.same(ids((await get(`/issues/by-object?node=${encodeURIComponent('A@B,C>D')}`)).body), ['odd'])
})

t.test('names of any kind are found as node, link and route, and so is what people do to their issues', async (t) => {
  const names = ['📡'.repeat(128), '%'.repeat(128), '-'.repeat(128), '<script>alert("1")</script>\'; --', 'a--b>c,d@e']
  for (const [i, name] of names.entries()) {
    const far = `far ${i}`
    const link: Scope = { type: 'link', a: far, b: name, medium: 'x'.repeat(32) }
    const path: Scope = { type: 'path', src: name, dst: far }
    await insert(pool, 'nodes', [name, far].map((one) => ({ name: one, kind: 'router', first_seen: ago(9), last_seen: ago(9) })))
    await insert(pool, 'incidents', [
      incident(`link${i}`, 1, { scope: link, subject: formatSubject(link) }), incident(`path${i}`, 2, { scope: path, subject: formatSubject(path) }), incident(`node${i}`, 3, { scope: { type: 'node', node: name }, subject: formatSubject({ type: 'node', node: name }) }),
    ])
    const url = (filter: string, value: string) => `/issues?${filter}=${encodeURIComponent(value)}`
    t.same(ids((await get(url('node', name))).body), [`link${i}`, `path${i}`, `node${i}`], name)
    t.same(ids((await get(url('link', formatSubject(link)))).body), [`link${i}`], name)
    t.same(ids((await get(url('route', formatSubject(path).replace('>', ',')))).body), [`path${i}`], name)
    t.equal((await request('DELETE', `/nodes/${encodeURIComponent(name)}`)).status, 204)
    t.equal((await get(`/issues/node${i}`)).body.resolution, 'retired', name)
  }
})

t.test('what is not understood is refused, not ignored', async (t) => {
  await insertIssues()
  const bad = [
    'state=open', 'status=opened', 'severity=bad', 'limit=0', 'limit=1001', 'limit=x', 'limit=1e400', 'limit=-1e400', 'since=yesterday', 'since=0000-01-01T00:00:00Z', 'until=2026-12-31T23:59:60Z',
    'since=2026-01-01T00:00:00', 'cursor=x', 'cursor=', 'link=a', 'link=a--b--c', 'link=a%2500--b', 'route=a', 'route=a,b,c', 'link=a--b&route=a,b', 'node=', 'node=a%00b',
    'node=a&node=b', `cursor=${Buffer.from('["2026-02-30T00:00:00Z","a"]').toString('base64url')}`, `cursor=${Buffer.from('[1,2]').toString('base64url')}`,
    `cursor=${Buffer.from('["2026-01-01T00:00:00Z","a\\u0000"]').toString('base64url')}`, `cursor=${Buffer.from('["2026-01-01T00:00:00Z","\\ud800"]').toString('base64url')}`,
  ]
  for (const query of bad) {
    const { status, headers, body } = await get(`/issues?${query}`)
    t.equal(status, 400, query)
    t.match(headers['content-type'], 'application/problem+json', query)
    t.match(body, { title: 'Bad Request', status: 400, detail: /.{10}/ }, query)
  }
  t.match((await get('/issues?cursor=x')).body.detail, /Link header/)
})

t.test('pages go through ties and stay whole while issues are opened', async (t) => {
  const all = Array.from({ length: 25 }, (_, i) => incident(`i${String(i).padStart(2, '0')}`, i < 20 ? 500 : 600))
  await insert(pool, 'incidents', all)
  const pages = await getPages('/issues?limit=7&status=all')
  t.same(pages.map((page) => page.length), [7, 7, 7, 4])
  t.same(pages.flat().map(({ id }) => id), [...all.slice(0, 20).reverse(), ...all.slice(20).reverse()].map(({ id }) => id))

  const first = await get('/issues?limit=7')
  await insert(pool, 'incidents', [incident('new', 10), incident('tie', 500)])
  const next = /<(.*)>/.exec(String(first.headers.link))![1]!
  t.match(next, /^\/issues\?limit=7&cursor=[\w-]+$/, 'no host, filters kept')
  t.same((await get(next)).body.map(({ id }: { id: string }) => id), pages[1]!.map(({ id }) => id))
})

t.test('an issue with its timeline and what it causes', async (t) => {
  await insertIssues()
  await insert(pool, 'incident_journal', [
    { incident_id: 'link', rule: 'rf_quality_drop', subject: 'Node-A--node-B', at: ago(90), from_state: 'pending', to_state: 'open', evidence: { lq: 0.5 } },
    { incident_id: 'link', rule: 'rf_quality_drop', subject: 'Node-A--node-B', at: ago(100), from_state: 'clear', to_state: 'pending' },
    { incident_id: 'tunnel', rule: 'rf_quality_drop', subject: 'x', at: ago(100), from_state: 'clear', to_state: 'open' },
  ])
  const { body } = await get('/issues/link')
  t.equal(body.id, 'link')
  t.same(body.timeline, [
    { at: '2026-06-15T11:58:20Z', from: 'clear', to: 'pending', evidence: null },
    { at: '2026-06-15T11:58:30Z', from: 'pending', to: 'open', evidence: { lq: 0.5 } },
  ])
  t.same(ids(body.affected), ['path'])
})

t.test('an issue that is not there is "not found"', async (t) => {
  await insertIssues()
  for (const id of ['nothing', "link' or '1'='1", '%F0%9F%93%A1']) {
    const { status, body, headers } = await get(`/issues/${encodeURIComponent(id)}`)
    t.equal(status, 404)
    t.equal(body.detail, 'not found')
    t.match(headers['content-type'], 'application/problem+json')
  }
})

t.test('issues of exactly one object', async (t) => {
  await insertIssues()
  t.same(ids((await get('/issues/by-object?link=node-b--node-a')).body), ['link'])
  t.same(ids((await get('/issues/by-object?route=node-a,node-c')).body), ['path'], 'open ones only')
  t.same(ids((await get('/issues/by-object?node=node-a')).body), ['link', 'tunnel', 'path'])
  for (const query of ['', '?node=a&link=a--b', '?route=a,b&node=a', '?node=a&link=a--b&route=a,b', '?phone=1']) {
    t.equal((await get(`/issues/by-object${query}`)).status, 400, query)
  }
})

const who = { by: 'HB9XYZ', note: 'on my way' }
const timeline = async (id: string) => (await get(`/issues/${id}`)).body.timeline

t.test('an acknowledgement stays until it is taken back', async (t) => {
  await insertIssues()
  const { status, body } = await request('POST', '/issues/link/ack', who)
  t.equal(status, 200)
  t.match(body, { id: 'link', status: 'open', acknowledged: true, ack: { by: 'HB9XYZ', note: 'on my way', at: '2026-06-15T12:00:00.000Z' } })
  t.same((await get('/issues/link')).body.ack, body.ack)
  t.same(await timeline('link'), [{ at: '2026-06-15T12:00:00Z', from: 'open', to: 'open', evidence: { change: 'acknowledged', ...who } }])

  await request('POST', '/issues/link/ack', who)
  t.equal((await timeline('link')).length, 1, 'the same again changes nothing')
  t.same((await request('POST', '/issues/link/ack', { by: 'DL1ABC' })).body.ack.by, 'DL1ABC')
  t.equal((await timeline('link')).length, 2)

  t.match((await request('DELETE', '/issues/link/ack', { by: 'DL1ABC' })).body, { acknowledged: false, ack: null })
  t.match((await timeline('link'))[2], { evidence: { change: 'ack taken back', by: 'DL1ABC', note: null } })
  t.equal((await request('DELETE', '/issues/link/ack')).status, 200, 'needs no body')
  t.equal((await timeline('link')).length, 3, 'where there is none, nothing changes')
  t.match(await timeline('path'), [], 'others are as they were')
})

t.test('closing by hand ends an issue now', async (t) => {
  await insertIssues()
  const { status, body } = await request('POST', '/issues/path/close', who)
  t.equal(status, 200)
  t.match(body, { id: 'path', status: 'closed', resolution: 'manual', ended_at: '2026-06-15T12:00:00Z', acknowledged: true })
  t.same(await timeline('path'), [{ at: '2026-06-15T12:00:00Z', from: 'closing', to: 'closed', evidence: { resolution: 'manual', ...who } }])
  t.same(ids((await get('/issues')).body), ['link', 'tunnel', 'node'])
  t.same((await pool.query('select incident_id, event from outbox')).rows, [{ incident_id: 'path', event: 'closed' }])

  t.match((await request('POST', '/issues/old/close', who)).body, { status: 'closed', resolution: 'recovered', ended_at: ago(80_000).replace('.000', '') }, 'a closed one stays as it is')
  t.match((await request('POST', '/issues/path/close', { by: 'DL1ABC' })).status, 200)
  t.equal((await timeline('path')).length, 1)
})

t.test('an issue never ends before it began', async (t) => {
  await insert(pool, 'incidents', [incident('ahead', -30), incident('now', 0)])
  t.equal((await request('POST', '/issues/ahead/close', who)).body.ended_at, '2026-06-15T12:00:30.001Z')
  t.equal((await request('POST', '/issues/now/close', who)).body.ended_at, '2026-06-15T12:00:00.001Z')
})

t.test('of an issue in maintenance nobody is told that it closed', async (t) => {
  await insert(pool, 'incidents', [incident('quiet', 60, { in_maintenance: true })])
  t.equal((await request('POST', '/issues/quiet/close', who)).body.status, 'closed')
  t.equal((await pool.query('select from outbox')).rowCount, 0)
})

t.test('a closed issue takes no acknowledgement, and keeps the one it had', async (t) => {
  await insert(pool, 'incidents', [incident('acked', 90, { ...closed(80), ack: who })])
  for (const method of ['POST', 'DELETE'] as const) {
    const { status, headers, body } = await request(method, '/issues/acked/ack', who)
    t.equal(status, 409, method)
    t.match(headers['content-type'], 'application/problem+json')
    t.match(body, { title: 'Conflict', detail: 'the issue is closed' })
  }
  t.match((await get('/issues/acked')).body, { acknowledged: true, ack: who, timeline: [] })
})

t.test('nobody acts on what is not there, and not without a name', async (t) => {
  await insertIssues()
  for (const [method, path] of [['POST', 'ack'], ['DELETE', 'ack'], ['POST', 'close']] as const) {
    t.equal((await request(method, `/issues/nothing/${path}`, who)).status, 404)
    const bad: object[] = [{ by: '' }, { by: '  ' }, { by: 'a\nb' }, { by: 'x'.repeat(65) }, { by: 'a', note: 'x'.repeat(2001) }, { by: 'a', note: '\u0000' }, { by: '\ud800' }, { by: 'a', why: 'b' }, [], ...(method === 'POST' ? [{}, { note: 'a' }] : [])]
    for (const body of bad) t.equal((await request(method, `/issues/link/${path}`, body)).status, 400, `${method} ${path} ${JSON.stringify(body)}`)
  }
  t.same(await timeline('link'), [])
  t.match(await request('POST', '/issues/link/ack', { by: "'; drop table incidents; --", note: '<script>📡\n"' }), { status: 200, body: { ack: { by: "'; drop table incidents; --", note: '<script>📡\n"' } } })
})

const waitingForALock = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

t.test('whoever writes to the journal waits for the slot that is being written', { skip: isEmbedded && 'the embedded database runs one transaction at a time' }, async (t) => {
  await insertIssues()
  await insert(pool, 'engine_slot', [{ slot: ago(0), claimed_by: 'engine', claimed_at: ago(0) }])
  const waiting = async (act: () => Promise<{ status: number }>) => {
    const engine = await pool.connect()
    try {
      await engine.query('begin')
      await engine.query('select from engine_slot for update')
      const acting = act()
      const giveUp = Date.now() + 10_000
      let waited = false
      while (!waited && Date.now() < giveUp) waited = (await pool.query(waitingForALock)).rowCount === 1
      await engine.query('commit')
      return { waited, status: (await acting).status }
    } finally {
      engine.release()
    }
  }
  t.same(await waiting(() => request('POST', '/issues/link/ack', who)), { waited: true, status: 200 })
  t.same(await waiting(() => request('DELETE', '/issues/link/ack')), { waited: true, status: 200 })
  t.same(await waiting(() => request('POST', '/issues/link/close', who)), { waited: true, status: 200 })
  t.same(await waiting(() => request('DELETE', '/nodes/node-c')), { waited: true, status: 204 })
  t.match((await get('/issues/node')).body, { status: 'closed', resolution: 'retired' })
})

t.test('SQL in parameters is data', async (t) => {
  await insertIssues()
  const attack = encodeURIComponent("x'; drop table incidents; --")
  for (const path of [`/issues?node=${attack}`, `/issues?route=a,${attack}`, `/issues?link=${encodeURIComponent("a'--b' or 1=1")}`, `/issues/by-object?node=${attack}`]) {
    const { status, body } = await get(path)
    t.equal(status, 200, path)
    t.same(body, [], path)
  }
  t.equal((await get(`/issues?kind=${attack}`)).status, 400)
  t.equal((await pool.query('select from incidents')).rowCount, 5)
})
