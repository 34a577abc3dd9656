import t from 'tap'
import { recordedEdition } from '../../src/database/edition.js'
import { migrate, pendingMigrations } from '../../src/database/migrate.js'
import { createTestDatabase, openPool, testEachEdition } from '../support/database.js'
import { createDatabase, nativeServer } from '../support/native.js'

const ours = `
  select c.relkind::text || ' ' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relname not in ('meta', 'schema_migrations', 'schema_migrations_id_seq')
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('e', 'i')) and c.relkind <> 'i'
  union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
    and not exists (select from pg_depend d where d.objid = pg_proc.oid and d.deptype = 'e')
  order by 1`

await testEachEdition(t, 'the schema goes up, down and up again', async (t, edition) => {
  const { pool } = await createTestDatabase(t, { edition, empty: true })
  const known = await pendingMigrations(pool)
  t.ok(known.length > 5, 'before the first run all migrations are pending')

  const first = await migrate(pool, { direction: 'up', log: () => {} })
  t.same(first, { edition, ran: known })
  t.same(await pendingMigrations(pool), [])
  t.equal(await recordedEdition(pool), edition)
  const { rows: made } = await pool.query(ours)
  t.ok(made.length > 20)

  const down = await migrate(pool, { direction: 'down', count: known.length, log: () => {} })
  t.same(down.ran, known.toReversed())
  t.same((await pool.query(ours)).rows, [], 'nothing of ours is left')
  t.same(await pendingMigrations(pool), known)

  await migrate(pool, { direction: 'up', log: () => {} })
  t.same((await pool.query(ours)).rows, made)
})

await testEachEdition(t, 'each migration can be undone and run again', async (t, edition) => {
  const { pool } = await createTestDatabase(t, { edition, empty: true })
  const { ran } = await migrate(pool, { direction: 'up', log: () => {} })
  for (let count = 1; count <= ran.length; count++) {
    await migrate(pool, { direction: 'down', count, log: () => {} })
    t.same((await migrate(pool, { direction: 'up', log: () => {} })).ran, ran.slice(-count))
  }
})

const server = await nativeServer()
const skip = server.reason !== null && `no native server (the embedded database serves one process): ${server.reason}`
t.test('two processes that start together migrate once', { skip }, async (t) => {
  const connectionString = await createDatabase(t, String(server.url))
  const [pool, other] = [openPool(t, connectionString), openPool(t, connectionString)]
  const [one, two] = await Promise.all([pool, other].map((pool) => migrate(pool, { direction: 'up', log: () => {} })))
  t.equal(one?.ran.length === 0, two?.ran.length !== 0, 'one ran all, the other none')
  t.same(await pendingMigrations(pool), [])
})

t.test('migrating a current database runs nothing', async (t) => {
  const { pool } = await createTestDatabase(t, { empty: true })
  await migrate(pool, { direction: 'up', log: () => {} })
  t.same((await migrate(pool, { direction: 'up', log: () => {} })).ran, [])
})

await testEachEdition(t, 'a database made for the other edition is refused with the way out', async (t, edition) => {
  const { pool } = await createTestDatabase(t, { edition })
  const other = edition === 'apache' ? 'community' : 'apache'
  await pool.query("update meta set value = $1 where key = 'edition'", [other])
  await t.rejects(migrate(pool, { direction: 'up', log: () => {} }), new RegExp(`made for the ${other} edition .* runs the ${edition} edition.*meshmon copy`))
  await pool.query("update meta set value = $1 where key = 'edition'", [edition])
  t.same((await migrate(pool, { direction: 'up', log: () => {} })).ran, [])
})
