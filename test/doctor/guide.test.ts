import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Finding } from '../../src/doctor/finding.js'
import { createTestDatabase } from '../support/database.js'
import { temporaryFolder } from '../support/embedded.js'
import { freePort, runMeshmon } from '../support/process.js'
import { serve } from '../support/serve.js'

// The developer guide's sections 9, 10 and 12, row by row: each a command that works, or a finding of the doctor.

const dataDir = temporaryFolder(t)
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const settings = { DATA_DIR: dataDir, HOST: '127.0.0.1', PORT: String(port), MESHMON_CONFIG: '/dev/null' }

async function run (t: Test, args: string[], env: Record<string, string> = settings): Promise<{ code: unknown, output: string }> {
  const program = runMeshmon(t, args, env)
  return { code: await program.ended, output: program.output() }
}

async function doctor (t: Test, env: Record<string, string> = settings): Promise<{ code: unknown, of: (check: string) => Finding | undefined }> {
  const { code, output } = await run(t, ['doctor', '--json'], env)
  const findings = output.trim().split('\n').map((line): Finding => JSON.parse(line))
  return { code, of: (check) => findings.find((finding) => finding.check === check) }
}

const collector = serve(t, dataDir, port)
await collector.printed(/ready for measurements/)
const seconds = (ago: number) => new Date(Date.now() - ago * 1000).toISOString()
const windows = [1, 2, 3].map((i) => ({ schema: 'meshmon.v1', type: 'path_result', src: 'node-A', dst: 'node-K', sent_at: seconds(i * 40), window_s: 5, route: ['node-A', 'node-K'], metrics: { rtt_ms_avg: 72.3, jitter_ms_rfc3550: 8, loss_pct: 0 } }))
await fetch(`${url}/ingest`, { method: 'POST', body: JSON.stringify(windows) })

t.test('before the first start', async (t) => {
  const dataDir = join(temporaryFolder(t), 'data')
  const { code, of } = await doctor(t, { ...settings, DATA_DIR: dataDir, PORT: String(await freePort()) })
  t.equal(code, 1)
  t.match(of('api'), { state: 'problem', remedy: [/make start/] })
  t.match(of('database'), { state: 'problem', text: /there is no database in .* yet/ })
  t.notOk(existsSync(dataDir), 'it makes none')
})

t.test('9 backups, restore: a database is backed up while it is in use, and restored into an empty one', async (t) => {
  const file = join(temporaryFolder(t), 'meshmon.tar')
  t.match(await run(t, ['backup', file]), { code: 0 })
  const restored = { ...settings, DATA_DIR: join(temporaryFolder(t), 'data') }
  t.match(await run(t, ['restore', file], restored), { code: 0 })
  t.match(await run(t, ['sql', '--csv', 'select count(*) from path_probe'], restored), { code: 0, output: 'count\n3\n' })
})

t.test('9 retention and compression status: extensions, jobs, and whether they run', async (t) => {
  t.match(await run(t, ['sql', 'select extname, extversion from pg_extension']), { code: 0, output: /timescaledb/ })
  t.match(await run(t, ['sql', 'select * from timescaledb_information.jobs']), { code: 0, output: /policy_retention/ })
  const { of } = await doctor(t)
  for (const check of ['policies', 'maintenance', 'compression', 'retention', 'aggregates']) t.match(of(check), { state: 'ok' }, check)
})

t.test('10 rules in the background, all of them; registry, panel, tokens', async (t) => {
  const { code, of } = await doctor(t)
  t.equal(code, 0)
  t.match(of('api'), { state: 'ok' })
  t.match(of('schema'), { state: 'ok' })
  t.match(of('tokens'), { state: 'ok' })
  const output = (await run(t, ['rules', 'show'])).output
  for (const rule of ['rf_quality_drop', 'loss_spike', 'route_flapping', 'bottleneck_link', 'node_overload']) t.match(output, rule)
  for (const path of ['/registry', '/panel', '/panel.js']) t.equal((await fetch(url + path)).status, 200, path)
  t.match((await doctor(t, { ...settings, HOST: '0.0.0.0' })).of('tokens'), { state: 'warning', remedy: [/API_TOKEN/, /HOST/] })
})

t.test('12 no incidents appear: the worst that was measured, and where the thresholds stand', async (t) => {
  const { of } = await doctor(t)
  t.match(of('issues'), { state: 'ok', text: /worst of 3 windows of the last hour: jitter 8\.0 ms, loss 0\.0 %/, remedy: [/meshmon rules show/, /meshmon replay/] })
  t.match(of('measurements'), { state: 'ok', text: /nodes have sent within the hour/ })
})

t.test('12 space usage high', async (t) => {
  const { of } = await doctor(t)
  t.match(of('disk'), { text: /the database takes .* are free/ })
})

t.test('12 slow queries', async (t) => {
  t.match((await doctor(t)).of('queries'), { state: 'ok' })
})

t.test('12 API won\'t start: the database is looked at all the same', async (t) => {
  collector.child.kill('SIGKILL')
  await collector.ended
  const { code, of } = await doctor(t)
  t.equal(code, 1)
  t.match(of('api'), { state: 'problem', text: /^no collector answers/, remedy: [/make start/, /log/] })
  t.match(of('database'), { state: 'ok' })
  t.match(of('measurements'), { state: 'ok' })
  t.match(await run(t, ['doctor']), { code: 1, output: /^PROBLEM {2}api: no collector.*\n {11}- Start it/m })
})

t.test('12 API won\'t start: a database server that is not there', async (t) => {
  const { code, of } = await doctor(t, { ...settings, DATABASE_URL: `postgres://nobody@127.0.0.1:${await freePort()}/meshmon` })
  t.equal(code, 1)
  t.match(of('database'), { state: 'problem', text: /that DATABASE_URL names does not answer/, remedy: [/systemctl start postgresql/, /docker compose ps/] })
})

t.test('12 init.sql not applied: the schema is missing, and is made', async (t) => {
  const { url: DATABASE_URL } = await createTestDatabase(t, { edition: 'community', empty: true })
  const env = { ...settings, DATABASE_URL }
  const empty = await doctor(t, env)
  t.equal(empty.code, 1)
  t.match([empty.of('database'), empty.of('schema')].find((finding) => finding?.state === 'problem'), { remedy: [/meshmon migrate$/, /.*/] })
  t.match(await run(t, ['migrate'], env), { code: 0 })
  t.match((await doctor(t, env)).of('schema'), { state: 'ok' })
})

t.test('a wrong call and wrong settings are no finding', async (t) => {
  t.match(await run(t, ['doctor', '--jso']), { code: 2 })
  t.match(await run(t, ['doctor'], { ...settings, PORT: 'many' }), { code: 2, output: /PORT/ })
})
