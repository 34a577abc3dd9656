import t from 'tap'
import { temporaryFolder, until } from '../support/embedded.js'
import { missingAndMost, startLoad } from '../support/load.js'
import type { RunningProgram } from '../support/process.js'
import { freePort, serve, withDatabase } from '../support/serve.js'

/** Process of the embedded database, as the newest line of the log names it. */
function databasePid (meshmon: RunningProgram): number {
  const pid = [...meshmon.output().matchAll(/"databasePid":(\d+),"msg":"embedded database is ready"/g)].at(-1)?.[1]
  if (pid === undefined) throw new Error('no embedded database in the log')
  return Number(pid)
}

t.test('kill -9 of the collector and of its database, again and again under load, loses nothing', async (t) => {
  const dataDir = temporaryFolder(t)
  const port = await freePort()
  let meshmon = serve(t, dataDir, port)
  await meshmon.printed(/ready for measurements/)
  await withDatabase(dataDir, async (client) => {
    const sentAt = new Date(Date.now() - 20 * 86_400_000).toISOString()
    await client.query("insert into path_probe (time, received_at, src, dst, peer, route) select $1::timestamptz + n * interval '1 minute', now(), 'old', 'b', 'b', '[]' from generate_series(1, 500) n", [sentAt])
    await client.query("select compress_chunk(c, true) from show_chunks('path_probe', older_than => interval '15 days') c")
  })
  const load = startLoad(t, () => port, 4)
  for (const victim of ['database', 'collector', 'database', 'collector'] as const) {
    const enough = load.acknowledged.length + 50
    await until(() => load.acknowledged.length > enough, 'acknowledged messages')
    if (victim === 'database') {
      const pid = databasePid(meshmon)
      process.kill(pid, 'SIGKILL')
      await until(() => databasePid(meshmon) !== pid, 'the next database')
    } else {
      meshmon.child.kill('SIGKILL')
      await meshmon.ended
      meshmon = serve(t, dataDir, port)
    }
  }
  const enough = load.acknowledged.length + 50
  await until(() => load.acknowledged.length > enough, 'acknowledged messages after the last kill')
  await load.stop()
  t.ok(load.refused.every((status) => status === 503 || status === 0), 'no other failure than 503 and a broken connection')
  await withDatabase(dataDir, async (client) => {
    t.same(await missingAndMost(client, load), { missing: 0, most: 1 })
    const { rows } = await client.query("select count(*)::int as old, (select count(*)::int from timescaledb_information.chunks where is_compressed and hypertable_name = 'path_probe') > 0 as compressed from path_probe where src = 'old'")
    t.same(rows, [{ old: 500, compressed: true }])
  })
  meshmon.child.kill('SIGINT')
  t.equal(await meshmon.ended, 0)
})
