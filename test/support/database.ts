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

export interface TestDatabase {
  pool: pg.Pool
  /** For connections of your own, and for DATABASE_URL; of the embedded database as well. */
  url: string
  isEmbedded: boolean
}

export interface TestDatabaseOptions {
  edition?: Edition
  /** Without our schema, for tests of the migrations themselves. */
  empty?: boolean
}

const templateLock = 7_734_002

/**
 * A migrated database for one test, gone at its end: `const { pool } = await createTestDatabase(t)`. A clone of a template on the
 * server of TEST_DATABASE_URL (0.2 s), else embedded (2 to 10 s: make one per file); `edition: 'apache'`: on the server of scripts/native-server.
 */
export async function createTestDatabase (t: Test, { edition, empty = false }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = edition === 'apache' ? (await apacheServer()).url : process.env['TEST_DATABASE_URL']
  if (server === null) throw new Error('No server of the Apache edition can be made here.')
  const url = server === undefined
    ? connectionUrl((await startTestServer(t, { template: empty ? emptyTemplate : await embeddedTemplate() })).connection)
    : await createDatabase(t, server, empty ? undefined : await findTemplate(server))
  const pool = createPool({ connectionString: url, applicationName: 'test', max: 10 }, { warn: () => {} })
  t.teardown(() => pool.end())
  return { pool, url, isEmbedded: server === undefined }
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

/** Runs a test on both editions; where the machine can't run the Apache edition's server, that half is skipped with the reason. */
export async function testEachEdition (t: Test, name: string, body: (t: Test, edition: Edition) => Promise<void>): Promise<void> {
  await t.test(`community: ${name}`, (t) => body(t, 'community'))
  const { reason } = await apacheServer()
  await t.test(`apache: ${name}`, { skip: reason ?? false }, (t) => body(t, 'apache'))
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
