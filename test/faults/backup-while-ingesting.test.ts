import { join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryFolder, until } from '../support/embedded.js'
import { missingAndMost, startLoad } from '../support/load.js'
import { runMeshmon } from '../support/process.js'
import { freePort, serve, withDatabase } from '../support/serve.js'

async function run (t: Test, args: string[], env: Record<string, string>) {
  const program = runMeshmon(t, args, env)
  return { code: await program.ended, output: program.output() }
}

t.test('a backup while agents send holds all that was acknowledged before it, and is restored elsewhere', async (t) => {
  const [dataDir, folder] = [temporaryFolder(t), temporaryFolder(t)]
  const port = await freePort()
  const collector = serve(t, dataDir, port)
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok, 'the collector', 120_000)
  const load = startLoad(t, () => port, 4)
  await until(() => load.acknowledged.length > 200, '200 messages', 120_000)
  const before = [...load.acknowledged]
  const { code, output } = await run(t, ['backup', folder, '--json'], { DATA_DIR: dataDir })
  t.equal(code, 0, output)
  const { file, tables } = JSON.parse(output)
  t.match(file, /\/meshmon_\d{4}-\d\d-\d\d_\d{6}\.tar$/)
  const during = load.acknowledged.length
  await until(() => load.acknowledged.length > during, 'a message after it', 60_000)
  await load.stop()
  t.same(load.refused, [], 'nothing was refused')

  const busy = await run(t, ['restore', file], { DATA_DIR: dataDir })
  t.match(busy, { code: 1, output: /a collector or another command uses the database in .*: stop it first/ })
  collector.child.kill('SIGTERM')
  await collector.ended
  const full = await run(t, ['restore', file], { DATA_DIR: dataDir })
  t.match(full, { code: 1, output: /this database is not empty, \w+ has rows/ })

  const restoredDir = join(folder, 'data')
  const restored = await run(t, ['restore', file], { DATA_DIR: restoredDir })
  t.match(restored, { code: 0, output: /^Restored .*: \d+ rows of \d+ tables\.\n$/ })
  const again = serve(t, restoredDir, port)
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok, 'the collector', 120_000)
  await withDatabase(restoredDir, async (client) => {
    t.same(await missingAndMost(client, { ...load, acknowledged: before }), { missing: 0, most: 1 })
    const { rows: [row] } = await client.query('select count(*)::int as n from path_probe')
    t.equal(row.n, tables.path_probe)
  })
  again.child.kill('SIGTERM')
  t.equal(await again.ended, 0)
})
