import t from 'tap'
import { sparkLinks, sparkNodes, sparkPaths } from '../../../src/http/queries/sparklines.js'
import { ago, insert, nowMs, startEachApi } from '../../support/api.js'
import { ofClass, parseSvg, pieces } from '../../support/svg.js'

const test = await startEachApi(t)
const hourS = 3600
const title = (svg: string | undefined) => parseSvg(svg ?? '').children[0]?.text
const linesOf = (svg: string | undefined) => ofClass(parseSvg(svg ?? ''), 'line')

/** How often a body asks the database. */
async function counting (pool: { query: unknown }, body: () => Promise<void>): Promise<number> {
  const original = pool.query as (...args: unknown[]) => unknown
  let count = 0
  pool.query = (...args: unknown[]) => { count++; return Reflect.apply(original, pool, args) }
  try {
    await body()
  } finally {
    pool.query = original
  }
  return count
}

test('a day of every path of a table, in its order, from one statement', async (t, { pool, refresh }) => {
  const probe = (s: number, dst: string, rtt: number, more = {}) => ({ time: ago(s), src: 'a', dst, peer: dst, route: [], rtt_ms: rtt, loss_pct: 0, ...more })
  await insert(pool, 'path_probe', [
    probe(23 * hourS, 'b', 10), probe(22 * hourS, 'b', 30), probe(22 * hourS - 60, 'b', 50), probe(2 * hourS, 'b', 20), probe(60, 'b', 25), probe(60, 'b-', 999, { timing_usable: false }),
    probe(25 * hourS, 'c', 1),
  ])
  await refresh('path_probe_hourly')
  let svgs: string[] = []
  t.equal(await counting(pool, async () => { svgs = await sparkPaths(pool, [{ src: 'a', dst: 'b-' }, { src: 'a', dst: 'b' }, { src: 'a', dst: 'c' }, { src: 'b', dst: 'a' }], 'rtt_ms', nowMs) }), 1)
  t.same(svgs.map(title), ['no data', '10.0 ms to 50.0 ms', 'no data', 'no data'].map((text, i) => `Round-Trip Time of ${['a → b-', 'a → b', 'a → c', 'b → a'][i]}: ${text}`))
  t.equal(pieces(linesOf(svgs[1])[0]), 2, 'a gap is a gap')
  t.equal(await counting(pool, async () => { t.same(await sparkPaths(pool, [], 'rtt_ms', nowMs), []) }), 0, 'an empty table asks nothing')
})

test('links from both ends, as seen from the first, each medium on its own', async (t, { pool, refresh }) => {
  const hop = (s: number, from: string, to: string, more: object) => ({ time: ago(s), src: 'x', dst: 'y', hop_index: 0, from_node: from, to_node: to, link_type: 'rf', ...more })
  await insert(pool, 'hop_quality', [
    hop(3 * hourS, 'a', 'b', { lq: 0.9, nlq: 0.5 }), hop(3 * hourS, 'b', 'a', { lq: 0.4, nlq: 0.7 }), hop(2 * hourS, 'a', 'b', { lq: 1, nlq: 0.5, link_type: 'unknown' }), hop(2 * hourS, 'a', 'b', { lq: 0.1, link_type: 'tunnel', hop_index: 1 }),
  ])
  await refresh('hop_quality_hourly')
  const links = ['rf', 'tunnel', 'wire'].map((medium) => ({ a: 'a', b: 'b', medium }))
  const svgs = await sparkLinks(pool, links, 'lq', nowMs)
  t.same(svgs.map(title), ['0.70 to 1.00', '0.10 to 0.10', 'no data'].map((text) => `Link Quality of a – b: ${text}`))
})

test('nodes', async (t, { pool, refresh }) => {
  await insert(pool, 'agent_health', [{ time: ago(2 * hourS), node: 'n', cpu_pct: 20 }, { time: ago(60), node: 'n', cpu_pct: 60 }])
  await refresh('agent_health_hourly')
  t.same((await sparkNodes(pool, ['m', 'n'], 'cpu_pct', nowMs)).map(title), ['CPU of m: no data', 'CPU of n: 20% to 60%'])
})
