import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import type pg from 'pg'
import t, { type Test } from 'tap'
import { isRetryable, isUnavailable } from '../../src/database/errors.js'
import { createPool, int8ToNumber, patientConnectTimeoutMs, timestampToRfc3339 } from '../../src/database/pool.js'
import { withOnePacket, withTransaction } from '../../src/database/transaction.js'
import { memoryLog, startTestServer, until } from '../support/embedded.js'

const { connection, server } = await startTestServer(t)

function open (t: Test, max = 4): pg.Pool {
  const pool = createPool({ ...connection, applicationName: 'test', max }, memoryLog().log)
  t.teardown(async () => await pool.end())
  return pool
}

/** Makes a statement fail with this SQLSTATE. */
const raise = (sqlState: string): string => `do $$ begin raise exception 'on purpose' using errcode = '${sqlState}'; end $$`

t.test('a timestamp is RFC 3339 in UTC with its microseconds, a count is a number where that is exact', async (t) => {
  const { rows } = await open(t).query(`select timestamptz '2025-09-29T20:41:05.000001+02:00' as micros, timestamptz '2025-09-29T18:41:05Z' as whole,
    array[timestamptz '2025-09-29T18:41:05.25Z', null] as list, array[7::int8, null] as counts, timestamptz 'infinity' as never, 9007199254740991 as exact, 9007199254740993 as large`)
  t.same(rows, [{
    micros: '2025-09-29T18:41:05.000001Z', whole: '2025-09-29T18:41:05Z', list: ['2025-09-29T18:41:05.25Z', null], counts: [7, null], never: 'infinity',
    exact: 9007199254740991, large: '9007199254740993'
  }])
  t.equal(timestampToRfc3339('2025-09-29 18:41:05.5+00'), '2025-09-29T18:41:05.5Z')
  t.equal(int8ToNumber('-12'), -12)
})

t.test('a transaction commits, or rolls back and throws the first error', async (t) => {
  const pool = open(t, 1)
  await pool.query('create table kept (n int)')
  t.equal(await withTransaction(pool, async (client) => {
    await client.query('insert into kept values (1)')
    return 'result'
  }), 'result')
  await t.rejects(withTransaction(pool, async (client) => {
    await client.query('insert into kept values (2)')
    await client.query(raise('P0001'))
  }), { code: 'P0001', message: 'on purpose' })
  t.same((await pool.query('select n from kept')).rows, [{ n: 1 }])
})

t.test('statements in one packet commit together, or none does and the first error is thrown', async (t) => {
  const pool = open(t, 1)
  await pool.query('create table packed (n int)')
  const write = (first: string) => withOnePacket(pool, async (client) => {
    const results = await Promise.all([client.query(first), client.query('insert into packed values (2)')])
    return results.length
  })
  t.equal(await write('insert into packed values (1)'), 2)
  await t.rejects(write(raise('P0001')), { code: 'P0001', message: 'on purpose' })
  const swallowing = withOnePacket(pool, async (client) => { await client.query(raise('P0001')).catch(() => {}) })
  await t.rejects(swallowing, { message: /rolled back/ }, 'also where the error was not passed on')
  t.same((await pool.query('select n from packed order by n')).rows, [{ n: 1 }, { n: 2 }])
  t.equal(pool.totalCount, 1, 'the connection stays')
})

t.test('begin, statements and commit leave in one write', async (t) => {
  const pool = open(t, 1)
  const client = await pool.connect()
  client.release()
  let writes = 0
  let vectors = 0
  const { stream } = client.connection
  const { _write: write, _writev: writev } = stream
  stream._write = function (...args) { writes++; return write.apply(this, args) }
  if (writev) stream._writev = function (...args) { vectors++; return writev.apply(this, args) }
  await withOnePacket(pool, async (own) => { await Promise.all([own.query('select 1'), own.query('select $1::int', [2])]) })
  t.same({ writes, vectors }, { writes: 0, vectors: 1 })
})

t.test('a deadlock is tried again, at most five times, and no other error', async (t) => {
  const pool = open(t)
  const attempt = async (sqlState: string, failures: number, transact = withTransaction): Promise<number> => {
    let calls = 0
    const run = transact(pool, async (client) => {
      if (++calls <= failures) await client.query(raise(sqlState))
    })
    if (failures < 5 && sqlState !== '23505') await run
    else await t.rejects(run, { code: sqlState })
    return calls
  }
  t.equal(await attempt('40P01', 2), 3)
  t.equal(await attempt('40P01', 2, withOnePacket), 3)
  t.equal(await attempt('40001', 4), 5)
  t.equal(await attempt('40001', 9), 5)
  t.equal(await attempt('23505', 1), 1)
})

t.test('a broken connection is not used again, and its error says that the database is away', async (t) => {
  const pool = open(t, 1)
  const { rows: [before] } = await pool.query('select 1 as one')
  const error = await withTransaction(pool, async (client) => {
    const pid = server.pid()
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
    await client.query('select 1')
  }).then(() => undefined, (error: unknown) => error)
  t.ok(isUnavailable(error), String(error))
  t.equal(pool.totalCount, 0)
  const after = await until(async () => await pool.query('select 1 as one').then(({ rows }): unknown => rows[0], (error: unknown) => {
    if (!isUnavailable(error)) throw error
  }), 'the new server')
  t.same(after, before, 'the pool goes on with the new server')
})

t.test('errors are told apart', async (t) => {
  const withCode = (code: string): Error => Object.assign(new Error(code), { code })
  for (const code of ['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03', '53300', '53100', '08006']) t.ok(isUnavailable(withCode(code)), code)
  for (const code of ['23505', '22P02', '42P01', '40001']) t.notOk(isUnavailable(withCode(code)), code)
  t.ok(isUnavailable(new Error('Connection terminated unexpectedly')))
  t.ok(isUnavailable(new AggregateError([withCode('ECONNREFUSED')])))
  t.notOk(isUnavailable(new TypeError('x is not a function')))
  t.ok(isRetryable(withCode('40001')))
  t.notOk(isRetryable(withCode('57P01')))
  const nobody = createPool({ host: '127.0.0.1', port: 1, user: 'mesh', database: 'meshmon', applicationName: 'test', max: 1 }, memoryLog().log)
  t.teardown(async () => await nobody.end())
  const refused = await nobody.query('select 1').then(() => undefined, (error: unknown) => error)
  t.ok(isUnavailable(refused), String(refused))
})

t.test('a connection waits for a database that is slow to greet, as long as it was told', async (t) => {
  // As an embedded one is, while it runs a long statement of another connection.
  const slow = createServer((inside) => {
    setTimeout(() => {
      const outside = connect(`${connection.host}/.s.PGSQL.${connection.port}`)
      inside.pipe(outside).pipe(inside)
      for (const socket of [inside, outside]) socket.on('error', () => {})
    }, 300)
  }).listen(0, '127.0.0.1')
  await once(slow, 'listening')
  const { port } = slow.address() as AddressInfo
  const [hasty, patient] = [20, patientConnectTimeoutMs].map((connectTimeoutMs) =>
    createPool({ ...connection, host: '127.0.0.1', port, applicationName: 'test', max: 1, connectTimeoutMs }, memoryLog().log))
  const [refused, answered] = await Promise.allSettled([hasty!.query('select 1'), patient!.query('select 1')])
  t.match(refused, { status: 'rejected', reason: { message: /timeout/ } })
  t.match(answered, { status: 'fulfilled' })
  await Promise.all([hasty!.end(), patient!.end()])
  slow.close()
})
