import t from 'tap'
import { observe } from '../../src/rules/observe.js'
import type { Slot } from '../../src/rules/rule.js'
import { activeRules, defaultSettings } from '../../src/rules/settings/settings.js'
import { States } from '../../src/rules/states.js'
import { createTestDatabase } from '../support/database.js'

const { pool } = await createTestDatabase(t)
const t0 = Date.parse('2026-11-01T00:00:00Z')
const names = ['heard', 'repeated_crashes', 'clock_skew', 'timing_unusable', 'repeater_unreachable', 'battery_low']
const active = activeRules(defaultSettings()).filter(({ rule }) => names.includes(rule.name))
const odd = ['a--b>c', '"\'<script>', '😀,@%', 'x'.repeat(128)]

const iso = (s: number) => new Date(t0 + s * 1000).toISOString()
const slotsTo = (untilS: number): Slot[] => Array.from({ length: untilS / 10 }, (_, i) => ({ atMs: t0 + (i + 1) * 10_000, sinceMs: t0 + i * 10_000 }))

interface Window { src: string, dst?: string, s: number, receivedS?: number, route?: string[], windowS?: number | null, timing?: boolean }

async function store (windows: Window[]): Promise<void> {
  await pool.query(`insert into path_probe (time, received_at, src, dst, peer, route, window_s, timing_usable)
    select time, received, src, dst, dst, route, window_s, timing from jsonb_to_recordset($1) as w (time timestamptz, received timestamptz, src text, dst text, route jsonb, window_s int2, timing bool)`,
  [JSON.stringify(windows.map(({ src, dst = 'z', s, receivedS = s, route = [src, dst], windowS = 5, timing = true }) => ({ time: iso(s), received: iso(receivedS), src, dst, route, window_s: windowS, timing })))])
}

t.beforeEach(async () => {
  await pool.query('delete from path_probe; delete from agent_health; delete from crash_reports; delete from radio_metrics; delete from worker_event; delete from nodes')
})

async function see (name: string, slots: Slot[]) {
  const one = active.find(({ rule }) => rule.name === name)!
  return [...await observe(pool, one, slots, new States())].flatMap(([atMs, seen]) => seen.map(({ scope, seen }) => ({ at: (atMs - t0) / 1000, node: scope.type === 'node' ? scope.node : '', seen })))
}

t.test('many slots in one statement see what each sees alone', async (t) => {
  await store(odd.flatMap((src, i) => Array.from({ length: 20 }, (_, k) => ({ src, s: 3 + i + 20 * k, timing: k % 2 === 0, route: [src, 'hop', 'z'] }))))
  for (const [i, node] of odd.entries()) {
    await pool.query(`insert into agent_health (time, received_at, node, source, restart_count, uptime_seconds)
      select $1::timestamptz + k * interval '40 s', $1::timestamptz + k * interval '40 s', $2, 'agent', k / 3, 500 - (k / 3) * 100 + k from generate_series(1, 9) k`, [iso(i), node])
    await pool.query('insert into radio_metrics (time, received_at, node, metric, value) select time, time, $2, \'bat\', 3600 from unnest($1::timestamptz[]) as time', [[iso(30 + i), iso(230 + i)], node])
    await pool.query('insert into worker_event (time, received_at, node, event) values ($1, $1, $2, \'breaker_open\')', [iso(250 + i), node])
  }
  for (const name of names.filter((name) => name !== 'clock_skew')) {
    const slots = slotsTo(400)
    const together = await see(name, slots)
    const apart: typeof together = []
    for (const slot of slots) apart.push(...await see(name, [slot]))
    const key = ({ at, node, seen }: typeof together[number]) => JSON.stringify({ at, node, seen })
    const missing = new Set(apart.map(key))
    // Slot by slot some rows come again, since they might have been committed late.
    t.ok(together.length > 0, `${name} sees something`)
    if (name === 'repeated_crashes') t.same(together.filter((one) => !missing.has(key(one))), [], name)
    else t.same(new Set(together.map(({ at, node }) => `${at} ${node}`).filter((one) => !apart.some(({ at, node }) => one === `${at} ${node}`))), new Set(), name)
    t.same(new Set(together.map(({ node }) => node).filter((node) => node !== 'hop')), new Set(odd), `${name}: every name`)
  }
})

t.test('heard: a minute is told when it is over, receipts count, and hops of routes', async (t) => {
  await store([{ src: 'a', s: 5 }, { src: 'a', s: -500, receivedS: 50 }, { src: 'b', dst: 'c', s: 20, route: ['b', 'h', 'c'] }, { src: 'c', s: 90, receivedS: 55 }])
  t.same(await see('heard', [{ atMs: t0 + 50_000, sinceMs: t0 + 40_000 }]), [], 'within a minute nothing')
  const seen = (await see('heard', [{ atMs: t0 + 65_000, sinceMs: t0 + 55_000 }])).sort((a, b) => a.node.localeCompare(b.node))
  t.same(seen, [
    { at: 65, node: 'a', seen: { heardMs: t0 + 50_000, regular: [t0 - 500_000, t0 + 5000], others: [], hopMs: null } },
    { at: 65, node: 'b', seen: { heardMs: t0 + 20_000, regular: [t0 + 20_000], others: [], hopMs: null } },
    { at: 65, node: 'c', seen: { heardMs: t0 + 60_000, regular: [t0 + 90_000], others: [], hopMs: null } },
    { at: 65, node: 'h', seen: { heardMs: null, regular: [], others: [], hopMs: t0 + 20_000 } },
  ])
})

t.test('heard: a node that booted with the clock of last month is heard by its receipts', async (t) => {
  const insert = "insert into nodes (name, kind, first_seen, last_seen, last_time) values ($1, 'router', $2, $2, $3)"
  await pool.query(insert, ['old', iso(40), iso(-30 * 86_400)])
  await pool.query(insert, ['right', iso(40), iso(40)])
  await pool.query(insert, ['gone', iso(-400), iso(-30 * 86_400)])
  t.same(await see('heard', [{ atMs: t0 + 60_000, sinceMs: t0 }]), [{ at: 60, node: 'old', seen: { heardMs: t0 + 40_000, regular: [], others: [], hopMs: null } }])
})

t.test('a row that was committed late is seen at the next slot', async (t) => {
  await store([{ src: 'a', s: 45, windowS: null, timing: false }])
  t.match(await see('timing_unusable', [{ atMs: t0 + 125_000, sinceMs: t0 + 115_000 }]), [], 'a minute later it is past')
  t.match(await see('timing_unusable', [{ atMs: t0 + 60_000, sinceMs: t0 + 50_000 }]), [{ node: 'a' }])
  await pool.query("insert into worker_event (time, received_at, node, event) values ($1, $1, 'r', 'breaker_open')", [iso(45)])
  t.match(await see('repeater_unreachable', [{ atMs: t0 + 60_000, sinceMs: t0 + 50_000 }]), [{ node: 'r' }])
})

t.test('clock_skew: only nodes with a suspicious message are looked at, with their last 15 minutes', async (t) => {
  const minutes = Array.from({ length: 20 }, (_, k) => k * 60)
  await store([...minutes.map((s) => ({ src: 'right', s, receivedS: s + 1 })), ...minutes.map((s) => ({ src: 'slow', s: s - 400, receivedS: s + 1 })), ...minutes.map((s) => ({ src: 'status', s: s - 400, receivedS: s + 1, windowS: null }))])
  const seen = await see('clock_skew', [{ atMs: t0 + 1145_000, sinceMs: t0 + 1135_000 }])
  t.match(seen, [{ at: 1145, node: 'slow', seen: { messages: 15, firstMs: t0 + 241_000, lastMs: t0 + 1_081_000, lowS: 401, highS: 401, isAnyRight: false } }])
})
