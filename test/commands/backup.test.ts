import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { parseCsv } from '../../src/archive/csv.js'
import { readTar } from '../../src/archive/tar.js'
import { fillDatabase } from '../support/archive.js'
import { createTestDatabase } from '../support/database.js'
import { temporaryFolder } from '../support/embedded.js'
import { runMeshmon } from '../support/process.js'

const { pool, url, edition } = await createTestDatabase(t)
await fillDatabase(pool, edition)

async function run (t: Test, args: string[], env: Record<string, string>) {
  const program = runMeshmon(t, args, env)
  return { code: await program.ended, output: program.output() }
}

t.test('Ctrl-C or a full disk leaves no file', async (t) => {
  const folder = temporaryFolder(t)
  const env = { DATABASE_URL: url }
  // A pipe that nobody empties holds the program where it is.
  const pipe = join(folder, 'b.tar.partial')
  execFileSync('mkfifo', [pipe])
  const program = runMeshmon(t, ['backup', '--portable', join(folder, 'b.tar')], env)
  const reader = createReadStream(pipe)
  await once(reader, 'readable')
  program.child.kill('SIGINT')
  reader.destroy()
  t.match({ code: await program.ended, output: program.output() }, { code: 1, output: /^meshmon: stopped; nothing is left of the backup\n$/ })
  t.same(readdirSync(folder), [])

  symlinkSync('/dev/full', join(folder, 'c.tar.partial'))
  t.match(await run(t, ['backup', '--portable', join(folder, 'c.tar')], env), { code: 1, output: /c\.tar cannot be written: the disk is full/ })
  t.same(readdirSync(folder), [])
  t.match(await run(t, ['backup', '--portable', join(folder, 'd.tar')], env), { code: 0 })
  t.same(readdirSync(folder), ['d.tar'])
})

t.test('--since exports raw rows received since then; --keep removes old backups and nothing else', async (t) => {
  const folder = temporaryFolder(t)
  const others = ['meshmon_2020-01-01.sql.gz', 'meshmon_2020-01-01_000000.tar.partial', 'my_meshmon_2020-01-01_000000.tar']
  for (const name of [...others, 'meshmon_2020-01-01_000000.tar', 'meshmon_2021-01-01_000000.tar']) writeFileSync(join(folder, name), '')
  const { code, output } = await run(t, ['backup', '--portable', folder, '--keep', '2', '--json'], { DATABASE_URL: url })
  t.equal(code, 0, output)
  const { file, removed } = JSON.parse(output)
  t.same(removed, [join(folder, 'meshmon_2020-01-01_000000.tar')])
  t.same(readdirSync(folder).sort(), ['meshmon_2021-01-01_000000.tar', file.slice(folder.length + 1), ...others].sort().filter((name) => name !== 'meshmon_2020-01-01_000000.tar'))

  const part = join(folder, 'since.tar')
  t.match(await run(t, ['backup', part, '--since', '-70m'], { DATABASE_URL: url }), { code: 0 })
  const rows: Record<string, (string | null)[][]> = {}
  for await (const { name, data } of readTar(part)) if (name.endsWith('.csv.gz')) (rows[name.split('/')[0]!] ??= []).push(...parseCsv(gunzipSync(data).toString()))
  t.ok(rows['path_probe']?.[0]?.includes('received_at'))
  t.equal(rows['path_probe']?.length, 1 + 3, 'head and the rows of 0, 30 and 60 minutes ago')
  t.notOk(rows['path_probe_hourly'] ?? rows['nodes'], 'raw rows only')
  t.match(await run(t, ['restore', part], { DATABASE_URL: url }), { code: 1, output: /it holds only what was received since .*: restore a whole backup/ })
  t.match(await run(t, ['backup', part, '--since', 'yesterday'], { DATABASE_URL: url }), { code: 2, output: /"yesterday" is not a time/ })
})
