import t from 'tap'
import { createAddressBook } from '../../src/ingest/addresses.js'
import type { Arrival } from '../../src/ingest/arrival.js'
import { flush } from '../../src/ingest/flush.js'
import { createNameBook } from '../../src/ingest/names.js'
import { createTestDatabase } from '../support/database.js'
import { accept } from '../support/messages.js'

const { pool } = await createTestDatabase(t)
const context = { pool, names: createNameBook(), addresses: createAddressBook(), now: Date.now }

function arrival (fields: object, address = '10.0.0.1'): Arrival {
  const message = accept({ schema: 'meshmon.v1', type: 'path_result', src: 'node-A', dst: 'node-K', sent_at: '2026-11-22T11:00:00Z', route: [], metrics: {}, ...fields })
  return { message, raw: () => Buffer.from(JSON.stringify(fields)), receivedAt: Date.now() * 1000, address }
}

/** A name that is too long for an index is valid JSON but no row. */
const refused = (n: number) => {
  const bad = arrival({ src: `bad-${n}` })
  for (const { values } of bad.message.rows) Object.assign(values, { peer: Array.from({ length: 2000 }, (_, i) => (i * 7919 + n).toString(36)).join('') })
  return bad
}

t.test('a row the database refuses is found, kept, and the others are stored', async (t) => {
  const good = Array.from({ length: 20 }, (_, i) => arrival({ src: `good-${i}` }))
  const arrivals = [...good.slice(0, 7), refused(1), ...good.slice(7, 13), refused(2), ...good.slice(13)]
  const outcomes = await flush(context, arrivals, [])
  for (const one of good) t.equal(outcomes.get(one), 'stored')
  t.match(outcomes.get(arrivals[7]!), { refused: /^the database refused it: .*index/ })
  t.match(outcomes.get(arrivals[14]!), { refused: /^the database refused it/ })
  t.equal((await pool.query("select from path_probe where src like 'good-%'")).rowCount, 20)
  const { rows } = await pool.query('select reason, body from rejected_messages order by id')
  t.match(rows, [{ reason: /refused/, body: Buffer.from('{"src":"bad-1"}') }, { reason: /refused/, body: Buffer.from('{"src":"bad-2"}') }])
})

t.test('of rows with one key the first is new, in one batch and in the next', async (t) => {
  const [first, again, later] = [arrival({ src: 'twin' }), arrival({ src: 'TWIN' }), arrival({ src: 'twin' })]
  t.same([...(await flush(context, [first, again], [])).values()], ['stored', 'duplicate'])
  t.same([...(await flush(context, [later], [])).values()], ['duplicate'])
})

t.test('an address noted in a transaction that failed is noted again', async (t) => {
  await pool.query(`create function fail () returns trigger language plpgsql as $$ begin raise 'cut off'; end $$;
    create constraint trigger fail after insert on node_addresses deferrable initially deferred for each row execute function fail()`)
  const noted = async () => (await pool.query("select from node_addresses where node = 'mover'")).rowCount
  await t.rejects(flush(context, [arrival({ src: 'mover' }, '10.0.0.9')], []), /cut off/, 'at the commit')
  t.equal(await noted(), 0)
  await pool.query('drop trigger fail on node_addresses')
  await flush(context, [arrival({ src: 'mover' }, '10.0.0.9')], [])
  t.equal(await noted(), 1)
})

t.test('names of any letters and columns of nulls arrive as they are', async (t) => {
  const routes = [['plain', 'node'], [], ['null'], ['a"b', 'c\\d', 'e,f', '{g}', "h'i", '\\"'], ['\\']]
  const arrivals = routes.map((route, i) => arrival({ src: `odd-${i}"\\,{}`, route, ...(i === 4 && { colour: 'red "\\' }) }))
  await flush(context, arrivals, [])
  const { rows } = await pool.query("select src, route, rtt_ms, neighbors_seen, extra from path_probe where src like 'odd-%' order by src")
  t.strictSame(rows, routes.map((route, i) => ({ src: `odd-${i}"\\,{}`, route, rtt_ms: null, neighbors_seen: null, extra: i === 4 ? { colour: 'red "\\' } : null })))
})

t.test('all addresses that a node sent from in one batch are noted', async (t) => {
  await flush(context, ['10.0.1.1', '10.0.1.2', '10.0.1.1', '10.0.1.3'].map((address, i) => arrival({ src: i === 2 ? 'HOPPER' : 'hopper', sent_at: `2026-11-22T12:00:0${i}Z` }, address)), [])
  const { rows } = await pool.query("select address from node_addresses where node = 'hopper' order by address")
  t.same(rows.map(({ address }) => address), ['10.0.1.1', '10.0.1.2', '10.0.1.3'])
})
