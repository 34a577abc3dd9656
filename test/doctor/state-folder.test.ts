import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkStateFolder } from '../../src/doctor/state-folder.js'

t.test('a folder that takes a file, made where it was missing; nothing is left in it', async (t) => {
  const folder = join(t.testdir({}), 'data', 'radio')
  t.match(checkStateFolder(folder), { check: 'state', state: 'ok', text: `${folder} can be written to` })
  t.same(readdirSync(folder), [])
})

t.test('one that this user may not write to', async (t) => {
  // Not even root makes folders there.
  t.match(checkStateFolder('/sys/meshmon'), {
    state: 'problem', text: /^\/sys\/meshmon can't be written to \(.*(not permitted|denied|read-only)/i, remedy: [/chown -R \w+ \/sys\/meshmon$/, /STATE_DIR/],
  })
})

t.test('one that can not be there', async (t) => {
  const file = join(t.testdir({}), 'file')
  writeFileSync(file, '')
  for (const folder of ['/proc/meshmon/radio', join(file, 'radio')]) {
    t.match(checkStateFolder(folder), { state: 'problem', text: new RegExp(`^${folder} can't be used \\(`), remedy: [/STATE_DIR, or DATA_DIR/] })
  }
})
