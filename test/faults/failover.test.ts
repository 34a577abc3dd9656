import pg from 'pg'
import t from 'tap'
import { temporaryFolder, until } from '../support/embedded.js'
import { missingAndMost, startLoad } from '../support/load.js'
import { apacheServer, postmasterPid, startPair } from '../support/native.js'
import { runMeshmon } from '../support/process.js'
import { freePort } from '../support/serve.js'

const { reason } = await apacheServer()
const waitMs = 120_000

t.test('the primary is killed under load and its synchronous standby promoted: two collectors go on by themselves, nothing acknowledged is lost', { skip: reason ?? false }, async (t) => {
  const { primary, standby } = await startPair(t)
  const url = `postgres://postgres@${new URL(primary).host},${new URL(standby).host}/meshmon`
  const ports = [await freePort(), await freePort()]
  const collectors = []
  for (const port of ports) {
    const collector = runMeshmon(t, ['serve'], { DATABASE_URL: url, DATABASE_URL_READ: standby, HOST: '127.0.0.1', PORT: String(port), ENGINE_INTERVAL_S: '1', ENGINE_DELAY_S: '0' })
    await collector.printed(/ready for measurements/, waitMs)
    collectors.push(collector)
  }
  const isReplicaUsed = async (): Promise<boolean> => (await health(ports[0])).database.replica.used
  await until(isReplicaUsed, 'reads from the standby', waitMs)
  t.match(await (await fetch(`http://127.0.0.1:${ports[0]}/metrics`)).text(), /meshmon_replica_used 1\n[\s\S]*meshmon_replica_lag_seconds [\d.]+\n/)

  let turn = 0
  const load = startLoad(t, () => ports[turn++ % 2] ?? 0, 8)
  const more = async (count: number, what: string): Promise<void> => {
    const enough = load.acknowledged.length + count
    await until(() => load.acknowledged.length > enough, what, waitMs)
  }
  await more(200, 'acknowledged messages')
  process.kill(await postmasterPid(primary), 'SIGKILL')
  const refused = load.refused.length
  await until(() => load.refused.length > refused + 20, 'refused messages', waitMs)
  const promoted = new pg.Client({ connectionString: standby })
  await promoted.connect()
  t.teardown(() => promoted.end())
  t.match((await promoted.query('select pg_promote() as done')).rows, [{ done: true }])
  await more(200, 'acknowledged messages after the promotion')
  await load.stop()

  t.same(await missingAndMost(promoted, load), { missing: 0, most: 1 })
  t.ok(load.refused.every((status) => status === 503 || status === 0), 'no other failure than 503')
  t.same(collectors.map(({ child }) => child.exitCode), [null, null])
  for (const port of ports) await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, 'readiness', waitMs)
  const { rows: [{ now }] } = await promoted.query('select now()')
  await until(async () => (await promoted.query('select from engine_slot where judged_until > $1', [now])).rowCount, 'slots that are judged', waitMs)

  for (const args of [['migrate'], ['sql', 'select 1'], ['backup', '--portable', temporaryFolder(t)]]) {
    const command = runMeshmon(t, args, { DATABASE_URL: url })
    t.equal(await command.ended, 0, `meshmon ${args[0]} finds the new primary: ${command.output()}`)
  }
})

async function health (port: number | undefined): Promise<{ database: { replica: { used: boolean } } }> {
  return await (await fetch(`http://127.0.0.1:${port}/healthz`)).json() as { database: { replica: { used: boolean } } }
}
