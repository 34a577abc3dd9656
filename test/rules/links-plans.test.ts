import t from 'tap'
import type { Pool } from 'pg'
import { bottleneckLink } from '../../src/rules/bottleneck-link.js'
import { digests } from '../../src/rules/digests.js'
import { linkDown } from '../../src/rules/link-down.js'
import { nodeOverload } from '../../src/rules/node-overload.js'
import { rfQualityDrop } from '../../src/rules/rf-quality-drop.js'
import type { Rule, Statement, Watched } from '../../src/rules/rule.js'
import { defaultSettings } from '../../src/rules/settings/settings.js'
import { testEachEdition, createTestDatabase } from '../support/database.js'

const days = 20
const atMs = Date.now()
const slots = [{ sinceMs: atMs - 10_000, atMs }]
const watched: Watched[] = [
  { subject: 'a--b', scope: { type: 'link', a: 'a', b: 'b', medium: 'rf' }, isFollowed: true, isOpen: false, afterMs: null },
  { subject: 'a', scope: { type: 'node', node: 'a' }, isFollowed: true, isOpen: false, afterMs: null },
]

const store = `
  insert into path_probe (time, received_at, src, dst, peer, route, jitter_ms) select at, at, 'a', 'b', 'b', '["a", "b"]', 50 from generate_series(now() - interval '${days} days', now(), interval '1 hour') at;
  insert into hop_quality (time, received_at, src, dst, hop_index, from_node, to_node, lq, nlq) select at, at, 'a', 'b', 0, 'a', 'b', 0.5, 0.5 from generate_series(now() - interval '${days} days', now(), interval '1 hour') at;
  insert into agent_health (time, received_at, node, cpu_pct) select at, at, 'a', 90 from generate_series(now() - interval '${days} days', now(), interval '1 hour') at;
`

async function explain (pool: Pool, { text, values }: Statement): Promise<{ seqScans: string[], chunks: number }> {
  const client = await pool.connect()
  try {
    // Whole tables are read only where no index will do: these are too small for the planner to bother otherwise.
    await client.query('begin; set local enable_seqscan = off')
    const { rows } = await client.query(`explain ${text}`, values)
    const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n')
    return { seqScans: plan.match(/Seq Scan on _hyper\w+/g) ?? [], chunks: new Set(plan.match(/ on _hyper_\d+_\d+_chunk/g)).size }
  } finally {
    await client.query('rollback')
    client.release()
  }
}

await testEachEdition(t, 'rules about links and their digests look through indexes, into few chunks', async (t, edition) => {
  const { pool } = await createTestDatabase(t, { edition })
  await pool.query(store)
  const rules: Rule[] = [rfQualityDrop, linkDown, bottleneckLink, nodeOverload]
  const { engine, rules: settings } = defaultSettings(rules)
  const statements = [
    ...digests.map(({ table, fill }) => ({ what: table, chunks: 6, statement: fill(atMs - 10_000, atMs, engine) })),
    // The rows before a link's last three are sought a week back, newest chunk first.
    ...rules.map((rule) => ({ what: rule.name, chunks: rule === rfQualityDrop ? 12 : 6, statement: rule.observe!(slots, watched, settings[rule.name]!)! })),
  ]
  for (const { what, chunks, statement } of statements) {
    const plan = await explain(pool, statement)
    t.same(plan.seqScans, [], what)
    t.ok(plan.chunks <= chunks, `${what}: ${plan.chunks} chunks`)
  }
  await pool.query('drop index hop_quality_received')
  t.ok((await explain(pool, statements[0]!.statement)).chunks >= 1, 'a plan is read')
  t.not((await explain(pool, { text: 'select from hop_quality where lq = 1', values: [] })).seqScans.length, 0, 'what no index serves is seen')
})
