import t from 'tap'
import { startTestApi } from '../support/api.js'

const { app, get, request } = await startTestApi(t, { settings: { API_TOKEN: 'hill top' } })

const form = 'application/x-www-form-urlencoded'
const send = async (token: string) => await app.inject({ method: 'POST', url: '/ui/login', headers: { 'content-type': form }, payload: new URLSearchParams({ token }).toString() })

t.test('the token is asked for once, and is not what the cookie holds', async (t) => {
  t.match((await get('/ui/login')).text, 'name="token"')
  const wrong = await send('valley')
  t.equal(wrong.statusCode, 401)
  t.match(wrong.payload, 'not the token')
  t.equal(wrong.headers['set-cookie'], undefined)

  const right = await send('hill top')
  t.equal(right.statusCode, 303)
  t.equal(right.headers.location, '/?notice=signed_in')
  const cookie = String(right.headers['set-cookie'])
  t.match(cookie, /; HttpOnly; SameSite=Strict/)
  t.notMatch(cookie, /hill|top/)

  t.equal((await request('POST', '/maintenance', { subject: 'Hill', until: '2026-06-16T00:00:00Z' })).status, 401)
  const session = cookie.split(';')[0] ?? ''
  const write = (value: string) => app.inject({ method: 'POST', url: '/maintenance', headers: { cookie: value }, payload: { subject: 'Hill', until: '2026-06-16T00:00:00Z' } })
  t.equal((await write(session)).statusCode, 201)
  t.equal((await write(`${session}x`)).statusCode, 401)
  const ingest = await app.inject({ method: 'POST', url: '/ui/login', headers: { origin: 'http://elsewhere.example', 'content-type': form }, payload: 'token=hill+top' })
  t.equal(ingest.statusCode, 403, 'no page of another host may try tokens')
})

t.test('where no token is set, nothing is asked for', async (t) => {
  const open = await startTestApi(t)
  t.match((await open.get('/ui/login')).text, 'everybody in the mesh may use its forms')
  const answer = await open.app.inject({ method: 'POST', url: '/ui/login', headers: { 'content-type': form }, payload: 'token=anything' })
  t.match([answer.statusCode, answer.headers.location, answer.headers['set-cookie']], [303, '/', undefined])
})
