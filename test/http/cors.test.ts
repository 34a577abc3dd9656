import t from 'tap'
import { startTestApi } from '../support/api.js'

const { app } = await startTestApi(t)
const origin = 'http://panel.example'

t.test('pages of any origin may read, none may write', async (t) => {
  t.equal((await app.inject({ url: '/issues', headers: { origin } })).headers['access-control-allow-origin'], '*')
  const asked = await app.inject({ method: 'OPTIONS', url: '/maintenance', headers: { origin, 'access-control-request-method': 'POST' } })
  t.equal(asked.statusCode, 204)
  t.equal(asked.headers['access-control-allow-methods'], 'GET')
  const written = await app.inject({ method: 'POST', url: '/registry', headers: { origin }, payload: { id: 'a' } })
  t.equal(written.statusCode, 403)
  t.equal(written.headers['access-control-allow-origin'], undefined)
  t.equal((await app.inject({ method: 'POST', url: '/registry', payload: { id: 'a' } })).statusCode, 200, 'without an origin it is no page')
})

t.test('OPTIONS of a client that is no browser is no error either', async (t) => {
  const { statusCode, payload } = await app.inject({ method: 'OPTIONS', url: '/issues' })
  t.equal(statusCode, 204)
  t.equal(payload, '')
})
