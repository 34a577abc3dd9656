import t, { type Test } from 'tap'
import type { Pool } from 'pg'
import { digests } from '../../src/rules/digests.js'
import { createTestDatabase } from '../support/database.js'
import { storeHops, storePaths } from '../support/measured.js'

const at0 = Date.parse('2026-11-01T12:00:00Z')
const bad = { bad_jitter_ms: 30, bad_loss_pct: 2, bad_status_loss_pct: 20, min_etx: 1.25 }
/** What adds up lags this much behind. */
const lagMs = 30_000
const { pool } = await createTestDatabase(t)

async function fill (table: string, sinceMs: number, atMs: number, db: Pool = pool): Promise<void> {
  const { text, values } = digests.find((digest) => digest.table === table)!.fill(sinceMs, atMs, bad)
  await db.query(text, values)
}

async function prune (table: string, atMs: number): Promise<number> {
  const { text, values } = digests.find((digest) => digest.table === table)!.prune(atMs)
  return (await pool.query(text, values)).rowCount ?? 0
}

function scene (name: string, body: (t: Test) => Promise<void>): void {
  t.test(name, async (t) => {
    await pool.query('truncate link_minute, bad_window, path_route; delete from path_probe; delete from hop_quality')
    await body(t)
  })
}

scene('sums of a link hold both directions turned alike, and only rows that speak of the hop', async (t) => {
  const hop = { src: 'B', dst: 'a', from: 'a', to: 'B' }
  await storeHops(pool, [
    { ...hop, atMs: at0, lq: 0.8, nlq: 0.5, etx: 2.5, signal: -60, noise: -95 },
    { ...hop, atMs: at0 + 1000, from: 'B', to: 'a', lq: 0.6, nlq: 0.9, type: 'unknown' },
    { ...hop, atMs: at0 + 2000, lq: 0, nlq: 0.1 },
    { ...hop, atMs: at0 + 3000, lq: 0.1, nlq: 0.1, etx: 9, routeCost: true },
    { ...hop, atMs: at0 + 4000, lq: 0.1, etx: 9 },
    { ...hop, atMs: at0 + 5000, lq: 0.3, nlq: 0.4, etx: 3, type: 'tunnel' },
  ])
  await fill('link_minute', at0 + lagMs, at0 + lagMs + 10_000)
  // By bytes B comes first; the rows from a are turned.
  const { rows } = await pool.query('select a, b, medium, n, lq, nlq, etx, signal_n, signal_dbm, noise_n, noise_dbm from link_minute order by medium')
  t.match(rows, [
    { a: 'B', b: 'a', medium: 'rf', n: 2, signal_n: 0, signal_dbm: null },
    { a: 'B', b: 'a', medium: 'tunnel', n: 1, lq: 0.4, nlq: 0.3, etx: 3 },
  ], 'the first row is not new to the span')
  t.ok(Math.abs(rows[0].lq - 0.7) < 1e-9 && Math.abs(rows[0].nlq - 0.9) < 1e-9)
  t.ok(Math.abs(rows[0].etx - (1 / 0.54 + 100)) < 1e-9, 'etx that was not given is made of lq and nlq')
})

scene('spans add up to what one span over all gives', async (t) => {
  const hops = Array.from({ length: 120 }, (_, i) => ({ atMs: at0 + i * 1000, src: 'a', dst: 'b', from: i % 2 ? 'a' : 'b', to: i % 2 ? 'b' : 'a', lq: 0.5, nlq: 1, signal: i % 3 ? -60 : null }))
  await storeHops(pool, hops)
  const read = async () => (await pool.query('select minute, n, lq, nlq, etx, signal_n, signal_dbm from link_minute order by minute')).rows
  for (let since = at0 - 50_000; since < at0 + 200_000; since += 10_000) await fill('link_minute', since, since + 10_000)
  const parts = await read()
  await pool.query('truncate link_minute')
  await fill('link_minute', at0 - 50_000, at0 + 200_000)
  t.same(parts, await read())
  t.match(parts, [{ n: 60, lq: 45, signal_n: 40, signal_dbm: -2400 }, { n: 60 }])
})

scene('a row whose time is still to come is taken when it comes, a late one when it is received', async (t) => {
  await storeHops(pool, [
    { atMs: at0 + 100_000, receivedMs: at0, src: 'a', dst: 'b', from: 'a', to: 'b', lq: 1, nlq: 1 },
    { atMs: at0 - 600_000, receivedMs: at0, src: 'a', dst: 'c', from: 'a', to: 'c', lq: 1, nlq: 1 },
  ])
  const counts = async () => (await pool.query('select b, n from link_minute order by b')).rows
  await fill('link_minute', at0 - 10_000 + lagMs, at0 + lagMs)
  t.same(await counts(), [{ b: 'c', n: 1 }])
  await fill('link_minute', at0 + lagMs, at0 + 100_000 + lagMs)
  t.same(await counts(), [{ b: 'b', n: 1 }, { b: 'c', n: 1 }])
})

scene('a window is bad by what could be measured of it', async (t) => {
  const path = (dst: string, rest: object) => ({ atMs: at0, src: 'a', dst, ...rest })
  await storePaths(pool, [
    path('jitter', { jitter: 30.1 }), path('fine', { jitter: 30, loss: 2 }), path('loss', { loss: 2.1 }), path('unmeasured', { jitter: null, loss: null }),
    path('timing', { jitter: 99, timingUsable: false }), path('unsure', { loss: 50, lossUsable: false }),
    path('status', { loss: 20, windowS: null, timingUsable: false, jitter: 99 }), path('one-lost', { loss: 10, windowS: null, timingUsable: false }),
    path('phone:123', { loss: 100 }),
  ])
  await fill('bad_window', at0 - 10_000, at0)
  const { rows } = await pool.query('select dst, jitter_ms, loss_pct, route, a, etx from bad_window order by dst')
  t.match(rows, [{ dst: 'jitter', route: ['a', 'jitter'], a: null }, { dst: 'loss', loss_pct: 2.1 }, { dst: 'status', jitter_ms: null, loss_pct: 20 }])
  t.equal(rows.length, 3)
})

scene('the worst hop is found as soon as its row is there, whichever comes first', async (t) => {
  const hop = { src: 'a', dst: 'd', atMs: at0 }
  await storePaths(pool, [{ src: 'a', dst: 'd', atMs: at0, loss: 50, route: ['a', 'b', 'c', 'd'] }])
  await storeHops(pool, [
    { ...hop, index: 0, from: 'a', to: 'b', lq: 0.9, nlq: 0.9, etx: 1.23 },
    { ...hop, index: 1, from: 'b', to: 'c', etx: 99, routeCost: true },
    { ...hop, index: 2, from: 'c', to: 'x' },
  ])
  const worst = async () => (await pool.query('select a, b, medium, etx from bad_window')).rows
  await fill('bad_window', at0 - 10_000, at0)
  t.match(await worst(), [{ a: null, etx: null }], 'no hop is bad enough')
  await storeHops(pool, [{ ...hop, receivedMs: at0 + 300_000, index: 1, from: 'c', to: 'b', lq: 0.5, nlq: 0.8, etx: 2.5, type: 'dtd' }])
  await fill('bad_window', at0 + 290_000, at0 + 300_000)
  t.match(await worst(), [{ a: 'b', b: 'c', medium: 'dtd', etx: 2.5 }])
  await storeHops(pool, [
    { ...hop, receivedMs: at0 + 310_000, index: 3, from: 'c', to: 'd', lq: 0.4, nlq: 1, etx: 2.5 },
    { ...hop, receivedMs: at0 + 310_000, index: 4, from: 'd', to: 'e', lq: 0.4, nlq: 1 },
  ])
  await fill('bad_window', at0 + 300_000, at0 + 310_000)
  t.match(await worst(), [{ a: 'c', b: 'd', medium: 'rf', etx: 2.5 }], 'a tie goes to the lower of lq and nlq, then to the earlier hop')
  await fill('bad_window', at0 - 10_000, at0 + 310_000)
  t.equal((await worst()).length, 1, 'the same span again changes nothing')
})

scene('distinct routes of a path are kept with their newest time', async (t) => {
  const path = { src: 'a', dst: 'c' }
  await storePaths(pool, [
    { ...path, atMs: at0, route: ['a', 'b', 'c'] }, { ...path, atMs: at0 + 40_000, route: ['a', 'x', 'c'] }, { ...path, atMs: at0 + 80_000, route: ['a', 'b', 'c'] },
    { ...path, atMs: at0 + 120_000, route: ['unknown'] }, { ...path, atMs: at0 + 700_000, route: ['a', 'b', 'c'] }, { src: 'a', dst: 'phone:1', atMs: at0, route: [] },
  ])
  for (const since of [at0 - 10_000, at0 + 60_000, at0 + 100_000]) await fill('path_route', since, since + 1_000_000)
  const { rows } = await pool.query('select route, extract(epoch from last_time - $1::timestamptz)::int as age from path_route order by age', [new Date(at0)])
  t.same(rows, [{ route: ['a', 'x', 'c'], age: 40 }, { route: ['a', 'b', 'c'], age: 80 }, { route: [], age: 120 }, { route: ['a', 'b', 'c'], age: 700 }])
})

scene('what no rule looks at any more is removed, nothing else', async (t) => {
  await storePaths(pool, [{ src: 'a', dst: 'b', atMs: at0, loss: 50 }])
  await storeHops(pool, [{ src: 'a', dst: 'b', atMs: at0, from: 'a', to: 'b', lq: 1, nlq: 1 }])
  for (const { table, keepMs } of digests) {
    await fill(table, at0 - 60_000, at0 + 60_000)
    t.equal(await prune(table, at0 + keepMs), 0, table)
    t.equal(await prune(table, at0 + keepMs + 60_000), 1, table)
  }
})
