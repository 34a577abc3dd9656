import t from 'tap'
import { createAddressBook } from '../../src/ingest/addresses.js'
import type { Arrival } from '../../src/ingest/arrival.js'
import { flush } from '../../src/ingest/flush.js'
import { createNameBook } from '../../src/ingest/names.js'
import { buildTestApp, nowMs } from '../support/api.js'
import { createTestDatabase } from '../support/database.js'
import { accept } from '../support/messages.js'

const { pool } = await createTestDatabase(t)
const context = { pool, names: createNameBook(), addresses: createAddressBook(), now: () => nowMs }
const [keyA, keyB, keyC] = ['a0', 'b0', 'c0'].map((start) => start.repeat(32)) as [string, string, string]
let minute = 0

/** A reading of the next minute, at times that none other has. */
function reading (node: string, fields: object = {}): Arrival {
  const message = accept({ schema: 'meshmon.v1', type: 'radio_metrics', node, role: 'repeater', sent_at: new Date(nowMs - 7_200_000 + ++minute * 60_000).toISOString(), metrics: { bat: 4000 }, ...fields })
  return { message, raw: () => Buffer.from(''), receivedAt: nowMs * 1000, address: null }
}

async function store (...arrivals: Arrival[]): Promise<string[]> {
  return [...(await flush(context, arrivals, [])).values()].map(String)
}

const readingsBy = async (table = 'radio_metrics') => Object.fromEntries((await pool.query(`select node, count(*)::int as n from ${table} group by node order by node`)).rows.map(({ node, n }) => [node, n]))
const nodes = async () => (await pool.query('select name, kind, public_key from nodes order by name, kind')).rows.map(({ name, kind, public_key: key }) => [name, kind, key])

t.beforeEach(async () => { await pool.query('delete from radio_metrics; delete from nodes; delete from worker_event') })

t.test('a second radio of a name gets the beginning of its key, in one batch and in later ones, whatever its role', async (t) => {
  await store(reading('Base', { public_key: keyA }), reading('BASE', { public_key: keyB }), reading('base', { public_key: keyA.toUpperCase() }))
  await store(reading('Base', { public_key: keyB, role: 'companion' }), reading('Base', { public_key: keyC }), reading('Base'), reading('Other', { public_key: keyC }))
  t.same(await readingsBy(), { Base: 3, 'BASE-b0b0b0b0': 2, 'Base-c0c0c0c0': 1, Other: 1 })
  t.same((await nodes()).map(([name, kind]) => [name, kind]), [['BASE-b0b0b0b0', 'companion'], ['BASE-b0b0b0b0', 'repeater'], ['Base', 'repeater'], ['Base-c0c0c0c0', 'repeater'], ['Other', 'repeater']])
})

t.test('a message that comes again is a duplicate of the renamed one', async (t) => {
  const at = { sent_at: new Date(nowMs - 60_000).toISOString() }
  const both = () => [reading('Twin', { public_key: keyA, ...at }), reading('Twin', { public_key: keyB, ...at })]
  t.same(await store(...both()), ['stored', 'stored'])
  t.same(await store(...both()), ['duplicate', 'duplicate'])
  t.same(await readingsBy(), { Twin: 1, 'Twin-b0b0b0b0': 1 })
})

t.test('its events follow it where they carry its key', async (t) => {
  const event = (fields: object) => ({ ...reading('x'), message: accept({ schema: 'meshmon.v1', type: 'worker_event', node: 'Hill', sent_at: new Date(nowMs - ++minute * 1000).toISOString(), event: 'poll_failed', ...fields }) })
  await store(reading('Hill', { public_key: keyA }), reading('Hill', { public_key: keyB }))
  await store(event({ public_key: keyA }), event({ public_key: keyB }), event({}))
  t.same(await readingsBy('worker_event'), { Hill: 2, 'Hill-b0b0b0b0': 1 })
})

t.test('who retires a radio frees its name; a radio that has a name of its key keeps it', async (t) => {
  await store(reading('Peak', { public_key: keyA }), reading('Peak', { public_key: keyB }))
  await pool.query("update nodes set retired_at = now() where name = 'Peak'")
  await store(reading('Peak', { public_key: keyB }), reading('Peak', { public_key: keyC }))
  t.same(await readingsBy(), { Peak: 2, 'Peak-b0b0b0b0': 2 })
  t.same(await nodes(), [['Peak', 'repeater', keyC], ['Peak-b0b0b0b0', 'repeater', keyB]])
})

t.test('a router of the name is another thing, a prefix of the key the same radio, and a long name is cut', async (t) => {
  await pool.query("insert into nodes (name, kind, public_key, first_seen, last_seen) values ('Gate', 'router', 'ffff', now(), now())")
  const long = 'ü'.repeat(128)
  await store(reading('Gate', { public_key: keyA.slice(0, 12) }), reading('Gate', { public_key: keyA }), reading(long, { public_key: keyA }), reading(long, { public_key: keyB }))
  t.same(await readingsBy(), { Gate: 2, [`${'ü'.repeat(119)}-b0b0b0b0`]: 1, [long]: 1 })
})

for (const { battery, mv, pct } of [
  { battery: { chemistry: 'liion', cells: 1 }, mv: 3820, pct: 50 },
  { battery: { chemistry: 'lipo', cells: 1 }, mv: 3820, pct: 50 },
  { battery: { chemistry: 'LiFePO4', cells: 1 }, mv: 3290, pct: 70 },
  { battery: { chemistry: 'lifepo4', cells: 4 }, mv: 13_160, pct: 70 },
  { battery: { chemistry: 'liion', cells: 3 }, mv: 11_460, pct: 50 },
  { battery: undefined, mv: 4060, pct: 90 },
]) {
  t.test(`charge of ${battery ? `${battery.cells} ${battery.chemistry}` : 'a battery that nothing is told of'}`, async (t) => {
    for (const [role, metric] of [['repeater', 'bat'], ['companion', 'battery_mv']] as const) {
      await store(reading(`charged ${role}`, { role, public_key: role === 'repeater' ? keyA : keyB, sent_at: new Date(nowMs - 600_000).toISOString(), metrics: { [metric]: mv }, ...(battery && { info: { battery } }) }))
      const app = await buildTestApp(pool)
      t.teardown(() => app.close())
      const { payload } = await app.inject(`/radios/charged%20${role}/series?metric=bat_pct&metric=${metric}&from=${new Date(nowMs - 3_600_000).toISOString()}&step=60`)
      const series: { metric: string, unit: string, points: unknown[][] }[] = JSON.parse(payload).series
      t.match(series.find((one) => one.metric === 'bat_pct'), { unit: '%', points: [[/Z$/, pct, pct, pct]] })
      t.match(series.find((one) => one.metric === metric), { unit: 'V', points: [[/Z$/, mv / 1000]] })
      t.match(JSON.parse((await app.inject(`/radios/charged%20${role}`)).payload), { readings: { bat_pct: { value: pct, unit: '%' } }, battery: battery ?? null })
    }
  })
}
