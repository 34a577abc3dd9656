import t from 'tap'
import { createTestDatabase } from './support/database.js'
import { runMeshmon } from './support/process.js'

const message = (i: number) => JSON.stringify({
  schema: 'meshmon.v1', type: 'path_result', src: `node-${i}`, dst: 'node-K', sent_at: new Date().toISOString(), route: [], metrics: {},
})

t.test('workers share the port, /metrics is their sum, a dead one is replaced, Ctrl-C ends all', async (t) => {
  const { url: databaseUrl } = await createTestDatabase(t)
  const meshmon = runMeshmon(t, ['serve'], { DATABASE_URL: databaseUrl, WORKERS: '2', HOST: '127.0.0.1', PORT: '0' })
  const [, url] = await meshmon.printed(/listening on (http:\/\/\S+?)"/)
  await meshmon.printed(/listening on [\s\S]*listening on /)
  await meshmon.printed(/ready for measurements[\s\S]*ready for measurements/)
  t.ok((await fetch(`${url}/readyz`)).ok)

  const post = async (i: number) => (await fetch(`${url}/ingest`, { method: 'POST', body: message(i), headers: { connection: 'close' } })).status
  for (let i = 0; i < 20; i++) t.equal(await post(i), 200)
  const stored = async () => /meshmon_ingest_messages_total\{type="path_result",outcome="stored"\} (\d+)/.exec(await (await fetch(`${url}/metrics`)).text())?.[1]
  t.equal(await stored(), '20', 'twenty, whichever worker took them')

  const pids = [...meshmon.output().matchAll(/"pid":(\d+),[^\n]*listening on/g)].map(([, pid]) => Number(pid))
  t.equal(new Set(pids).size, 2)
  process.kill(pids[0]!, 'SIGKILL')
  await meshmon.printed(/a worker died/)
  await meshmon.printed(/a worker died[\s\S]*ready for measurements/)
  t.equal(await post(100), 200)

  meshmon.child.kill('SIGINT')
  t.equal(await meshmon.ended, 0)
})

t.test('a worker that cannot start ends all with one message', async (t) => {
  const meshmon = runMeshmon(t, ['serve'], { DATABASE_URL: 'postgres://x@127.0.0.1:1/x', WORKERS: '2', HOST: '203.0.113.1', PORT: '0' })
  t.equal(await meshmon.ended, 1)
  t.match(meshmon.output(), 'HOST 203.0.113.1 is no address of this machine')
})
