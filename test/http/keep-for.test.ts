import t from 'tap'
import { keepFor } from '../../src/http/keep-for.js'
import { ago, incident, insert, startTestApi } from '../support/api.js'

t.test('one reading serves all who ask in its time, then there is a new one', async (t) => {
  const read: number[] = []
  const readAt = keepFor(5000, async (atMs) => { read.push(atMs); return atMs })
  t.same(await Promise.all([readAt(1000), readAt(1000), readAt(5999)]), [1000, 1000, 1000])
  t.equal(await readAt(6000), 6000)
  t.equal(await readAt(3000), 3000, 'a clock that was set back')
  t.same(read, [1000, 6000, 3000])
})

t.test('with no time to keep it each asks anew', async (t) => {
  let count = 0
  const readAt = keepFor(0, async () => ++count)
  t.same([await readAt(1), await readAt(1)], [1, 2])
})

t.test('a reading that failed is not kept, and does not take a newer one along', async (t) => {
  const outcomes = [Promise.reject(new Error('away')), Promise.resolve('there')]
  const readAt = keepFor(5000, async () => await outcomes.shift())
  await t.rejects(readAt(0), { message: 'away' })
  t.equal(await readAt(1), 'there')
  t.equal(await readAt(2), 'there')
})

t.test('map, table and NetJSON read the links once, and tell of an issue at once', async (t) => {
  const { app, pool } = await startTestApi(t, { linksKeptMs: 5000 })
  await insert(pool, 'nodes', ['a', 'b'].map((name) => ({ name, kind: 'router', first_seen: ago(60), last_seen: ago(60), last_time: ago(60) })))
  await insert(pool, 'hop_quality', [{ time: ago(60), src: 'a', dst: 'b', hop_index: 0, from_node: 'a', to_node: 'b', link_type: 'rf', lq: 0.9, nlq: 0.9, etx: 1.2 }])
  const statements: string[] = []
  const { query } = pool
  pool.query = ((...args: unknown[]) => { statements.push(String(args[0])); return Reflect.apply(query, pool, args) }) as typeof query
  t.teardown(() => { pool.query = query })
  const ask = async () => {
    const answers = await Promise.all(['/', '/ui/topology', '/ui/links', '/topology', '/nodes.geojson'].map(async (url) => await app.inject(url)))
    return answers.map(({ statusCode, payload }) => `${statusCode} ${payload.includes('issue-1') ? 'marked' : ''}`)
  }
  const readings = () => statements.filter((sql) => sql.includes('from hop_quality h')).length
  t.same(await ask(), ['200 ', '200 ', '200 ', '200 ', '200 '])
  t.equal(readings(), 1)
  await insert(pool, 'incidents', [incident('issue-1', 60, { kind: 'rf_quality_drop', subject: 'a--b', scope: { type: 'link', a: 'a', b: 'b', medium: 'rf' } })])
  t.same(await ask(), ['200 marked', '200 marked', '200 marked', '200 marked', '200 '], 'GeoJSON has nothing to draw: no node tells its place')
  t.equal(readings(), 1, 'still')
})
