import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import pg from 'pg'
import t, { type Test } from 'tap'
import { startTestServer, until, type Connection } from '../support/embedded.js'
import { openWire, wireBind, wireExecute, wireFlush, wireMessage, wireParse, wireSocket, wireSync } from '../support/wire.js'

const { connection } = await startTestServer(t)

async function open (t: Test, to: Connection = connection): Promise<pg.Client> {
  const client = new pg.Client(to)
  client.on('error', () => {})
  await client.connect()
  t.teardown(async () => await client.end())
  return client
}

const rows = (messages: Array<{ type: string, body: string }>): string[] =>
  messages.filter(({ type }) => type === 'D').map(({ body }) => body.slice(6))

const admin = await open(t)
await admin.query('create table written (who text, n int)')

const psql = promisify(execFile)
const hasPsql = await psql('psql', ['--version']).then(() => true, () => false)

t.test('two connections in the middle of a statement keep their own', async (t) => {
  const [a, b] = [await openWire(t, connection), await openWire(t, connection)]
  a.send(wireParse("select 'of a'"), wireFlush)
  t.match(await a.receive('1'), [{ type: '1' }])
  b.send(wireParse("select 'of b'"), wireBind, wireExecute, wireSync)
  a.send(wireBind, wireExecute)
  a.send(wireSync)
  t.same(rows(await a.receive('Z')), ['of a'])
  t.same(rows(await b.receive('Z')), ['of b'])
})

t.test('many connections with parameters, named statements and transactions at once', async (t) => {
  const clients = await Promise.all(Array.from({ length: 8 }, async () => await open(t)))
  const results = await Promise.all(clients.map(async (client, who) => {
    const sums: number[] = []
    for (let round = 0; round < 10; round++) {
      await client.query('begin')
      await client.query('insert into written values ($1, $2)', [`client ${who}`, round])
      // The same name stands for another statement in every connection.
      const { rows } = await client.query({ name: 'sum', text: `select sum(n)::int + ${who} as sum from written where who = $1`, values: [`client ${who}`] })
      await client.query(round % 5 === 4 ? 'rollback' : 'commit')
      sums.push(rows[0].sum - who)
    }
    return sums
  }))
  // Rounds 4 and 9 are rolled back: what they wrote must be gone for the next one.
  for (const sums of results) t.same(sums, [0, 1, 3, 6, 10, 11, 17, 24, 32, 41])
  t.match((await admin.query("select count(*)::int as n from written where who like 'client%'")).rows, [{ n: 64 }])
})

t.test('a transaction is not interrupted', async (t) => {
  const [a, b] = [await open(t), await open(t)]
  const order: string[] = []
  await a.query('begin')
  const other = b.query('select 1').then(() => order.push('other'))
  for (let n = 0; n < 5; n++) await a.query("insert into written values ('a', $1)", [n])
  order.push('commit')
  await a.query('commit')
  await other
  t.same(order, ['commit', 'other'])
})

t.test('settings and search path of one connection are not seen by the next', async (t) => {
  const [a, b] = [await open(t), await open(t)]
  await a.query("select set_config('search_path', '', false)")
  t.match((await b.query('show search_path')).rows, [{ search_path: 'public' }])
  await a.query("set timezone = 'Europe/Zurich'")
  t.match((await a.query('show timezone')).rows, [{ TimeZone: 'Europe/Zurich' }], 'the same connection keeps it while it is alone')
  t.match((await b.query('show timezone')).rows, [{ TimeZone: 'UTC' }])
})

t.test('after an error everything up to Sync is skipped', async (t) => {
  const client = await openWire(t, connection)
  client.send(wireParse('selec'), wireBind, wireExecute, wireSync, wireParse('select 7'), wireBind, wireExecute, wireSync)
  t.match(await client.receive('Z'), [{ type: 'E', body: /syntax error/ }, { type: 'Z', body: 'I' }])
  t.same(rows(await client.receive('Z')), ['7'])
})

t.test('a statement without Sync is undone when its client vanishes', async (t) => {
  const client = await openWire(t, connection)
  client.send(wireParse("insert into written values ('vanished', 1)"), wireBind, wireExecute, wireFlush)
  t.match(await client.receive('C'), [{ type: '1' }, { type: '2' }, { type: 'C' }])
  client.socket.destroy()
  const other = await open(t)
  t.match((await other.query("select count(*)::int as n from written where who = 'vanished'")).rows, [{ n: 0 }])
})

t.test('a transaction is undone when its client vanishes', async (t) => {
  const client = await openWire(t, connection)
  client.send(wireMessage('Q', "begin; insert into written values ('vanished', 2)"))
  t.match((await client.receive('Z')).at(-1), { body: 'T' })
  client.socket.destroy()
  const other = await open(t)
  await other.query("insert into written values ('vanished', 3)")
  t.match((await other.query("select n from written where who = 'vanished'")).rows, [{ n: 3 }])
})

t.test('requests for encryption are declined, then the connection goes on', async (t) => {
  for (const code of [80877103, 80877104]) {
    const socket = wireSocket(t, connection)
    const request = Buffer.alloc(8)
    request.writeUInt32BE(8, 0)
    request.writeUInt32BE(code, 4)
    socket.write(request)
    const [answer] = await once(socket, 'data')
    t.equal(String(answer), 'N')
    socket.write(wireMessage('', Buffer.from([0, 3, 0, 0]), 'user', 'mesh', 'database', 'meshmon', ''))
    const [welcome] = await once(socket, 'data')
    t.equal(String(welcome).slice(0, 1), 'R')
  }
})

t.test('a request to cancel ends its own connection only', async (t) => {
  const socket = wireSocket(t, connection)
  const request = Buffer.alloc(16)
  request.writeUInt32BE(16, 0)
  request.writeUInt32BE(80877102, 4)
  socket.write(request)
  socket.resume()
  await once(socket, 'close')
  t.match((await admin.query('select 1 as one')).rows, [{ one: 1 }])
})

t.test('an unknown database and an unknown protocol are refused by name', async (t) => {
  const stranger = new pg.Client({ ...connection, database: 'other' })
  await t.rejects(stranger.connect(), { code: '3D000', message: /the embedded database is "meshmon"/ })
  const socket = wireSocket(t, connection)
  socket.write(Buffer.from([0, 0, 0, 8, 0, 9, 0, 0]))
  const [answer] = await once(socket, 'data')
  t.match(String(answer), /protocol version 3.0/)
})

t.test('rows out by COPY work, rows in by COPY are a clear error', async (t) => {
  const wire = await openWire(t, connection)
  wire.send(wireMessage('Q', 'copy (select generate_series(1, 3)) to stdout'))
  t.same((await wire.receive('Z')).map(({ type }) => type).join(''), 'HdddcCZ')
  const client = await open(t)
  await t.rejects(client.query('copy written from stdin'), { message: /cannot read COPY data from a client; use insert/ })
  t.match((await client.query('select 1 as one')).rows, [{ one: 1 }])
})

t.test('notices reach the client that caused them', async (t) => {
  const client = await open(t)
  const notices: Array<string | undefined> = []
  client.on('notice', ({ message }) => notices.push(message))
  await client.query("do $$ begin raise notice 'for you'; end $$")
  t.same(notices, ['for you'])
})

t.test('a message of several megabytes goes in and comes back', async (t) => {
  const client = await open(t)
  const long = 'x'.repeat(5_000_000)
  const { rows } = await client.query('select $1::text as long', [long])
  t.ok(rows[0].long === long)
})

t.test(hasPsql ? 'psql works' : 'psql works # skipped: there is no psql here', { skip: !hasPsql }, async (t) => {
  const args = ['-h', connection.host, '-p', String(connection.port), '-U', connection.user, '-d', connection.database, '-At']
  const { stdout } = await psql('psql', [...args, '-c', "select current_database(), count(*) from pg_extension where extname = 'timescaledb'", '-c', '\\dt'])
  t.match(stdout, /^meshmon\|1\npublic\|written\|table\|mesh\n$/)
})

t.test('limits', async (t) => {
  const limits = { maxConnections: 3, maxMessageBytes: 100_000, maxAnswerBytes: 50_000, maxStatements: 2, idleInTransactionMs: 300 }
  const { connection } = await startTestServer(t, { limits })
  const client = await open(t, connection)
  await client.query('create table written (n int)')

  await t.test('a connection idle in a transaction is ended and undone, others go on', async (t) => {
    const idle = await open(t, connection)
    const ended = once(idle, 'error')
    await idle.query('begin')
    await idle.query('insert into written values (1)')
    t.match((await client.query('select count(*)::int as n from written')).rows, [{ n: 0 }])
    const [error] = await ended
    t.match(error, { code: '25P03', message: /idle in a transaction for 0.3 s/ })
  })

  await t.test('one connection too many is refused, and taken when another has gone', async (t) => {
    const [second, third] = [await open(t, connection), await open(t, connection)]
    await t.rejects(new pg.Client(connection).connect(), { code: '53300' })
    await third.end()
    const fourth = await until(async () => await open(t, connection).catch(() => undefined), 'room for a connection')
    t.match((await fourth.query('select 1 as one')).rows, [{ one: 1 }])
    t.match((await second.query('select 2 as two')).rows, [{ two: 2 }])
  })

  await t.test('an answer that is too large is an error, and the connection goes on', async (t) => {
    await t.rejects(client.query("select repeat('x', 1000) from generate_series(1, 100)"), { code: '54000', message: /larger than/ })
    t.equal((await client.query("select repeat('x', 1000) from generate_series(1, 20)")).rowCount, 20)
  })

  await t.test('a message that is too large ends the connection with an error', async (t) => {
    const large = await open(t, connection)
    await t.rejects(large.query('select $1::text', ['x'.repeat(200_000)]), { message: /message of 2\d+ bytes/ })
    t.equal((await client.query('select $1::text', ['x'.repeat(20_000)])).rowCount, 1)
  })

  await t.test('too many named statements end the connection with an error', async (t) => {
    const many = await open(t, connection)
    for (const name of ['one', 'two']) t.equal((await many.query({ name, text: `select '${name}'` })).rowCount, 1)
    await t.rejects(many.query({ name: 'three', text: 'select 3' }), { code: '54000' })
  })
})
