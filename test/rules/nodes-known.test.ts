import t from 'tap'
import { createEngine } from '../../src/rules/engine.js'
import { defaultSettings, engineSettings } from '../../src/rules/settings/settings.js'
import { createTestDatabase } from '../support/database.js'

const t0 = Date.parse('2026-11-01T00:00:00Z')
const { pool } = await createTestDatabase(t)

t.test('the usual gap of a node is known once it has sent six regular messages', async (t) => {
  const engine = createEngine({ pool, settings: engineSettings(defaultSettings()), instance: 'one', intervalMs: 60_000, delayMs: 0, log: { warn: () => {}, error: (context: object) => { t.fail('a rule failed', context) } } })
  await pool.query("insert into nodes (name, kind, first_seen, last_seen, last_time) values ('a', 'router', $1, $1, $1)", [new Date(t0).toISOString()])
  const report = async (minute: number): Promise<void> => {
    const at = new Date(t0 + minute * 60_000).toISOString()
    await pool.query("insert into agent_health (time, received_at, node) values ($1, $1, 'a')", [at])
    await engine.judge(t0 + minute * 60_000)
  }
  const gap = async (): Promise<number | null> => (await pool.query<{ usual_gap_s: number | null }>("select usual_gap_s from nodes where name = 'a'")).rows[0]?.usual_gap_s ?? null
  for (const minute of [1, 6, 11, 16, 21]) await report(minute)
  t.equal(await gap(), null)
  await report(26)
  t.equal(await gap(), 300)
})

t.test('a node that a person retired is not missed', async (t) => {
  const engine = createEngine({ pool, settings: engineSettings(defaultSettings()), instance: 'two', intervalMs: 60_000, delayMs: 0, log: { warn: () => {}, error: (context: object) => { t.fail('a rule failed', context) } } })
  const at = (minute: number): string => new Date(t0 + minute * 60_000).toISOString()
  for (const node of ['gone', 'missed']) {
    await pool.query("insert into nodes (name, kind, first_seen, last_seen, last_time) values ($1, 'router', $2, $2, $2)", [node, at(30)])
    for (const minute of [30, 35, 40, 45, 50, 55]) await pool.query('insert into agent_health (time, received_at, node) values ($1, $1, $2)', [at(minute), node])
  }
  await engine.judge(t0 + 56 * 60_000)
  await pool.query("update nodes set retired_at = $1 where name = 'gone'", [at(56.5)])
  for (let minute = 57; minute <= 100; minute++) await engine.judge(t0 + minute * 60_000)
  const { rows } = await pool.query<{ subject: string }>("select subject from incidents where kind = 'node_silent' order by subject")
  t.same(rows.map(({ subject }) => subject), ['a', 'missed'])
})
