import { statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeFolder } from '../src/folders.js'

t.test('a folder is made with those above it, for this user alone', async (t) => {
  const root = t.testdir({})
  makeFolder(join(root, 'a', 'b'))
  makeFolder(join(root, 'a', 'b'))
  t.equal(statSync(join(root, 'a', 'b')).mode & 0o777, 0o700)
  symlinkSync(join(root, 'a'), join(root, 'link'))
  makeFolder(join(root, 'link', 'c'))
  t.ok(statSync(join(root, 'a', 'c')).isDirectory())
})

t.test('one that can not be made is an error, never an endless attempt', async (t) => {
  const file = join(t.testdir({}), 'file')
  writeFileSync(file, '')
  t.throws(() => makeFolder(file), { code: 'EEXIST' })
  t.throws(() => makeFolder(join(file, 'a', 'b')), { code: /EEXIST|ENOTDIR/ })
  t.throws(() => makeFolder('/proc/meshmon/a'), { code: 'ENOENT' })
})
