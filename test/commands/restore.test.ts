import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { packFile, tarEnd } from '../../src/archive/tar.js'
import { fillDatabase, readContents } from '../support/archive.js'
import { createTestDatabase } from '../support/database.js'
import { temporaryFolder, until } from '../support/embedded.js'
import { runMeshmon } from '../support/process.js'

const { pool, url, edition } = await createTestDatabase(t)
await fillDatabase(pool, edition)
const folder = temporaryFolder(t)
const file = join(folder, 'a.tar')
const backup = await run(t, ['backup', '--portable', file], { DATABASE_URL: url })
if (backup.code !== 0) throw new Error(backup.output)

async function run (t: Test, args: string[], env: Record<string, string>) {
  const program = runMeshmon(t, args, env)
  return { code: await program.ended, output: program.output() }
}

t.test('a restore that is killed in the middle is begun anew by the next, and nothing uses the half', async (t) => {
  const target = await createTestDatabase(t, { empty: true })
  const env = { DATABASE_URL: target.url }
  const half = async (): Promise<void> => {
    await until(async () => (await target.pool.query('select from names limit 1').catch(() => null))?.rowCount === 1, 'rows', 120_000)
  }
  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    const program = runMeshmon(t, ['restore', file], env)
    await half()
    program.child.kill(signal)
    const ended = await program.ended
    if (signal === 'SIGKILL') {
      t.equal(ended, 'SIGKILL')
      t.match(await run(t, ['migrate'], env), { code: 1, output: /A restore into this database is under way, or was interrupted/ })
    } else {
      t.match({ ended, output: program.output() }, { ended: 1, output: /stopped; the database is empty again/ })
      const { rows: [row] } = await target.pool.query("select to_regclass('path_probe') as found")
      t.equal(row.found, null, 'nothing is left')
    }
  }
  t.match(await run(t, ['restore', file], env), { code: 0 })
  t.match(await run(t, ['migrate'], env), { code: 0, output: /The schema is current/ })
  const [before, after] = [await readContents(pool), await readContents(target.pool)]
  for (const name of ['path_probe', 'incidents', 'incident_journal', 'radio_metrics_daily']) t.strictSame(after[name], before[name], name)
})

t.test('what cannot be restored is refused before anything is changed', async (t) => {
  const target = await createTestDatabase(t, { empty: true })
  const whole = readFileSync(file)
  const path = join(folder, 'x.tar')
  const refused = async (content: Buffer, pattern: RegExp): Promise<void> => {
    writeFileSync(path, content)
    t.match(await run(t, ['restore', path], { DATABASE_URL: target.url }), { code: 1, output: pattern })
    const { rows: [row] } = await target.pool.query("select to_regclass('schema_migrations') as found")
    t.equal(row.found, null)
  }
  const changed = Buffer.from(whole)
  changed[whole.length >> 1]! ^= 1
  await refused(whole.subarray(0, whole.length >> 1), /it is cut off.*Nothing was changed/)
  await refused(changed, /it is damaged.*Nothing was changed/)
  await refused(gzipSync('-- PostgreSQL database dump'), /compressed with gzip.*docs\/backup\.md/)
  await refused(Buffer.from('PGDMP\x01\x0e'), /pg_dump alone.*docs\/backup\.md/)
  await refused(Buffer.from('hello'), /or it is no backup of meshmon/)

  const manifest = JSON.parse(execFileSync('tar', ['-xOf', file, 'manifest.json'], { encoding: 'utf8' }))
  const withManifest = (change: object): Buffer => Buffer.concat([packFile({ name: 'manifest.json', data: Buffer.from(JSON.stringify({ ...manifest, ...change })) }, 0), tarEnd])
  await refused(withManifest({ format: 2, parts: 'other' }), /a newer version of meshmon made it/)
  await refused(withManifest({ app: '9.1.0', migrations: [...manifest.migrations, '0999_later'] }), /made by meshmon 9\.1\.0, whose database schema this version does not know \(0999_later\)/)
  await refused(withManifest({ edition: 'other' }), /its manifest\.json is not what meshmon writes/)
  await refused(withManifest({}), /it is cut off/)
  t.match(await run(t, ['restore', join(folder, 'none.tar')], { DATABASE_URL: target.url }), { code: 1, output: /there is no file .*none\.tar/ })
  t.match(await run(t, ['restore', file], { DATABASE_URL: target.url }), { code: 0 })
})

t.test('copy fills an empty server, and no other', async (t) => {
  const target = await createTestDatabase(t, { empty: true })
  const args = ['copy', '--to', target.url]
  t.match(await run(t, args, { DATABASE_URL: url }), { code: 0, output: /^Copied \d+ rows of \d+ tables\./ })
  const [before, after] = [await readContents(pool), await readContents(target.pool)]
  for (const [name, rows] of Object.entries(before)) t.strictSame(after[name], rows, name)
  t.match(await run(t, args, { DATABASE_URL: url }), { code: 1, output: /this database is not empty/ })
})
