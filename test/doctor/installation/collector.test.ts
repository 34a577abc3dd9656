import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../../src/config.js'
import { checkApi, checkFiles, checkTokens, ownUrl } from '../../../src/doctor/installation/collector.js'
import { describeUnreachable } from '../../../src/doctor/installation/database.js'
import { startTestCollector } from '../../support/collector.js'
import { until } from '../../support/embedded.js'
import { freePort } from '../../support/process.js'

const { signal } = new AbortController()
const configOf = (settings: Record<string, string>) => loadConfig({ MESHMON_CONFIG: '/dev/null', ...settings }).config
const ask = (url: string | null, queueRows = 100_000) => checkApi(url, { queueRows, signal })

t.test('a collector that is well, and none at its port', async (t) => {
  const { url, pool } = await startTestCollector(t)
  const own = url.replace('localhost', '127.0.0.1')
  // On a busy machine the database may take longer than a doctor or /readyz waits.
  const told = async (text: RegExp) => await until(async () => (await ask(own)).find((finding) => text.test(finding.text)), String(text), 60_000)
  t.match(await told(/answers and is ready, version \d+\.\d+\.\d+, 0 rows wait/), { check: 'api', state: 'ok' })
  const { rows: [last] } = await pool.query('delete from schema_migrations where id = (select max(id) from schema_migrations) returning name, run_on')
  t.match(await told(/is not ready: the database schema lacks/), { state: 'problem', remedy: [/log/] })
  await pool.query('insert into schema_migrations (name, run_on) values ($1, $2)', [last.name, last.run_on])
  t.match(await ask(`http://127.0.0.1:${await freePort()}`), [{ state: 'problem', text: /^no collector answers at .*ECONNREFUSED/, remedy: [/make start/, /log/] }])
})

t.test('another program, another version, a queue that grows', async (t) => {
  const answers: Record<string, object> = { '/healthz': { hello: 'world' }, '/readyz': { ready: true } }
  const server = createServer((socket) => socket.once('data', (request) => {
    const body = JSON.stringify(answers[String(request).split(' ')[1] ?? ''])
    socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.match(await ask(url), [{ state: 'problem', text: /is no collector$/, remedy: [/PORT/, /ss -ltnp$/] }])
  answers['/healthz'] = { version: '0.0.1', queue_rows: 60_000 }
  t.match(await ask(url), [{ check: 'writer', state: 'warning', text: '60000 of 100000 rows wait for the database' }, { check: 'api', state: 'warning', text: /is version 0\.0\.1, this program \d/, remedy: ['Restart the collector'] }])
})

t.test('an interruption ends it', async (t) => {
  const stop = AbortSignal.abort(new Error('interrupted'))
  await t.rejects(checkApi(`http://127.0.0.1:${await freePort()}`, { queueRows: 1, signal: stop }), { message: 'interrupted' })
})

t.test('where the collector is reached', async (t) => {
  const url = (HOST: string, PORT = 8080) => ownUrl({ HOST, PORT })
  t.same([url('0.0.0.0'), url('::'), url('10.1.2.3', 80), url('127.0.0.1', 0)], ['http://127.0.0.1:8080', 'http://[::1]:8080', 'http://10.1.2.3:80', null])
  t.match(await ask(null), [{ state: 'warning', text: /PORT is 0/ }])
})

t.test('tokens where others reach the collector', async (t) => {
  t.match(checkTokens(configOf({})), { check: 'tokens', state: 'warning', text: /^everybody who reaches 0\.0\.0\.0 may/, remedy: [/API_TOKEN.*openssl rand/, /HOST=127\.0\.0\.1/] })
  t.match(checkTokens(configOf({ HOST: '127.0.0.1' })), { state: 'ok' })
  const both = checkTokens(configOf({ API_TOKEN: 'secret-1', INGEST_TOKEN: 'secret-2' }))
  t.match(both, { state: 'ok', text: 'changes need a token; agents need a token' })
  t.notMatch(JSON.stringify(both), 'secret')
})

t.test('files that settings name', async (t) => {
  t.match(await checkFiles(configOf({})), [{ check: 'files', state: 'ok', text: 'no setting names any' }])
  const folder = t.testdir({})
  const [rules, sites, map] = ['rules.yaml', 'sites.yaml', 'map.json'].map((name) => join(folder, name)) as [string, string, string]
  const look = () => checkFiles(configOf({ RULES_FILE: rules, SITES: sites, MAP_GEOJSON: map }))
  t.match(await look(), [{ state: 'problem', text: /rules\.yaml.*no such file/s, remedy: [/meshmon rules check/, /.*/] }, { state: 'problem', text: /sites\.yaml/ }, { state: 'problem', text: /map\.json is not there/ }])
  writeFileSync(rules, 'loss_spike:\n  open_loss_pctt: 3\n')
  writeFileSync(sites, '[]')
  writeFileSync(map, '{ "type": "FeatureCollection", "features": [] }')
  t.match(await look(), [{ state: 'problem', text: /open_loss_pctt/ }])
  writeFileSync(rules, '')
  t.match(await look(), [{ state: 'ok', text: [rules, sites, map].join(', ') }])
})

t.test('a database that can not be opened', async (t) => {
  const because = (code: string) => describeUnreachable(new Error('the database does not answer', { cause: Object.assign(new Error(code), { code }) }), false)
  t.match(because('ECONNREFUSED'), { check: 'database', state: 'problem', remedy: [/systemctl start postgresql/, /docker compose ps/] })
  t.match(because('28P01'), { remedy: [/password/] })
  t.match(because('3D000'), { remedy: [/createdb/, /DATABASE_URL/] })
  t.match(because('XX000'), { remedy: [/DATABASE_URL/, /docker/] })
  t.match(describeUnreachable(new Error('folder is taken'), true), { text: 'folder is taken', remedy: [/make start/, /DATA_DIR/] })
})
