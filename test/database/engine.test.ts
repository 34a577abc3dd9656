import * as fs from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { query } from '../../src/database/embedded/protocol.js'
import { temporaryFolder } from '../support/embedded.js'

t.test('a commit is written to the disk before it is answered, a query is not', async (t) => {
  let written = 0
  const counted: typeof fs = {
    ...fs,
    fdatasyncSync: (descriptor) => {
      written++
      fs.fdatasyncSync(descriptor)
    }
  }
  // An absolute address: a relative one would be looked up beside the TypeScript source.
  const engineUrl = new URL('../../src/database/embedded/engine.js', import.meta.url).href
  const { openEngine } = await t.mockImport<typeof import('../../src/database/embedded/engine.js')>(engineUrl, { 'node:fs': counted })
  const engine = await openEngine(join(temporaryFolder(t), 'pgdata'))
  const run = (sql: string): number => {
    const before = written
    engine.execute(query(sql), () => {})
    return written - before
  }
  run('create table kept (n int)')
  t.ok(run('insert into kept values (1)') > 0, 'insert')
  t.equal(run('select n from kept'), 0, 'select')
  t.equal(run('begin; insert into kept values (2)'), 0, 'not yet committed')
  t.ok(run('commit') > 0, 'commit')
  engine.close()
})
