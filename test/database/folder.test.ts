import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { startEmbedded, type EmbeddedServer } from '../../src/database/embedded/embedded.js'
import { findServer, socketPath } from '../../src/database/embedded/folder.js'
import { connectionTo, memoryLog, startTestServer, temporaryFolder } from '../support/embedded.js'

function start (t: Test, dataDir: string, lockWaitMs = 200): EmbeddedServer {
  const server = startEmbedded({ dataDir, log: memoryLog().log, lockWaitMs })
  t.teardown(async () => await server.stop())
  return server
}

async function count (server: EmbeddedServer): Promise<unknown> {
  const client = new pg.Client(connectionTo(server))
  await client.connect()
  try {
    return (await client.query('select count(*)::int as n from pg_extension')).rows[0]
  } finally {
    await client.end()
  }
}

t.test('a second process on the folder is refused with what to do, the first goes on', async (t) => {
  const { server, dataDir } = await startTestServer(t)
  const second = start(t, dataDir)
  await t.rejects(second.ready, { name: 'EmbeddedError', message: new RegExp(`process ${server.pid()} already runs .* DATA_DIR of its own`) })
  t.match(await count(server), { n: Number })
  t.same(await findServer(dataDir), server.address, 'others find it')
  await server.stop()
  t.equal(await findServer(dataDir), undefined)
  const third = start(t, dataDir)
  await third.ready
  t.match(await count(third), { n: Number }, 'the folder is free again')
})

t.test('the record of a process that is gone does not keep the folder, that of a live one does', async (t) => {
  const { server, dataDir } = await startTestServer(t)
  const file = join(dataDir, 'embedded.json')
  const record = JSON.parse(readFileSync(file, 'utf8'))
  await server.stop()
  // This test's own process stands for another one that got the pid of the dead one.
  const startTime = readFileSync(`/proc/${process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]
  writeFileSync(file, JSON.stringify({ ...record, pid: process.pid, startTime }))
  await t.rejects(start(t, dataDir).ready, { name: 'EmbeddedError' }, 'alive, though its socket is gone')
  writeFileSync(file, JSON.stringify({ ...record, pid: process.pid }))
  const next = start(t, dataDir)
  await next.ready
  t.match(await count(next), { n: Number }, 'same pid, another process')
  await next.stop()
  writeFileSync(file, 'cut off in the mid')
  mkdirSync(join(dataDir, 'pgdata.new'), { recursive: true })
  const afterCrash = start(t, dataDir)
  await afterCrash.ready
  t.match(await count(afterCrash), { n: Number }, 'a damaged record')
})

t.test('a folder that cannot hold a database is one clear error', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'file'), '')
  for (const dataDir of [join(folder, 'file'), join(folder, 'file', 'below')]) {
    t.throws(() => startEmbedded({ dataDir, log: memoryLog().log }), { name: 'EmbeddedError', message: /DATA_DIR .* name a folder that this user may write to/ })
  }
  writeFileSync(join(folder, 'pgdata'), 'no folder')
  await t.rejects(start(t, folder).ready, { name: 'EmbeddedError', message: /cannot be opened .* moved away or restored/ })
})

t.test('a path too long for a socket gets a private folder elsewhere', async (t) => {
  const { server: short, dataDir: shortDir } = await startTestServer(t)
  t.equal(short.address.host, join(shortDir, 'socket'))
  t.equal(statSync(short.address.host).mode & 0o777, 0o700)
  const { dataDir: source, server: stopped } = await startTestServer(t)
  await stopped.stop()
  const dataDir = join(source, 'x'.repeat(120))
  const server = start(t, dataDir)
  await server.ready
  t.ok(Buffer.byteLength(socketPath(server.address)) < 107)
  t.equal(statSync(server.address.host).mode & 0o777, 0o700)
  t.match(await count(server), { n: Number })
  await server.stop()
  t.notOk(existsSync(socketPath(server.address)), 'it goes with the server')
})
