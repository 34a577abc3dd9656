import t from 'tap'
import { createEngine } from '../../src/rules/engine.js'
import { defaultSettings, engineSettings } from '../../src/rules/settings/settings.js'
import { createTestDatabase } from '../support/database.js'

const t0 = Date.parse('2026-11-01T00:00:00Z')
const { pool } = await createTestDatabase(t)

/** Windows of 10,000 paths that all lose packets on one link, with that hop. */
const insertWindows = `
insert into path_probe (time, received_at, src, dst, peer, route, loss_pct, jitter_ms, window_s)
select $1, $1, 's' || i, 'd' || i, 'd' || i, jsonb_build_array('s' || i, 'hub', 'gate', 'd' || i), $2, 3, 5 from generate_series(1, 10000) i`
const insertHops = `
insert into hop_quality (time, received_at, src, dst, hop_index, from_node, to_node, link_type, lq, nlq, etx)
select $1, $1, 's' || i, 'd' || i, 1, 'hub', 'gate', 'rf', 0.6, 0.6, 2.8 from generate_series(1, 10000) i`

t.test('10,000 paths that go bad at once are open within two slots, folded under the link they share', async (t) => {
  const engine = createEngine({ pool, settings: engineSettings(defaultSettings()), instance: 'one', intervalMs: 10_000, delayMs: 0, log: { warn: () => {}, error: (context: object) => { t.fail('a rule failed', context) } } })
  const window = async (second: number, loss: number): Promise<void> => {
    const at = new Date(t0 + second * 1000).toISOString()
    await pool.query(insertWindows, [at, loss])
    await pool.query(insertHops, [at])
  }
  await window(0, 0)
  // As upkeep does: of a table that was empty before, the planner knows nothing.
  await pool.query('analyze')
  await engine.judge(t0)
  await window(40, 10)
  await engine.judge(t0 + 40_000)
  await window(80, 10)
  await engine.judge(t0 + 80_000)
  await engine.judge(t0 + 90_000)
  const { rows: [found] } = await pool.query(`
    select count(*) filter (where kind = 'loss_spike' and state = 'open')::int as open,
      count(*) filter (where kind = 'loss_spike' and caused_by = (select id from incidents where kind = 'bottleneck_link'))::int as folded from incidents`)
  t.same(found, { open: 10_000, folded: 10_000 })
  const { rows: [cause] } = await pool.query("select subject, severity, impact, evidence -> 'affected_count' as affected from incidents where kind = 'bottleneck_link'")
  t.match(cause, { subject: 'gate--hub', severity: 'critical', impact: { routes: 10_000 }, affected: 10_000 })
  t.equal(cause.impact.paths.length, 50)
  const { rows } = await pool.query('select event, due_at, count(*)::int as n from outbox group by event, due_at order by due_at')
  t.match(rows, [{ event: 'opened' }, { event: 'opened', n: 10_000, due_at: '2026-11-01T00:02:50Z' }], 'paths wait 90 s, in which their cause tells of them')
  await window(120, 0)
  await engine.judge(t0 + 120_000)
  t.match((await pool.query("select count(*)::int as n from incidents where state = 'closing'")).rows, [{ n: 10_000 }])
})
