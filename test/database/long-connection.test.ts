import pg from 'pg'
import t from 'tap'
import { withLongConnection } from '../../src/database/long-connection.js'
import { createTestDatabase } from '../support/database.js'

const { pool, isEmbedded } = await createTestDatabase(t)

t.test('the connection has its own limit and the rest of the pool', {
  skip: isEmbedded && 'the embedded database knows no settings of a connection',
}, async (t) => {
  const shown = await withLongConnection(pool, 123_000, async (client) => {
    const { rows: [row] } = await client.query("select current_setting('statement_timeout') as limit, current_setting('application_name') as name")
    return row
  })
  t.same(shown, { limit: '123s', name: 'test' })
  const { rows: [usual] } = await pool.query("select current_setting('statement_timeout') as limit")
  t.not(usual.limit, '123s')
})

t.test('it is given the password, and closed when the work fails', async (t) => {
  let seen: pg.Client | undefined
  const client = await pool.connect()
  client.release()
  const { host, port, user, database } = client
  const withPassword = new pg.Pool({ host, port, user, database, password: 'secret' })
  t.teardown(() => withPassword.end())
  await t.rejects(withLongConnection(withPassword, 1000, async (client) => {
    seen = client
    throw new Error('no luck')
  }), /no luck/)
  t.equal(seen?.password, 'secret')
  await t.rejects(async () => { await seen?.query('select 1') }, 'the connection is gone')
})
