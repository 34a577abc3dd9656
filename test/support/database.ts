import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { Test } from 'tap'
import type { Edition } from '../../src/database/edition.js'
import { migrate } from '../../src/database/migrate.js'
import { packageRoot } from '../../src/paths.js'
import { apacheServer, createDatabase } from './native.js'

export interface TestDatabase {
  pool: pg.Pool
  url: string
}

export interface TestDatabaseOptions {
  edition?: Edition
  /** Without our schema, for tests of the migrations themselves. */
  empty?: boolean
}

const templateLock = 7_734_002

/**
 * A migrated database for one test, gone at its end: `const { pool } = await createTestDatabase(t)`; 0.1 s, a clone of a migrated template.
 * On the server of TEST_DATABASE_URL, else embedded; with `edition: 'apache'` on the server that scripts/native-server makes.
 */
export async function createTestDatabase (t: Test, { edition, empty = false }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = edition === 'apache' ? (await apacheServer()).url : process.env['TEST_DATABASE_URL']
  if (!server) throw new Error('No server: set TEST_DATABASE_URL, or see scripts/native-server.')
  const url = await createDatabase(t, server, empty ? undefined : await findTemplate(server))
  const pool = new pg.Pool({ connectionString: url })
  // end() resolves before the server has closed every connection; dropping the database then ends those with an error nobody waits for.
  pool.on('connect', (client) => client.on('error', () => {}))
  t.teardown(() => pool.end())
  return { pool, url }
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
  const pool = new pg.Pool({ connectionString: url.href })
  try {
    await migrate(pool, { direction: 'up', log: () => {} })
  } finally {
    await pool.end()
  }
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
