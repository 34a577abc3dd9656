import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import t from 'tap'
import { readManifest, readParts, verifyArchive } from '../../src/archive/pack.js'
import { loadDatabase } from '../../src/archive/load.js'
import type { Part } from '../../src/archive/format.js'
import { findTables } from '../../src/archive/tables.js'
import { writePart } from '../../src/archive/write-tables.js'
import { knownMigrations, pendingMigrations } from '../../src/database/migrate.js'
import { packageRoot } from '../../src/paths.js'
import { version } from '../../src/version.js'
import { fillDatabase } from '../support/archive.js'
import { createTestDatabase, testEachEdition } from '../support/database.js'
import { runMeshmon } from '../support/process.js'
import { defaultRetention as settings } from '../support/settings.js'

/*
 * test/fixtures/schema holds for each released version the hashes of its migrations and a database that it filled, as portable archive.
 * `npm run schema:dump` writes those of the version that is not released yet; those of a release never change again.
 */
const folder = join(packageRoot, 'test/fixtures/schema')
const isReleased = (name: string): boolean => readFileSync(join(packageRoot, 'CHANGELOG.md'), 'utf8').includes(`\n## [${name}]`)
const isWriting = process.env['SCHEMA_DUMP'] === 'write' && !isReleased(version)

const hashMigration = (name: string): string => createHash('sha256').update(readFileSync(join(packageRoot, 'migrations', `${name}.ts`))).digest('hex')

if (isWriting) {
  const { pool, url } = await createTestDatabase(t, { edition: 'community' })
  await fillDatabase(pool, 'community')
  // Random bytes, which no archive makes smaller.
  await pool.query('delete from rejected_messages where octet_length(body) > 100')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${version}.tar`)
  rmSync(file, { force: true })
  const backup = runMeshmon(t, ['backup', '--portable', file], { DATABASE_URL: url, MESHMON_CONFIG: '/dev/null' })
  if (await backup.ended !== 0) throw new Error(backup.output())
  writeFileSync(join(folder, `${version}.json`), `${JSON.stringify(Object.fromEntries((await knownMigrations()).map((name) => [name, hashMigration(name)])), null, 2)}\n`)
}

const versions = readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length)).sort()

t.test('the migrations of a version stay as they were', async (t) => {
  t.match(versions[0], /^\d+\.\d+\.\d+$/)
  for (const name of versions) {
    const hashes: Record<string, string> = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))
    t.same((await readManifest(join(folder, `${name}.tar`))).migrations, Object.keys(hashes), 'the archive was made by these')
    const advice = isReleased(name) ? `${name} is released: leave its migrations alone, and add one` : 'where the change is wanted: npm run schema:dump, and commit test/fixtures/schema'
    for (const [migration, hash] of Object.entries(hashes)) t.equal(hashMigration(migration), hash, `${migration}: ${advice}`)
  }
})

const countCompressed = "select count(*)::integer as n from timescaledb_information.chunks where is_compressed and hypertable_schema = 'public'"

/** What a later migration may do to a hypertable with compressed chunks; docs/upgrading.md. */
const laterMigration = `
  alter table path_probe add column later real;
  alter table hop_quality add column later_count integer not null default 0;
  alter table agent_health rename column hardware_model to model;
  create index on path_probe (later)`

/** Names of the tables whose rows are not those of the archive, however they are ordered. */
async function findDifferences (pool: pg.Pool, parts: AsyncIterable<Part>, columnOf = (column: string) => column): Promise<string[]> {
  await pool.query('create schema was')
  const client = await pool.connect()
  const heads = new Map<string, string[]>()
  try {
    const tables = new Map((await findTables(client)).map((table) => [table.name, table]))
    for await (const part of parts) {
      const table = tables.get(part.table)
      if (table === undefined || table.isRollup) continue
      const known = { ...table, relation: `was.${table.name}` }
      if (!heads.has(table.name)) {
        await client.query(`create table ${known.relation} as select * from ${table.relation} with no data`)
        heads.set(table.name, table.columns)
      }
      await writePart(client, known, part)
    }
    const differing: string[] = []
    for (const [name, columns] of heads) {
      const [was, is] = [columns.map((column) => `"${column}"::text`).join(', '), columns.map((column) => `"${columnOf(column)}"::text`).join(', ')]
      const rest = (one: string, other: string): string => `select count(*)::integer as n from (${one} except all ${other}) as rest`
      const [old, now] = [`select ${was} from was.${name}`, `select ${is} from ${name}`]
      const [{ rows: [lost] }, { rows: [added] }] = [await client.query(rest(old, now)), await client.query(rest(now, old))]
      if (lost.n + added.n > 0) differing.push(`${name}: ${lost.n} lost, ${added.n} added`)
    }
    return differing
  } finally {
    client.release()
    await pool.query('drop schema was cascade')
  }
}

for (const name of versions) {
  await testEachEdition(t, `a database that ${name} made and filled becomes one of today`, async (t, edition) => {
    const { pool, isEmbedded } = await createTestDatabase(t, { edition, empty: true })
    const file = join(folder, `${name}.tar`)
    const parts = () => readParts(file, () => {})
    const { tables } = await verifyArchive(file, () => {})
    // At that version's schema: makes it, stores the rows, compresses what is old. Then runs the migrations that came later.
    const stored = await loadDatabase({ manifest: await readManifest(file), parts: parts() }, { pool, isEmbedded, settings, signal: new AbortController().signal })
    t.same(stored, Object.fromEntries(Object.entries(tables).map(([table, { rows }]) => [table, rows]).filter(([, rows]) => rows !== 0)))
    t.ok(Object.keys(stored).length > 20 && Number(stored['path_probe']) > 500)
    t.same(await pendingMigrations(pool), [])
    if (edition === 'community') t.ok((await pool.query(countCompressed)).rows[0].n >= 5)
    t.same(await findDifferences(pool, parts()), [])

    const { rows: [first] } = await pool.query('delete from path_probe where time = (select min(time) from path_probe) returning *')
    t.ok(first)
    t.same(await findDifferences(pool, parts()), ['path_probe: 1 lost, 0 added'], 'the comparison sees one row')
  })
}

t.test('what a later migration may do to compressed chunks keeps every row', async (t) => {
  const { pool, isEmbedded } = await createTestDatabase(t, { edition: 'community', empty: true })
  const file = join(folder, `${versions[0]}.tar`)
  await loadDatabase({ manifest: await readManifest(file), parts: readParts(file, () => {}) }, { pool, isEmbedded, settings, signal: new AbortController().signal })
  const before = (await pool.query(countCompressed)).rows
  await pool.query('create table kept as select * from hop_quality; create table kept_health as select * from agent_health; create table kept_paths as select * from path_probe')
  await pool.query(laterMigration)
  const differ = async (table: string, kept: string, columns: string, now = columns): Promise<number> =>
    (await pool.query(`select from ((select ${columns} from ${kept} except all select ${now} from ${table}) union all (select ${now} from ${table} except all select ${columns} from ${kept})) as rest`)).rowCount ?? -1
  t.equal(await differ('path_probe', 'kept_paths', 'time, src, dst, rtt_ms, extra'), 0)
  t.equal(await differ('hop_quality', 'kept', 'time, src, dst, from_node, to_node, lq, etx'), 0)
  t.equal(await differ('agent_health', 'kept_health', 'time, node, hardware_model, details', 'time, node, model, details'), 0)
  t.same((await pool.query(countCompressed)).rows, before, 'and leaves them compressed')
  t.match((await pool.query('select sum(later_count)::integer as n, count(later_count)::integer as all, count(*)::integer as rows from hop_quality')).rows, [{ n: 0, all: 400, rows: 400 }])
})

t.test('meshmon migrate says what it would do, does it, and leaves a newer database alone', async (t) => {
  const { pool, url } = await createTestDatabase(t, { edition: 'community' })
  const known = await knownMigrations()
  const last = known.at(-1) ?? ''
  const migrate = async (...args: string[]) => {
    const program = runMeshmon(t, ['migrate', ...args], { DATABASE_URL: url, MESHMON_CONFIG: '/dev/null' })
    return { code: await program.ended, output: program.output() }
  }
  t.same(await migrate('--dry-run'), { code: 0, output: 'Nothing would be run: the schema is current.\n' })
  t.same(await migrate('--dry-run', '--down', '2'), { code: 0, output: known.slice(-2).reverse().map((name) => `would take back ${name}\n`).join('') })
  t.same(await pendingMigrations(pool), [], 'nothing was done')
  t.match(await migrate('--down', '1'), { code: 0 })
  t.same(await migrate('--dry-run'), { code: 0, output: `would run ${last}\n` })
  t.same(await pendingMigrations(pool), [last])
  t.same(await migrate(), { code: 0, output: `${last}\n` })

  await pool.query("insert into schema_migrations (name, run_on) values ('9999_of_the_future', now())")
  for (const args of [[], ['--dry-run'], ['--down', '1']]) {
    t.match(await migrate(...args), { code: 1, output: /^meshmon: A newer version of meshmon made this database \(9999_of_the_future\)\. Nothing was changed\. Install that version/ })
  }
  const serve = runMeshmon(t, ['serve'], { DATABASE_URL: url, MESHMON_CONFIG: '/dev/null', HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'warn' })
  t.equal(await serve.ended, 1)
  t.match(serve.output(), /^meshmon: A newer version of meshmon made this database/m)
  await pool.query("delete from schema_migrations where name = '9999_of_the_future'")
  t.match(await migrate(), { code: 0, output: 'The schema is current (community edition).\n' })
})
