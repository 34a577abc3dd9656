import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { Test } from 'tap'
import type { Edition } from '../../src/database/edition.js'
import { migrate } from '../../src/database/migrate.js'
import { createPool } from '../../src/database/pool.js'
import { packageRoot } from '../../src/paths.js'
import { connectionUrl, emptyTemplate, startTestServer, type Template } from './embedded.js'
import { apacheServer, createDatabase } from './native.js'
import { choice } from './edition.js'

export interface TestDatabase {
  pool: pg.Pool
  /** For connections of your own, and for DATABASE_URL; of the embedded database as well. */
  url: string
  edition: Edition
  isEmbedded: boolean
}

export interface TestDatabaseOptions {
  /** Only for tests about one edition, or about both together; TEST_EDITION decides for all others. */
  edition?: Edition
  /** Without our schema, for tests of the migrations themselves. */
  empty?: boolean
}

const templateLock = 7_734_002

/**
 * A migrated database for one test, gone at its end: `const { pool } = await createTestDatabase(t)`. Of the kind that TEST_EDITION names: see
 * `choice`. On a server it is a clone of a template (0.2 s), the embedded one takes 2 to 10 s: make one per file.
 */
export async function createTestDatabase (t: Test, { edition = choice().edition, empty = false }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = await findServerOf(edition)
  const url = server === undefined
    ? connectionUrl((await startTestServer(t, { template: empty ? emptyTemplate : await embeddedTemplate() })).connection)
    : await createDatabase(t, server, empty ? undefined : await findTemplate(server))
  return { pool: openPool(t, url), url, edition, isEmbedded: server === undefined }
}

/** A pool that ends with the test. An ended pool's sessions may still be there when the database is dropped: what it then hears is nothing to a test. */
export function openPool (t: Pick<Test, 'teardown'>, url: string, max = 10): pg.Pool {
  const pool = createPool({ connectionString: url, applicationName: 'test', max }, { warn: () => {} })
  t.teardown(() => pool.end())
  return pool
}

/** URL of the server; undefined: the embedded database. */
async function findServerOf (edition: Edition): Promise<string | undefined> {
  if (edition === 'community') return choice().communityUrl
  const { url, reason } = await apacheServer()
  if (url === null) throw new Error(`TEST_EDITION=apache: ${reason}`)
  return url
}

async function embeddedTemplate (): Promise<Template> {
  return { key: await hashMigrations(), make: (connection) => migrateNow(connectionUrl(connection)) }
}

async function migrateNow (connectionString: string): Promise<void> {
  const pool = new pg.Pool({ connectionString })
  try {
    await migrate(pool, { direction: 'up', log: () => {} })
  } finally {
    await pool.end()
  }
}

/** Runs a test on both editions, where TEST_EDITION=apache on that alone. A half that cannot run is skipped with the reason. */
export async function testEachEdition (t: Test, name: string, body: (t: Test, edition: Edition) => Promise<void>): Promise<void> {
  const { community, apache } = await skippedHalves()
  await t.test(`community: ${name}`, { skip: community }, (t) => body(t, 'community'))
  await t.test(`apache: ${name}`, { skip: apache }, (t) => body(t, 'apache'))
}

/** For each edition why a test of both skips it, or false. */
export async function skippedHalves (): Promise<Record<Edition, string | false>> {
  return {
    community: choice().edition === 'apache' && 'TEST_EDITION=apache',
    apache: (await apacheServer()).reason ?? false,
  }
}

/** The template's name holds a hash of the migrations, so that a changed one makes a new template. */
async function findTemplate (server: string): Promise<string> {
  const template = `meshmon_template_${await hashMigrations()}`
  const admin = new pg.Client({ connectionString: server })
  await admin.connect()
  try {
    await admin.query('select pg_advisory_lock($1)', [templateLock])
    const { rowCount } = await admin.query('select from pg_database where datname = $1 and datistemplate', [template])
    if (rowCount === 0) await makeTemplate(admin, server, template)
  } finally {
    await admin.end()
  }
  return template
}

async function makeTemplate (admin: pg.Client, server: string, template: string): Promise<void> {
  await admin.query(`drop database if exists ${template} with (force)`)
  await admin.query(`create database ${template} template template0`)
  const url = new URL(server)
  url.pathname = template
  await migrateNow(url.href)
  await admin.query(`alter database ${template} is_template true`)
}

async function hashMigrations (): Promise<string> {
  const folder = join(packageRoot, 'dist', 'migrations')
  const hash = createHash('sha256')
  for (const name of (await readdir(folder)).filter((name) => name.endsWith('.js')).sort()) {
    hash.update(name).update(await readFile(join(folder, name)))
  }
  return hash.digest('hex').slice(0, 12)
}
