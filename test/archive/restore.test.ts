import { join } from 'node:path'
import type pg from 'pg'
import t, { type Test } from 'tap'
import { writeWhole } from '../../src/archive/file.js'
import { loadDatabase } from '../../src/archive/load.js'
import { packArchive, readManifest, readParts, verifyArchive } from '../../src/archive/pack.js'
import { readDatabase } from '../../src/archive/read-database.js'
import type { Edition } from '../../src/database/edition.js'
import { withLongConnection } from '../../src/database/long-connection.js'
import { createPool } from '../../src/database/pool.js'
import { knownMigrations, migrate, pendingMigrations } from '../../src/database/migrate.js'
import { rollups } from '../../src/database/relations.js'
import { fillDatabase, readAnswers, readContents, readPolicies, refreshAll } from '../support/archive.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { choice } from '../support/edition.js'
import { connectionUrl, startTestServer } from '../support/embedded.js'
import { apacheServer } from '../support/native.js'
import { defaultRetention } from '../support/settings.js'

const { reason: noApache } = await apacheServer()
const limitMs = 60_000

interface Side { name: string, edition: Edition, open: (t: Test) => Promise<Pick<TestDatabase, 'pool' | 'isEmbedded'>> }

const community: Side = { name: choice().communityUrl === undefined ? 'embedded' : 'server', edition: 'community', open: (t) => createTestDatabase(t, { edition: 'community' }) }
const apache: Side = { name: 'Apache edition', edition: 'apache', open: (t) => createTestDatabase(t, { edition: 'apache' }) }
const embedded: Side = {
  name: 'embedded',
  edition: 'community',
  open: async (t) => {
    const { connection } = await startTestServer(t)
    const pool = createPool({ connectionString: connectionUrl(connection), applicationName: 'test', max: 4 }, { warn: () => {} })
    t.teardown(() => pool.end())
    return { pool, isEmbedded: true }
  },
}

/** Backs up into a file, with the calls of `meshmon backup`. */
async function backUp (t: Test, { pool, isEmbedded }: Pick<TestDatabase, 'pool' | 'isEmbedded'>): Promise<string> {
  const file = join(t.testdir(), 'backup.tar')
  await withLongConnection(pool, limitMs, async (client) => {
    const { manifest, parts } = await readDatabase(client, { isEmbedded, onProgress: () => {} })
    await writeWhole(file, packArchive(manifest, parts, () => {}), new AbortController().signal)
  })
  return file
}

async function compressedChunks (pool: pg.Pool): Promise<unknown[]> {
  const { rows } = await pool.query("select hypertable_name, count(*)::int from timescaledb_information.chunks where is_compressed and hypertable_schema = 'public' group by 1 order by 1")
  return rows
}

/** Tables of the engine that hold nothing without one. */
const untouched = ['bad_window', 'link_minute', 'engine_slot', 'rule_cursor', 'rule_evaluation', 'node_addresses']

// Where the edition is Apache, the pairs of both have been run with the other choices.
const sides: [Side, Side][] = choice().edition === 'apache' ? [[apache, apache]] : [[community, embedded], [community, apache], [apache, community]]
if (choice().edition === 'community' && community.name !== 'embedded') sides.push([embedded, community], [community, community])

for (const [from, to] of sides) {
  const skip = [from, to].includes(apache) ? noApache ?? false : false
  t.test(`${from.name} to ${to.name}: rows, rollups, policies, ids and answers are the same`, { skip }, async (t) => {
    const source = await from.open(t)
    await migrate(source.pool, { direction: 'up', log: () => {} })
    await fillDatabase(source.pool, from.edition)
    const file = await backUp(t, source)
    const contents = await readContents(source.pool)
    for (const [name, rows] of Object.entries(contents)) if (!untouched.includes(name)) t.ok(rows.length > 0, `${name} has rows to lose`)

    await verifyArchive(file, () => {})
    const target = await to.open(t)
    t.match(await readManifest(file), { format: 1, kind: 'portable', edition: from.edition, ids: { nodes: 10, incident_journal: 701 } })
    t.equal((await loadFile(file, target))['path_probe'], 600)

    const restored = await readContents(target.pool)
    t.strictSame(Object.keys(restored).sort(), Object.keys(contents).sort())
    for (const [name, rows] of Object.entries(contents)) t.strictSame(restored[name], rows, name)
    t.strictSame(await readAnswers(target.pool), await readAnswers(source.pool), 'answers of the API')
    const { rows: [node] } = await target.pool.query("insert into nodes (name, kind, first_seen, last_seen) values ('new', 'router', now(), now()) returning id")
    t.equal(node.id, 11, 'ids go on')
    if (to.edition === 'apache') return

    if (from.edition === 'community') {
      t.ok((await compressedChunks(source.pool)).length >= 4)
      t.strictSame(await compressedChunks(target.pool), await compressedChunks(source.pool))
      t.strictSame(await readPolicies(target.pool), await readPolicies(source.pool))
    }
    await t.test('later refreshes take in new rows and leave what only the backup has', async (t) => {
      await target.pool.query("insert into path_probe (time, src, dst, peer, route, rtt_ms) values (now() - interval '20 days', 'late', 'node-K', '', '[]', 7)")
      const { path_probe_daily: before = [] } = await readContents(target.pool)
      for (const { name } of rollups) await target.pool.query(`call refresh_continuous_aggregate('${name}', now() - interval '300 days', now() - interval '1 hour')`)
      const { path_probe_daily: after = [] } = await readContents(target.pool)
      t.strictSame(after.filter((row) => !row.includes('late')), before)
      t.equal(after.filter((row) => row.includes('late')).length, 1)
      t.ok(after.filter((row) => row.includes('old')).length > 10)
    })
  })
}

async function loadFile (file: string, target: Pick<TestDatabase, 'pool' | 'isEmbedded'>): Promise<Record<string, number>> {
  return await loadDatabase({ manifest: await readManifest(file), parts: readParts(file, () => {}) }, { ...target, settings: defaultRetention, signal: new AbortController().signal })
}

t.test('a backup of an older schema is restored and brought up to date', async (t) => {
  const source = await createTestDatabase(t, { empty: true })
  const known = await knownMigrations()
  await migrate(source.pool, { direction: 'up', count: known.length - 1, log: () => {} })
  await source.pool.query("insert into path_probe (time, src, dst, peer, route, rtt_ms) select now() - n * interval '1 hour', 'a', 'b', '', '[]', n from generate_series(1, 30) n")
  const file = await backUp(t, source)
  t.strictSame((await readManifest(file)).migrations, known.slice(0, -1))
  const target = await createTestDatabase(t, { empty: true })
  t.equal((await loadFile(file, target))['path_probe'], 30)
  t.strictSame(await pendingMigrations(target.pool), [])
  t.equal((await target.pool.query('select sum(n)::int as n from path_probe_hourly')).rows[0].n, 30)
})

t.test('rollups stay to be seen where no raw row is left at all', async (t) => {
  const source = await createTestDatabase(t)
  await source.pool.query("insert into path_probe (time, src, dst, peer, route, rtt_ms) select now() - interval '150 days' - n * interval '1 hour', 'old', 'b', '', '[]', n from generate_series(1, 100) n")
  await refreshAll(source.pool, source.edition, 400)
  await source.pool.query("select drop_chunks('path_probe', now() - interval '90 days')")
  const { path_probe_daily: before = [] } = await readContents(source.pool)
  t.ok(before.length > 3)
  const target = await createTestDatabase(t)
  await loadFile(await backUp(t, source), target)
  const { path_probe: raw, path_probe_daily: after } = await readContents(target.pool)
  t.strictSame([raw, after], [[], before])
})
