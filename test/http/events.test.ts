import t from 'tap'
import { ago, incident, insert, startTestApi } from '../support/api.js'
import { follow } from '../support/sse.js'

const { app, pool, request } = await startTestApi(t)
const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/events`
const journal = (id: string, from: string, to: string) => ({ incident_id: id, rule: 'node_silent', subject: 's', at: ago(5), from_state: from, to_state: to })

t.test('issues open, change and close before the eyes of a client', async (t) => {
  await insert(pool, 'nodes', [{ name: 'a', kind: 'router', first_seen: ago(99), last_seen: ago(9) }])
  const client = await follow(t, url)
  t.equal(client.status, 200)
  t.match(client.headers, { 'content-type': 'text/event-stream', 'cache-control': /no-cache/, 'access-control-allow-origin': '*' })
  t.match(await client.next(), { event: 'health', data: { state: 'green' } })

  await insert(pool, 'incidents', [incident('i', 60, { severity: 'critical' })])
  await insert(pool, 'incident_journal', [{ ...journal('i', 'clear', 'pending'), incident_id: null }, journal('i', 'pending', 'open')])
  t.match(await client.next(), { event: 'issue.opened', data: { id: 'i', status: 'open', title: 'Node silent: n-i' } })
  t.match(await client.next(), { event: 'health', data: { state: 'red' } })

  await request('POST', '/issues/i/ack', { by: 'HB9XYZ' })
  const updated = await client.next()
  t.match(updated, { event: 'issue.updated', data: { id: 'i', acknowledged: true } })
  t.match(await client.next(), { event: 'health', data: { state: 'green' } })
  await request('POST', '/issues/i/close', { by: 'HB9XYZ' })
  t.match(await client.next(), { event: 'issue.closed', data: { id: 'i', status: 'closed', resolution: 'manual' } })

  const again = await follow(t, url, { 'last-event-id': String(updated.id) })
  t.match(await again.next(), { event: 'issue.closed', data: { id: 'i' } })
  t.match(await (await follow(t, url, { 'last-event-id': 'nonsense' })).next(), { event: 'reset' })
  t.match(await (await follow(t, url, { 'last-event-id': '99999999' })).next(), { event: 'reset' })
})

t.test('data is one line, whatever names hold', async (t) => {
  const client = await follow(t, url)
  await client.next()
  const name = 'a\u2028b "<script>📡--%>,'
  await insert(pool, 'incidents', [incident('odd', 60, { scope: { type: 'node', node: name }, cause: 'two\nlines' })])
  await insert(pool, 'incident_journal', [journal('odd', 'clear', 'open')])
  t.match(await client.next(), { data: { scope: { node: name }, cause: 'two\nlines' } })
})

t.test('HEAD does not wait for events', async (t) => {
  t.equal((await fetch(url, { method: 'HEAD' })).status, 404)
  t.equal((await fetch(`${url}?since=1`)).status, 400)
})

t.test('a stop ends the streams and does not wait for them', async (t) => {
  const client = await follow(t, url)
  await client.next()
  await Promise.all([app.close(), client.ended()])
  t.pass('it stopped')
})
