import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.js'
import { isSecret, settings } from '../../src/config-schema.js'
import { radioSettings } from '../../src/radio-config-schema.js'
import { arednSettings } from '../../src/aredn-config-schema.js'
import { planWorld } from '../../src/simulate/radio/plan.js'
import { serveWorld } from '../../src/simulate/radio/serve.js'
import { World } from '../../src/simulate/radio/world.js'
import { temporaryFolder } from '../support/embedded.js'
import { startNotifyTest } from '../support/notify.js'
import { post, sendRaw } from '../support/collector.js'
import { runMeshmon } from '../support/process.js'
import { answer, startReceiver } from '../support/receiver.js'

const mark = (name: string): string => `Mark-${name}-9q7x`
/** What no program may print, store or answer. */
const marks = /Mark-[a-z]+-9q7x|940715/g

/** Every secret setting there is, each with a mark of its own. */
const secrets = (hook = 'x', ntfy = 'x', database = '127.0.0.1:1'): Record<string, string> => ({
  DATABASE_URL: `postgres://mesh:${mark('database')}@${database}/meshmon`,
  DATABASE_URL_READ: `postgres://mesh:${mark('replica')}@${database}/meshmon`,
  NOTIFY_URLS: `http://user:${mark('webhook')}@${hook}/${mark('path')}?key=${mark('query')},ntfy://${ntfy}/${mark('topic')}`,
  NOTIFY_SECRET: mark('hmac'),
  NOTIFY_COMMAND: `exit 3; ${mark('command')}`,
  API_TOKEN: mark('api'),
  INGEST_TOKEN: mark('ingest'),
  MESH_BLE_PIN: '940715',
  REPEATERS: `[{ name: Hill, password: ${mark('list')} }]`,
  REPEATER_PASSWORD: mark('password'),
})

const noMarks = (t: Test, text: string, where: string): void => { t.same([...text.matchAll(marks)].map(([found]) => found), [], `${where}: no secret in ${text.length} characters`) }

const { pool, databaseUrl, open } = await startNotifyTest(t)

t.test('the test knows every secret setting', async (t) => {
  const all = { ...settings.properties, ...radioSettings.properties, ...arednSettings.properties }
  const secret = Object.entries(all).filter(([, schema]) => isSecret(schema)).map(([name]) => name)
  t.same(Object.keys(secrets()).sort(), secret.sort())
  for (const [name, value] of Object.entries(secrets())) t.ok(value.match(marks), name)
})

t.test('meshmon config masks them', async (t) => {
  for (const args of [['config'], ['config', '--json']]) {
    const { ended, output } = runMeshmon(t, args, secrets())
    t.equal(await ended, 0)
    t.match(output(), '***')
    noMarks(t, output(), args.join(' '))
  }
  const wrong = runMeshmon(t, ['config'], { ...secrets(), DATABASE_URL: `mysql://mesh:${mark('database')}@h/d`, NOTIFY_URLS: `${mark('webhook')}`, MESH_BLE_PIN: `${mark('pin')}`, LOG_LEVEL: 'loud' })
  t.equal(await wrong.ended, 2)
  t.match(wrong.output(), /DATABASE_URL[\s\S]*NOTIFY_URLS[\s\S]*MESH_BLE_PIN/)
  noMarks(t, wrong.output(), 'wrong settings')
})

t.test('a collector at level trace, with failing targets and wrong tokens, tells nothing of them', async (t) => {
  const [hook, ntfy] = [await startReceiver(t), await startReceiver(t)]
  // As servers do that show what they were asked for.
  hook.behave(answer(500, {}, JSON.stringify({ error: `no such hook: /${mark('path')}?key=${mark('query')} for user:${mark('webhook')}` })))
  ntfy.behave(answer(500, {}, JSON.stringify({ error: `no such topic: ${mark('topic')}` })))
  const meshmon = runMeshmon(t, ['serve'], { ...secrets(hook.host, ntfy.host), DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'trace', ENGINE_INTERVAL_S: '300' })
  const [, port] = await meshmon.printed(/listening on http:[^ "]+:(\d+)/)
  await meshmon.printed(/ready for measurements/)
  const base = `http://127.0.0.1:${port}`
  await open({ id: 'n1' })
  await Promise.all([hook.count(1), ntfy.count(1)])
  for (const pattern of [/could not tell http/, /could not tell ntfy/]) await meshmon.printed(pattern)
  await meshmon.printed(/could not tell command/)

  const answers: string[] = []
  const ask = async (path: string, options: RequestInit = {}): Promise<number> => {
    const response = await fetch(`${base}${path}`, { redirect: 'manual', ...options })
    let text = `${path.split('?')[0]} `
    response.headers.forEach((value, name) => { text += `${name}: ${value}\n` })
    answers.push(text + await response.text())
    return response.status
  }
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  t.equal(await ask(`/ingest?token=${mark('wrong')}`, { method: 'POST', body: '{}' }), 401)
  t.equal(await ask(`/ingest?token=${mark('ingest')}`, { method: 'POST', body: '{}' }), 400, 'the token is right, the message is not')
  t.equal(await ask('/ingest', { method: 'POST', body: '{"schema":"meshmon.v1","type":"x"}', ...bearer(mark('ingest')) }), 400)
  t.equal(await ask('/maintenance', { method: 'POST', body: '{}', ...bearer(mark('wrong')) }), 401)
  t.equal(await ask('/maintenance', { method: 'POST', body: '{', headers: { authorization: `Bearer ${mark('api')}`, 'content-type': 'application/json' } }), 400)
  t.equal(await ask(`/nodes?token=${mark('api')}`), 400)
  t.equal(await ask(`/nothing?token=${mark('api')}`), 404)
  t.equal(await ask('/ui/login', { method: 'POST', body: `token=${mark('wrong')}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 401)
  t.equal(await ask('/ui/login', { method: 'POST', body: `token=${mark('api')}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } }), 303)
  answers.push((await sendRaw(Number(port), `GET /x HTTP/1.1\r\nHost: c\r\nAuthorization: Bearer ${mark('api')}\r\nContent-Length: z\r\n\r\n`)).body)
  for (const path of ['/metrics', '/healthz', '/readyz', '/rules', '/notifications', '/issues', '/rejected', '/openapi.json', '/', '/ui/rules', '/ui/rejected', '/panel.js']) t.equal(await ask(path), 200, path)

  // A statement that fails, in a request that holds the token.
  await pool.query('alter table names rename to names_away')
  t.teardown(() => pool.query('alter table if exists names_away rename to names'))
  const body = JSON.stringify({ schema: 'meshmon.v1', type: 'worker_event', node: 'n-new', sent_at: new Date().toISOString(), event: 'poll_ok' })
  t.equal((await sendRaw(Number(port), post(body, { Authorization: `Bearer ${mark('ingest')}` }))).status, 503)
  t.equal(await ask(`/ingest?token=${mark('ingest')}`, { method: 'POST', body }), 503)
  await pool.query('alter table names_away rename to names')

  meshmon.child.kill('SIGINT')
  t.equal(await meshmon.ended, 0)
  t.match(meshmon.output(), /"level":20/, 'debug lines are there')
  noMarks(t, meshmon.output(), 'log')
  for (const text of answers) noMarks(t, text, text.slice(0, text.indexOf(' ')))
  const { rows } = await pool.query('select row_to_json(n)::text as text from notifications n union all select row_to_json(o)::text from outbox o union all select row_to_json(i)::text from incidents i union all select row_to_json(j)::text from incident_journal j union all select row_to_json(r)::text from rejected_messages r')
  t.ok(rows.length >= 4)
  noMarks(t, rows.map((row) => row.text).join('\n'), 'what is stored')
})

t.test('a database that refuses the password is told without it', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => {
      // AuthenticationCleartextPassword, and after the password the error that PostgreSQL gives.
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))
      socket.once('data', () => {
        const fields = Buffer.from('SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "mesh"\0\0')
        const length = Buffer.alloc(4)
        length.writeUInt32BE(fields.length + 4)
        socket.end(Buffer.concat([Buffer.from('E'), length, fields]))
      })
    })
  }).listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const meshmon = runMeshmon(t, ['serve'], { ...secrets('x', 'x', `127.0.0.1:${port}`), HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'trace' })
  const [, own] = await meshmon.printed(/listening on http:[^ "]+:(\d+)/)
  await meshmon.printed(/password authentication failed/)
  const ready = await (await fetch(`http://127.0.0.1:${own}/readyz`)).text()
  t.match(ready, 'password authentication failed')
  meshmon.child.kill('SIGINT')
  await meshmon.ended
  for (const [name, args] of Object.entries({ migrate: ['migrate'], sql: ['sql', 'select 1'] })) {
    const { ended, output } = runMeshmon(t, args, { ...secrets('x', 'x', `127.0.0.1:${port}`), LOG_LEVEL: 'trace' })
    t.not(await ended, 0)
    noMarks(t, output(), name)
  }
  noMarks(t, meshmon.output() + ready, 'serve')
})

t.test('a radio worker that logs in, with a wrong password, tells nothing of them', async (t) => {
  const world = new World(systemClock, planWorld({ repeaters: 2 }))
  const { port, close } = await serveWorld(world, { host: '127.0.0.1', port: 0 })
  t.teardown(() => close())
  const folder = temporaryFolder(t)
  const env = { ...secrets(), MESHMON_CONFIG: '/dev/null', DATA_DIR: folder, COLLECTOR_URL: 'http://127.0.0.1:1', MESH_TRANSPORT: 'tcp', MESH_TCP_HOST: '127.0.0.1', MESH_TCP_PORT: String(port), RADIO_BUDGET_S_PER_H: '3600', REMOTE_TIMEOUT_S: '1', REMOTE_RETRY_ATTEMPTS: '1', LOG_LEVEL: 'trace', MESH_DEBUG: '1' }
  const once = runMeshmon(t, ['radio', 'once'], env)
  t.equal(await once.ended, 1, 'no password is right')
  t.match(once.output(), 'Hill')
  noMarks(t, once.output(), 'radio once')
})
