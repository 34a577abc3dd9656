import { spawnSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import t, { type Test } from 'tap'
import { loadConfig } from '../../src/config.js'
import { startCollector } from '../../src/server.js'
import { temporaryFolder, until } from '../support/embedded.js'
import { missingAndMost, startLoad } from '../support/load.js'
import { withDatabase } from '../support/serve.js'

/** A small file system of its own for one test, or why there is none. */
function mountSmall (t: Test): { folder: string, reason: false } | { folder: null, reason: string } {
  const folder = temporaryFolder(t)
  const { status, stderr, error } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', folder], { encoding: 'utf8' })
  if (status !== 0) return { folder: null, reason: `a small file system cannot be mounted here: ${error?.message ?? stderr.trim()}` }
  t.teardown(() => spawnSync('umount', ['-l', folder]))
  return { folder, reason: false }
}

const { folder, reason } = mountSmall(t)

t.test('a full disk: 503, alive, told at /readyz; with room it goes on, and nothing acknowledged is lost', { skip: reason }, async (t) => {
  if (folder === null) return
  const filler = join(folder, 'filler')
  const fill = (): void => {
    const { bavail, bsize } = statfsSync(folder)
    writeFileSync(filler, Buffer.alloc(bavail * bsize, 1))
  }
  const { config } = loadConfig({ DATA_DIR: folder, HOST: '127.0.0.1', PORT: '0' })
  const collector = await startCollector(config, pino({ level: 'silent' }))
  t.teardown(async () => {
    rmSync(filler, { force: true })
    await collector.close()
  })
  await collector.ready
  const port = Number(new URL(collector.url).port)
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`)

  const load = startLoad(t, () => port, 4)
  for (const victim of ['table', 'transaction log']) {
    const [enough, refused] = [load.acknowledged.length + 50, load.refused.length]
    await until(() => load.acknowledged.length > enough, 'acknowledged messages')
    fill()
    // It grows by 16 MiB at a time, which are not there.
    if (victim === 'transaction log') await withDatabase(folder, async (client) => await client.query('select pg_switch_wal()').catch(() => {}))
    await until(() => load.refused.length > refused + 20, 'refused messages')
    t.equal((await get('/healthz')).status, 200)
    t.equal((await get('/readyz')).status, 503)
    rmSync(filler)
    const before = load.acknowledged.length
    await until(() => load.acknowledged.length > before + 50, 'acknowledged messages once there is room')
  }
  await until(async () => (await get('/readyz')).ok, 'readiness')
  await load.stop()
  t.same(new Set(load.refused), new Set([503]))
  t.same(await withDatabase(folder, async (client) => await missingAndMost(client, load)), { missing: 0, most: 1 })
})
