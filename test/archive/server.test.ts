import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import pg from 'pg'
import { createPool } from '../../src/database/pool.js'
import { fillDatabase, readAnswers, readContents, readPolicies } from '../support/archive.js'
import { createTestDatabase } from '../support/database.js'
import { choice } from '../support/edition.js'
import { temporaryFolder, until } from '../support/embedded.js'
import { apacheServer } from '../support/native.js'
import { freePort, runMeshmon } from '../support/process.js'

async function run (t: Test, args: string[], env: Record<string, string>) {
  const program = runMeshmon(t, args, env)
  return { code: await program.ended, output: program.output() }
}

async function majorOf (url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return Number.parseInt((await client.query("select current_setting('server_version') as version")).rows[0].version)
  } finally {
    await client.end()
  }
}

function toolMajor (): number {
  try {
    return Number(/ (\d+)/.exec(execFileSync('pg_dump', ['--version'], { encoding: 'utf8' }))?.[1])
  } catch {
    return 0
  }
}

const tool = toolMajor()
const { url: apacheUrl, reason: noApache } = await apacheServer()
const { edition: chosen, communityUrl } = choice()
const edition = communityUrl === undefined ? 'apache' : chosen
const serverUrl = edition === 'apache' ? apacheUrl : communityUrl ?? null
const unable = serverUrl === null ? noApache : tool >= await majorOf(serverUrl) ? null : `pg_dump here is ${tool}, older than the server`

t.test(`a dump of a server restores into another database${unable ? ` (${unable})` : ''}`, { skip: unable !== null }, async (t) => {
  const source = await createTestDatabase(t, { edition })
  await fillDatabase(source.pool, edition)
  const file = join(temporaryFolder(t), 'dump.tar')
  t.match(await run(t, ['backup', file], { DATABASE_URL: source.url }), { code: 0, output: /: a dump of the server, [\d.]+ MB/ })
  const { host } = new URL(source.url)
  const severalHosts = source.url.replace(host, `127.0.0.1:${await freePort()},${host}`)
  t.match(await run(t, ['backup', join(temporaryFolder(t), 'dump.tar')], { DATABASE_URL: severalHosts }), { code: 0, output: /: a dump of the server, [\d.]+ MB/ }, 'of several hosts that which is there')
  const [contents, answers, policies] = [await readContents(source.pool), await readAnswers(source.pool), await readPolicies(source.pool)]
  const target = await createTestDatabase(t, { edition, empty: true })
  const env = { DATABASE_URL: target.url }

  await t.test('killed in the middle, nothing uses the half', async (t) => {
    const program = runMeshmon(t, ['restore', file], env)
    await until(async () => (await target.pool.query("select to_regclass('incidents') as found").catch(() => null))?.rows[0]?.found, 'tables', 120_000)
    program.child.kill('SIGKILL')
    await program.ended
    await until(async () => (await target.pool.query("select from pg_stat_activity where datname = current_database() and application_name = 'pg_restore'")).rowCount === 0, 'the end of pg_restore', 120_000)
    t.match(await run(t, ['migrate'], env), { code: 1, output: /A restore into this database is under way, or was interrupted/ })
  })

  t.match(await run(t, ['restore', file], env), { code: 0, output: /^Restored .*: a dump of a server\.\n$/ })
  // Sessions that saw the half remember relations that are gone.
  const pool = createPool({ connectionString: target.url, applicationName: 'test', max: 2 }, { warn: () => {} })
  t.teardown(() => pool.end())
  const restored = await readContents(pool)
  for (const [name, rows] of Object.entries(contents)) t.strictSame(restored[name], rows, name)
  t.strictSame(await readAnswers(pool), answers)
  t.strictSame(await readPolicies(pool), policies)
  t.match(await run(t, ['migrate'], env), { code: 0, output: /The schema is current/ })
  await pool.query("insert into path_probe (time, src, dst, peer, route) values (now(), 'a', 'b', '', '[]')")
  t.match(await run(t, ['restore', file], env), { code: 1, output: /this database is not empty/ })
  t.match(await run(t, ['restore', file], { DATA_DIR: temporaryFolder(t) }), { code: 1, output: /only a server can take it: name one in DATABASE_URL, or make the backup with --portable/ })

  const isOther = edition === 'community' && apacheUrl !== null
  await t.test(`the other edition refuses it, saying what to do${isOther ? '' : ' (one edition only here)'}`, { skip: !isOther }, async (t) => {
    const other = await createTestDatabase(t, { edition: 'apache', empty: true })
    t.match(await run(t, ['restore', file], { DATABASE_URL: other.url }), { code: 1, output: /this server (runs the apache edition|does not have: .*): use a backup made with "meshmon backup --portable"|or use a backup made with "meshmon backup --portable"/ })
  })
})

const isOld = apacheUrl !== null && tool > 0 && tool < await majorOf(apacheUrl)
t.test(`a pg_dump older than the server is refused${isOld ? '' : ' (none here)'}`, { skip: !isOld }, async (t) => {
  const { url } = await createTestDatabase(t, { edition: 'apache' })
  const file = join(temporaryFolder(t), 'dump.tar')
  t.match(await run(t, ['backup', file], { DATABASE_URL: url }), { code: 1, output: /pg_dump \d+ cannot read PostgreSQL \d+: install postgresql-client-\d+, or use "meshmon backup --portable"/ })
  t.match(await run(t, ['backup', '--portable', file], { DATABASE_URL: url }), { code: 0 })
})
