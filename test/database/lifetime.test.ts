import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import t, { type Test } from 'tap'
import { startEmbedded } from '../../src/database/embedded/embedded.js'
import { findServer } from '../../src/database/embedded/folder.js'
import { openDatabase, type Database } from '../../src/database/database.js'
import { isUnavailable } from '../../src/database/errors.js'
import { packageRoot } from '../../src/paths.js'
import { connectionTo, connectionUrl, memoryLog, startTestServer, temporaryFolder, until, type Connection } from '../support/embedded.js'

async function open (t: Test, connection: Connection): Promise<pg.Client> {
  const client = new pg.Client(connection)
  client.on('error', () => {})
  await client.connect()
  t.teardown(async () => await client.end())
  return client
}

/** Whether a process is there that has not ended (one that waits for its parent to notice has). */
function isRunning (pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

t.test('the process of a killed collector ends, and the next collector goes on', async (t) => {
  const dataDir = temporaryFolder(t)
  const parent = fork(fileURLToPath(new URL('../support/embedded-parent.js', import.meta.url)), [dataDir])
  t.teardown(() => parent.kill('SIGKILL'))
  const [pid] = await once(parent, 'message') as [number]
  const address = await findServer(dataDir)
  if (address === undefined) throw new Error('another process does not find the running server')
  const client = await open(t, { ...address, user: 'mesh', database: 'meshmon' })
  await client.query('create table kept as select 7 as n')
  await client.query('begin')
  await client.query('insert into kept values (8)')

  parent.kill('SIGKILL')
  const { log } = memoryLog()
  const server = startEmbedded({ dataDir, log })
  t.teardown(async () => await server.stop())
  await server.ready
  t.notOk(isRunning(pid), 'it has ended')
  const next = await open(t, connectionTo(server))
  t.same((await next.query('select n from kept')).rows, [{ n: 7 }])
})

t.test('a database whose collector was killed before it listened to it ends, too', async (t) => {
  const dataDir = temporaryFolder(t)
  const child = fork(join(packageRoot, 'dist/src/database/embedded/child.js'), [JSON.stringify({ dataDir, lockWaitMs: 10_000, limits: {} })], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  t.teardown(() => child.kill('SIGKILL'))
  child.disconnect()
  await until(() => child.exitCode !== null || child.signalCode !== null, 'the end of the database', 120_000).catch(() => {})
  t.equal(child.exitCode, 0)
  t.equal(await findServer(dataDir), undefined)
})

t.test('Ctrl-C and a request to end do not reach the database before the collector has drained', async (t) => {
  const { server, connection } = await startTestServer(t)
  const pool = await open(t, connection)
  const pid = server.pid()
  if (pid === undefined) throw new Error('no process')
  for (const signal of ['SIGINT', 'SIGTERM']) process.kill(pid, signal)
  t.same((await pool.query('select 1 as one')).rows, [{ one: 1 }])
  t.equal(server.pid(), pid)
  await server.stop()
  t.notOk(isRunning(pid), 'the word of the collector counts')
})

function openTest (t: Test, options: { databaseUrl?: string, dataDir: string }): { database: Database, lines: string[] } {
  const { log, lines } = memoryLog()
  const database = openDatabase({ databaseUrl: options.databaseUrl, dataDir: options.dataDir, applicationName: 'test', log })
  t.teardown(async () => await database.stop().catch(() => {}))
  return { database, lines }
}

t.test('a server that is away is waited for, with the reason in the log, and used once it is there', async (t) => {
  const dataDir = temporaryFolder(t)
  const { server: first, connection } = await startTestServer(t)
  await first.stop()
  const { database, lines } = openTest(t, { databaseUrl: connectionUrl(connection), dataDir })
  t.notOk(database.isEmbedded)
  const error = await database.pool.query('select 1').then(() => undefined, (error: unknown) => error)
  t.ok(isUnavailable(error), 'queries fail at once')
  await until(() => lines.some((line) => /the database does not answer \(.+\), trying again/.test(line)), 'a line in the log')
  const again = startEmbedded({ dataDir: connection.host.replace('/socket', ''), log: memoryLog().log })
  t.teardown(async () => await again.stop())
  await database.ready
  t.same((await database.pool.query('select 1 as one')).rows, [{ one: 1 }])
})

t.test('without a URL the embedded database is opened, and closed with it', async (t) => {
  const dataDir = temporaryFolder(t)
  const { database } = openTest(t, { dataDir })
  t.ok(database.isEmbedded)
  await database.ready
  t.same((await database.pool.query("select count(*) as n from pg_extension where extname = 'timescaledb'")).rows, [{ n: 1 }])
  const { database: second } = openTest(t, { dataDir })
  await second.stop()
  await t.rejects(second.ready, 'it was closed before it was ready')
  await database.stop()
  t.equal(await findServer(dataDir), undefined)
})
