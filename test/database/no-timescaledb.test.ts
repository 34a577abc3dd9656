import { randomBytes } from 'node:crypto'
import pg from 'pg'
import t from 'tap'
import { createTestDatabase } from '../support/database.js'
import { runMeshmon } from '../support/process.js'

const { pool, url, isEmbedded } = await createTestDatabase(t, { empty: true })

t.test('a user who may not switch TimescaleDB on is told what to do, exit 1', { skip: isEmbedded && 'the embedded database has one user' }, async (t) => {
  const user = `meshmon_test_${randomBytes(6).toString('hex')}`
  await pool.query('drop extension if exists timescaledb cascade')
  await pool.query(`create role ${user} login password 'x'`)
  t.teardown(async () => {
    const admin = new pg.Client({ connectionString: new URL('/postgres', url).href })
    await admin.connect()
    await admin.query(`drop role if exists ${user}`)
    await admin.end()
  })
  const asUser = new URL(url)
  asUser.username = user
  asUser.password = 'x'
  const meshmon = runMeshmon(t, ['serve'], { DATABASE_URL: asUser.href, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'warn' })
  t.equal(await meshmon.ended, 1)
  t.equal(meshmon.output(), 'meshmon: This user may not switch TimescaleDB on: run "create extension timescaledb" in this database as a superuser, then start again.\n')
})
