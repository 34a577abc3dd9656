import t from 'tap'
import { ago, insert, startTestApi } from '../support/api.js'

const { get, getPages, request, pool } = await startTestApi(t)

const notification = (key: string, more: Record<string, unknown> = {}) => ({
  key, target: 'http://host/… (12345678)', event: 'opened', incident_id: 'a', payload: { title: `Title of ${key}`, text: 'text' },
  created_at: ago(100), due_at: ago(50), expires_at: ago(-86_300), ...more,
})

async function insertAll () {
  await insert(pool, 'notifications', [
    notification('waiting', { attempts: 3, error: 'answered 500' }),
    notification('sent', { attempts: 1, sent_at: ago(99) }),
    notification('dead', { attempts: 1, failed_at: ago(98), error: 'answered 404' }),
  ])
}

t.test('what was told, what waits, what was given up', async (t) => {
  await insertAll()
  const { status, body } = await get('/notifications')
  t.equal(status, 200)
  t.same(body.map(({ key, state }: { key: string, state: string }) => [key, state]), [['dead', 'dead'], ['sent', 'sent'], ['waiting', 'waiting']])
  const { id, ...dead } = body[0]
  t.type(id, 'number')
  t.same(dead, {
    key: 'dead', target: 'http://host/… (12345678)', event: 'opened', incident_id: 'a', title: 'Title of dead', state: 'dead', created_at: '2026-06-15T11:58:20Z',
    due_at: '2026-06-15T11:59:10Z', attempts: 1, sent_at: null, failed_at: '2026-06-15T11:58:22Z', error: 'answered 404',
  })
  for (const state of ['waiting', 'sent', 'dead']) t.match((await get(`/notifications?state=${state}`)).body, [{ key: state }], state)
  t.equal((await get('/notifications?state=lost')).status, 400)
  t.same((await getPages('/notifications?limit=2')).map((page) => page.length), [2, 1])
})

t.test('what was given up can be tried again, for another day', async (t) => {
  await insertAll()
  const [dead, sent] = (await get('/notifications')).body
  t.match(await request('POST', `/notifications/${dead.id}/retry`), { status: 200, body: { state: 'waiting', attempts: 0, due_at: '2026-06-15T12:00:00Z', error: 'answered 404' } })
  t.match((await pool.query('select expires_at from notifications where id = $1', [dead.id])).rows, [{ expires_at: '2026-06-16T12:00:00Z' }])
  t.match(await request('POST', `/notifications/${dead.id}/retry`), { status: 409, body: { detail: /this one is waiting/ } })
  t.match(await request('POST', `/notifications/${sent.id}/retry`), { status: 409, body: { detail: /this one is sent/ } })
  t.equal((await request('POST', '/notifications/999999/retry')).status, 404)
  for (const id of ['x', '0', '1e400']) t.equal((await request('POST', `/notifications/${id}/retry`)).status, 400, id)
})
