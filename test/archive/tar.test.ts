import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packFile, readTar, tarEnd, type TarFile } from '../../src/archive/tar.js'

const files: TarFile[] = [
  { name: 'manifest.json', data: Buffer.from('{}\n') },
  { name: 'empty', data: Buffer.alloc(0) },
  { name: 'a_table/00000001.csv.gz', data: Buffer.alloc(512, 1) },
  { name: 'a_table/00000002.csv.gz', data: Buffer.alloc(100_001, 2) },
]

async function readAll (path: string): Promise<TarFile[]> {
  const found: TarFile[] = []
  for await (const { name, data } of readTar(path)) found.push({ name, data })
  return found
}

t.test('tar reads what is written, and what tar writes is read', async (t) => {
  const folder = t.testdir({ out: {}, again: {} })
  const path = join(folder, 'a.tar')
  writeFileSync(path, Buffer.concat([...files.map((file) => packFile(file, Date.UTC(2026, 0, 2, 3, 4, 5))), tarEnd]))
  t.strictSame(await readAll(path), files)
  const listed = execFileSync('tar', ['--utc', '-tvf', path], { encoding: 'utf8' })
  t.match(listed, /-rw------- 0\/0 +3 2026-01-02 03:04 manifest\.json\n/)
  execFileSync('tar', ['-xf', path, '-C', join(folder, 'out')])
  for (const { name, data } of files) t.strictSame(readFileSync(join(folder, 'out', name)), data, name)

  const other = join(folder, 'b.tar')
  execFileSync('tar', ['--format=ustar', '-cf', other, '-C', join(folder, 'out'), ...files.map(({ name }) => name)])
  t.strictSame(await readAll(other), files)
})

t.test('an archive that is cut off or changed is noticed', async (t) => {
  const path = join(t.testdir(), 'a.tar')
  const whole = Buffer.concat([...files.map((file) => packFile(file, 0)), tarEnd])
  for (const length of [0, 511, 512, 600, 5000, whole.length - tarEnd.length]) {
    writeFileSync(path, whole.subarray(0, length))
    await t.rejects(readAll(path), { name: 'TarError', message: 'it is cut off' }, `${length} bytes`)
  }
  for (const at of [0, 124, 148, 156]) {
    const changed = Buffer.from(whole)
    changed[at] = changed[at]! ^ 0x55
    writeFileSync(path, changed)
    await t.rejects(readAll(path), { name: 'TarError', message: 'it is damaged' }, `byte ${at}`)
  }
})
