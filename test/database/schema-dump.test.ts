import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { dumpSchema } from '../../src/database/schema-dump.js'
import { packageRoot } from '../../src/paths.js'
import { createTestDatabase, testEachEdition } from '../support/database.js'

/** `npm run schema:dump` sets this: the files are written anew instead of compared. */
const isWriting = process.env['SCHEMA_DUMP'] === 'write'

await testEachEdition(t, 'the committed dump shows the schema that the migrations make', async (t, edition) => {
  const { pool } = await createTestDatabase(t, { edition })
  const file = join(packageRoot, 'migrations', `schema.${edition}.txt`)
  const dump = await dumpSchema(pool)
  if (isWriting) await writeFile(file, dump)
  t.equal(dump, await readFile(file, 'utf8'), `where the change is wanted: npm run schema:dump, and commit ${file}`)

  await pool.query('alter table nodes add column surprise integer default 7')
  t.match(await dumpSchema(pool), /\n {2}surprise integer default 7\n/, 'the dump sees a change')
})
