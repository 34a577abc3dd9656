import t from 'tap'
import { ago, insert, startTestApi } from '../support/api.js'

const { app, pool } = await startTestApi(t)
const days = Array.from({ length: 40 }, (_, day) => day * 86_400 + 60)

/** Plans of statements. Without sequential scans, so that one left over is one that no index could replace. */
async function plan (statements: unknown[][]): Promise<string[]> {
  const client = await pool.connect()
  try {
    await client.query('set enable_seqscan = off')
    const plans = []
    for (const [sql, values] of statements) {
      const { rows } = await client.query(`explain ${String(sql)}`, values as unknown[])
      plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
    }
    return plans
  } finally {
    client.release(true)
  }
}

/** Plans of every statement that a request runs. */
async function explain (url: string): Promise<string[]> {
  const statements: unknown[][] = []
  const query = pool.query
  pool.query = ((...args: unknown[]) => {
    statements.push(args)
    return Reflect.apply(query, pool, args)
  }) as typeof query
  const { statusCode, payload } = await app.inject(url)
  pool.query = query
  if (statusCode !== 200) throw new Error(payload)
  return await plan(statements)
}

const chunksIn = (plan: string) => new Set(plan.match(/_hyper_\d+_\d+_chunk\b(?!_)/g)).size

t.test('no answer reads all chunks from end to end', async (t) => {
  await insert(pool, 'nodes', ['a', 'b'].map((name) => ({ name, kind: 'router', first_seen: ago(9), last_seen: ago(9) })))
  await insert(pool, 'nodes', [{ name: 'r', kind: 'repeater', first_seen: ago(9), last_seen: ago(9) }])
  for (const s of days) {
    await insert(pool, 'path_probe', [{ time: ago(s), src: 'a', dst: 'b', peer: 'b', route: [] }])
    await insert(pool, 'hop_quality', [{ time: ago(s), src: 'a', dst: 'b', hop_index: 0, from_node: 'a', to_node: 'b', lq: 1 }])
    await insert(pool, 'agent_health', [{ time: ago(s), node: 'a' }])
    await insert(pool, 'crash_reports', [{ time: ago(s), node: 'a' }])
    await insert(pool, 'phone_test', [{ time: ago(s), node: 'a', phone_number: '1' }])
    await insert(pool, 'radio_metrics', [{ time: ago(s), node: 'r', metric: 'bat', value: 1 }])
  }
  const present = ['/paths', '/links', '/topology', '/nodes/a', '/phones', '/radios', '/radios/r', '/nodes.geojson']
  const ranged = ['/paths/a/b/series', '/links/a/b/series', '/nodes/a/series', '/radios/r/series', '/crashes', '/crashes?node=a', '/crashes/patterns']
  for (const url of [...present, ...ranged, '/issues', '/issues?node=a&status=all', '/nodes', '/registry', '/rejected']) {
    const plans = await explain(url)
    t.ok(plans.length > 0, `${url} asks the database`)
    for (const text of plans) t.notMatch(text, /Seq Scan on _hyper/, url)
    if (url.startsWith('/crashes')) continue
    for (const text of plans) t.ok(chunksIn(text) <= 10, `${url} looks into ${chunksIn(text)} chunks`)
  }
  t.match(await plan([['select from path_probe where rtt_ms = 1', []]]), [/Seq Scan on _hyper/], 'what no index serves is seen')
  t.ok(chunksIn((await explain(`/paths/a/b/series?from=${ago(30 * 86_400)}&step=3000`)).join('\n')) > 20, 'a long range does read them')
})

t.test('the issues of a node are looked up, however many others there are', async (t) => {
  await insert(pool, 'nodes', [{ name: 'a', kind: 'router', first_seen: ago(9), last_seen: ago(9) }])
  for (const [url, index] of [['/issues?node=a&status=all', /Index Scan on incidents_scope/], ['/issues?node=a', /Index Scan on incidents_(scope|one_not_closed)/]] as const) {
    t.match((await explain(url)).at(-1), index, url)
  }
})

t.test('the state of links is looked up by link and medium, in two days at most', async (t) => {
  for (const s of days) await insert(pool, 'hop_quality', [{ time: ago(s), src: 'a', dst: 'b', hop_index: 0, from_node: 'a', to_node: 'b', link_type: 'tunnel' }])
  const { rows } = await pool.query('select from_node, to_node, link_type from known_links')
  t.same(rows, [{ from_node: 'a', to_node: 'b', link_type: 'tunnel' }])
  for (const url of ['/links', '/topology', '/nodes.geojson']) {
    const [read, ...others] = (await explain(url)).filter((text) => text.includes('hop_quality'))
    t.same(others, [], `${url} reads the rows once`)
    t.match(read, /Limit[^]*Index Scan Backward using \S*hop_quality_link/, `${url} takes the newest`)
    t.match(read, /Index Cond: \(\(from_node = \S+\) AND \(to_node = \S+\) AND \(link_type = \S+\) AND \("time" > /, `${url} needs no other row`)
    t.ok(chunksIn(String(read)) <= 2, url)
  }
})
