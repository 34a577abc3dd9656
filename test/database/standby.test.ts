import pg from 'pg'
import pino from 'pino'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config.js'
import { withLongConnection } from '../../src/database/long-connection.js'
import { createPool } from '../../src/database/pool.js'
import { createReplica, lagOf } from '../../src/database/replica.js'
import { forLibpq, splitHosts } from '../../src/database/several-hosts.js'
import { isUnavailable } from '../../src/database/errors.js'
import { startCollector } from '../../src/server.js'
import { until } from '../support/embedded.js'
import { apacheServer, startPair, type Pair } from '../support/native.js'
import { freePort } from '../support/process.js'
import { startProxy } from '../support/proxy.js'

t.test('the hosts of a URL', async (t) => {
  t.same(splitHosts('postgres://me:p%40ss@a:1,[::1]:2,c/db?sslmode=require'), ['a:1', '[::1]:2', 'c'].map((host) => `postgres://me:p%40ss@${host}/db?sslmode=require`))
  t.same(splitHosts('postgres://me@%2Ftmp%2Fs/db'), ['postgres://me@%2Ftmp%2Fs/db'])
  t.equal(forLibpq('postgres://a/db'), 'postgres://a/db')
  t.equal(forLibpq('postgres://a,b/db'), 'postgres://a,b/db?target_session_attrs=read-write')
  t.equal(forLibpq('postgres://a,b/db?x=1'), 'postgres://a,b/db?x=1&target_session_attrs=read-write')
})

t.test('a lag is the age of what the replica has all of', async (t) => {
  const samples = [{ atMs: 1000, position: 5 }, { atMs: 2000, position: 5 }, { atMs: 3000, position: 9 }]
  t.equal(lagOf(samples, 9, 3010), 0)
  t.equal(lagOf(samples, 8, 3010), 1010)
  t.equal(lagOf(samples, 4, 3010), null)
})

const { reason } = await apacheServer()

function openPool (t: Test, connectionString: string, mayBeStandby = false): pg.Pool {
  const pool = createPool({ connectionString, applicationName: 'test', max: 3, mayBeStandby }, { warn: () => {} })
  t.teardown(() => pool.end())
  return pool
}

/** URL of hosts in this order; a number is a port where nobody listens. */
function listOf (...hosts: (string | number)[]): string {
  return `postgres://postgres@${hosts.map((host) => typeof host === 'number' ? `127.0.0.1:${host}` : new URL(host).host).join(',')}/meshmon`
}

const portOf = async (db: Pick<pg.Client, 'query'>): Promise<number> => (await db.query("select current_setting('port')::int as port")).rows[0].port

t.test('with a primary and a standby', { skip: reason ?? false }, async (t) => {
  const pair = await startPair(t)
  await t.test('of several hosts the one that takes writes is used', async (t) => await chooseHosts(t, pair))
  await t.test('a replica answers while it is there and not too old', async (t) => await useReplica(t, pair))
  await t.test('whoever changed something sees it at once, others when the replica has it', async (t) => await seeOwnWrites(t, pair))
})

async function chooseHosts (t: Test, { primary, standby }: Pair): Promise<void> {
  const closed = await freePort()
  const primaryPort = Number(new URL(primary).port)
  for (const url of [listOf(primary, standby), listOf(closed, standby, primary)]) {
    const pool = openPool(t, url)
    t.same(await Promise.all([portOf(pool), portOf(pool), portOf(pool)]), [primaryPort, primaryPort, primaryPort])
    t.equal(await withLongConnection(pool, 10_000, portOf), primaryPort)
  }
  t.equal(await portOf(openPool(t, listOf(closed, standby, primary), true)), Number(new URL(standby).port))
  await t.rejects(openPool(t, listOf(closed, standby)).query('select 1'), /no host of the database takes writes \(127\.0\.0\.1:\d+: .*ECONNREFUSED.*; 127\.0\.0\.1:\d+: it is a standby\)/)
  const error: unknown = await openPool(t, listOf(standby, closed)).query('select 1').catch((error: unknown) => error)
  t.ok(isUnavailable(error), 'tried again, as of a server that is away')
}

async function useReplica (t: Test, { primary, standby }: Pair): Promise<void> {
  const proxy = await startProxy(t, { host: '127.0.0.1', port: Number(new URL(standby).port) })
  const lines: string[] = []
  const log = { info: (line: unknown) => { lines.push(`info ${String(line)}`) }, warn: (line: unknown) => { lines.push(`warn ${String(line)}`) } }
  const maxLagMs = 2000
  proxy.pass()
  const [own, admin] = [openPool(t, primary), openPool(t, standby)]
  const pool = createPool({ connectionString: `postgres://postgres@127.0.0.1:${proxy.port}/meshmon`, applicationName: 'test', max: 2, connectTimeoutMs: 2000 }, { warn: () => {} })
  const replica = createReplica({ pool, primary: own, maxLagMs, log })
  t.teardown(async () => {
    proxy.refuse()
    await replica.stop()
  })
  const isUsed = (): boolean => replica.status().used
  const [primaryPort, standbyPort] = [primary, standby].map((url) => Number(new URL(url).port))

  t.equal(await portOf(replica.reader), primaryPort, 'not before the first look')
  replica.start()
  await until(isUsed, 'the replica')
  t.equal(await portOf(replica.reader), standbyPort)
  t.equal(await replica.onPrimary(() => portOf(replica.reader)), primaryPort)
  t.match(replica.status(), { used: true, error: null })
  t.ok(replica.status().lag_s !== null)
  await t.rejects(replica.reader.query('select nothing'), /column "nothing" does not exist/, 'what is wrong with a statement stays so')
  t.ok(isUsed())

  await admin.query('select pg_wal_replay_pause()')
  await own.query('create table written (n int)')
  await until(() => !isUsed(), 'the end of its use')
  t.ok(Number(replica.status().lag_s) * 1000 > maxLagMs)
  t.equal((await replica.reader.query('select from written')).rowCount, 0, 'the primary has it')
  await admin.query('select pg_wal_replay_resume()')
  await until(isUsed, 'the replica again')
  t.equal((await replica.reader.query('select from written')).rowCount, 0)

  proxy.refuse()
  t.equal(await portOf(replica.reader), primaryPort, 'a question that the replica loses is answered by the primary')
  await until(() => replica.status().error, 'the reason')
  proxy.pass()
  await until(isUsed, 'the replica, back')
  t.equal(await portOf(replica.reader), standbyPort)
  t.match(lines, [
    'info the replica answers what is read', /^warn the replica is not read from \(it is \d+ s behind\); the primary answers$/,
    'info the replica answers what is read', /^warn the replica is not read from \(.+\); the primary answers$/, 'info the replica answers what is read',
  ])
}

async function seeOwnWrites (t: Test, { primary, standby }: Pair): Promise<void> {
  const { config } = loadConfig({ DATABASE_URL: primary, DATABASE_URL_READ: standby, READ_MAX_LAG_S: '3600', HOST: '127.0.0.1', PORT: '0' })
  const collector = await startCollector(config, pino({ level: 'silent' }))
  t.teardown(() => collector.close())
  await collector.ready
  const ask = (path: string, options: RequestInit = {}): Promise<Response> => fetch(new URL(path, collector.url), options)
  const patterns = async (headers: Record<string, string> = {}): Promise<string[]> => (await (await ask('/maintenance', { headers })).json() as { pattern: string }[]).map(({ pattern }) => pattern)
  await until(async () => /meshmon_replica_used 1\n/.test(await (await ask('/metrics')).text()), 'the replica', 60_000)

  const admin = openPool(t, standby)
  await until(async () => (await admin.query("select to_regclass('maintenance') as found")).rows[0].found, 'the schema on the standby')
  await admin.query('select pg_wal_replay_pause()')
  const body = JSON.stringify({ pattern: 'mast-*', until: new Date(Date.now() + 3_600_000).toISOString() })
  const answer = await ask('/maintenance', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  t.equal(answer.status, 201)
  const cookie = answer.headers.get('set-cookie') ?? ''
  t.match(cookie, /^meshmon_wrote=1; Max-Age=3601; Path=\/; HttpOnly; SameSite=Strict$/)
  t.same(await patterns({ cookie: String(cookie.split(';')[0]) }), ['mast-*'])
  t.same(await patterns(), [], 'anybody else is answered by the replica')
  t.equal((await ask('/maintenance')).headers.get('set-cookie'), null)
  await admin.query('select pg_wal_replay_resume()')
  await until(async () => (await patterns()).length === 1, 'the change on the replica')
  t.equal((await ask('/ingest', { method: 'POST', body: '{}' })).headers.get('set-cookie'), null)
}
