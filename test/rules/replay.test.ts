import t, { type Test } from 'tap'
import type { ClientBase } from 'pg'
import { createEngine } from '../../src/rules/engine.js'
import { longestReplayMs, replay, type ReplayRequest } from '../../src/rules/replay.js'
import type { Rule } from '../../src/rules/rule.js'
import { activeRules, defaultSettings } from '../../src/rules/settings/settings.js'
import { createTestDatabase } from '../support/database.js'
import { simpleRule } from '../support/simple-rule.js'

const t0 = Date.parse('2026-11-01T00:00:00Z')
const { pool } = await createTestDatabase(t)
const rules: Rule[] = [simpleRule]
const settings = { ...defaultSettings(rules), rules: { loss_spike: { enabled: true, close_after_s: 60, close_rows: 2 } } }

/** Half an hour of windows of three paths every 40 s, with losses here and there. */
async function storeHistory (): Promise<void> {
  await pool.query(`
    insert into path_probe (time, received_at, src, dst, peer, route, loss_pct, window_s)
    select time, time, 'a', dst, dst, jsonb_build_array('a', dst), case when hashtextextended(dst || n, 0) % 9 = 0 then 7 else 0 end, 5
    from generate_series(0, 44) as n, unnest(array['b', 'c', 'd>"--']) as dst, lateral (select to_timestamp($1::float8 / 1000 + n * 40 + 3.5) as time) as at`, [t0])
}

await storeHistory()
const request: ReplayRequest = { fromMs: t0, toMs: t0 + 1_800_000, settings, rules }

async function judgeLive (): Promise<unknown[]> {
  const engine = createEngine({ pool, settings: { rules: activeRules(settings, rules), general: settings.engine }, instance: 'live', intervalMs: 10_000, delayMs: 0, log: { warn () {}, error () {} } })
  for (let atMs = t0; atMs <= request.toMs; atMs += 10_000) await engine.judge(atMs)
  const { rows } = await pool.query<{ id: string }>(`
    select id, kind, category, subject, scope, state as status, severity, impact, cause, next_steps, evidence, started_at, opened_at, ended_at, resolution, caused_by, in_maintenance, stale
    from incidents order by started_at desc, id desc`)
  return rows
}

/** A sum over every row of every table, so that nothing changes unseen. */
async function checksum (db: Pick<ClientBase, 'query'>): Promise<unknown> {
  const { rows } = await db.query<{ name: string }>("select tablename as name from pg_tables where schemaname = 'public' order by 1")
  const sums: unknown[] = []
  for (const { name } of rows) sums.push((await db.query(`select '${name}' as name, count(*), sum(hashtextextended(row::text, 0)) from ${name} as row`)).rows)
  return sums
}

async function leftovers (): Promise<unknown[]> {
  return (await pool.query("select nspname, relname from pg_class c join pg_namespace n on n.oid = relnamespace where nspname like 'replay%' or (nspname like 'pg_temp%' and relkind in ('r', 'v'))")).rows
}

t.test('a replay gives the incidents that were raised live', async (t) => {
  const live = await judgeLive()
  const { incidents, slots } = await replay(pool, request)
  t.equal(slots, 181)
  t.ok(live.length >= 4, 'there is something to compare')
  const plain = incidents.map(({ title, acknowledged, ack, ...rest }) => {
    t.match({ title, acknowledged, ack }, { title: /^Packet loss: a → /, acknowledged: false, ack: null })
    return rest
  })
  t.strictSame(inMs(plain), inMs(live))
})

/** Times in milliseconds: one side writes six digits behind the second, the other as many as it needs. */
function inMs (incidents: unknown[]): unknown[] {
  return incidents.map((incident) => Object.fromEntries(Object.entries(incident as object).map(([key, value]) => [key, key.endsWith('_at') && value !== null ? Date.parse(String(value)) : value])))
}

t.test('a replay of the same history gives the same, and changes nothing in the database', async (t) => {
  const before = await checksum(pool)
  const [first, second] = [await replay(pool, request), await replay(pool, request)]
  t.strictSame(first, second)
  t.strictSame(await checksum(pool), before)
  t.same(await leftovers(), [])
})

t.test('each moment is judged by what had happened then', async (t) => {
  const { incidents } = await replay(pool, { ...request, toMs: t0 + 900_000 })
  t.ok(incidents.length > 0)
  for (const { opened_at: openedAt, started_at: startedAt } of incidents) {
    t.ok(Date.parse(openedAt) - Date.parse(startedAt) <= 10_000, 'it opened at the next step')
    t.ok(Date.parse(openedAt) <= t0 + 900_000)
  }
  const longer = await replay(pool, request)
  t.same(longer.incidents.filter(({ opened_at: at }) => Date.parse(at) <= t0 + 900_000).map(({ id }) => id), incidents.map(({ id }) => id))
})

t.test('a coarse step finds the same beginnings', async (t) => {
  const { incidents, slots } = await replay(pool, { ...request, stepMs: 60_000 })
  t.equal(slots, 31)
  const ids = new Set((await replay(pool, request)).incidents.map(({ id }) => id))
  t.ok(incidents.length > 0 && incidents.every(({ id }) => ids.has(id)))
})

t.test('settings change what is found', async (t) => {
  const off = { ...settings, rules: { loss_spike: { ...settings.rules.loss_spike, enabled: false } } }
  t.same((await replay(pool, { ...request, settings: off })).incidents, [])
})

t.test('what is no span, or too long a one, is refused', async (t) => {
  await t.rejects(replay(pool, { ...request, toMs: request.fromMs }), { name: 'ReplayError', message: 'the end of a replay must be later than its start' })
  await t.rejects(replay(pool, { ...request, toMs: t0 + longestReplayMs + 1 }), { name: 'ReplayError', message: 'a replay spans 31 days at most' })
  await t.rejects(replay(pool, { ...request, stepMs: 10 }), { name: 'ReplayError' })
  t.equal((await replay(pool, { ...request, fromMs: t0 - longestReplayMs, toMs: t0, stepMs: 3_600_000 })).slots, 745)
})

t.test('a replay is given up where it stands', async (t) => {
  const stop = new AbortController()
  const seen: number[] = []
  const started = replay(pool, request, {
    signal: stop.signal, onProgress: (atMs) => {
      seen.push(atMs)
      stop.abort(new Error('enough'))
    }
  })
  await t.rejects(started, { message: 'enough' })
  t.ok(seen.length > 0 && seen.at(-1)! < request.toMs)
  t.same(await leftovers(), [])
  await t.rejects(replay(pool, request, { signal: AbortSignal.abort(new Error('before')) }), { message: 'before' })
})

t.test('a rule that fails ends the replay with its name', async (t: Test) => {
  const broken: Rule = { ...simpleRule, name: 'broken', observe: () => ({ text: 'select 1 / 0', values: [] }) }
  const both = { ...settings, rules: { ...settings.rules, broken: settings.rules.loss_spike } }
  await t.rejects(replay(pool, { ...request, settings: both, rules: [simpleRule, broken] }), { message: 'rule broken failed: division by zero' })
  t.same(await leftovers(), [])
})
