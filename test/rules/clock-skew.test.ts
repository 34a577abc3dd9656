import t from 'tap'
import { RulesOnly } from '../support/rules-only.js'

const minute = 60_000
const t0 = Date.parse('2026-11-01T00:00:00Z')
const rules = ['collector_clock', 'clock_skew']

/** A window of messages that all come this late (seconds). */
const window = (atMs: number, skewS: number, other: object = {}) => ({
  messages: 15, firstMs: atMs - 14 * minute, lastMs: atMs, firstSkewS: skewS, lastSkewS: skewS, lowS: skewS, highS: skewS + 1, isAnyRight: skewS <= 120 && skewS >= -30, ...other,
})

function judge (only: RulesOnly, atMs: number, skews: Record<string, number | object>): string[] {
  const seen = Object.fromEntries(Object.entries(skews).map(([node, skew]) => [node, [typeof skew === 'number' ? window(atMs, skew) : { ...window(atMs, 400), ...skew }]]))
  return only.moves({ atMs, seen: { clock_skew: seen } })
}

/** Every 10 s, so that judged time runs as the clock does. */
function hold (only: RulesOnly, fromMs: number, minutes: number, skews: Record<string, number | object>): string[] {
  const moves: string[] = []
  for (let atMs = fromMs; atMs <= fromMs + minutes * minute; atMs += 10_000) moves.push(...judge(only, atMs, atMs % minute === 0 ? skews : {}))
  return moves
}

t.test('opens after five minutes of judged slots, also where no message comes meanwhile', async (t) => {
  const only = new RulesOnly(rules)
  t.same(judge(only, t0, { a: 400 }), ['clock_skew a: clear>pending'])
  t.same(hold(only, t0 + 10_000, 4.6, {}), [])
  t.same(hold(only, t0 + 290_000, 0.2, {}), ['clock_skew a: pending>open'])
})

t.test('the clock of the host a day forward opens nothing in those five minutes', async (t) => {
  const only = new RulesOnly(rules)
  judge(only, t0, { a: 400 })
  t.same(judge(only, t0 + 1440 * minute, {}), [])
  t.same(judge(only, t0 + 1440 * minute + 10_000, { a: 0 }), ['clock_skew a: pending>clear'], 'what was right all the time is right again')
})

t.test('what does not make a match', async (t) => {
  for (const [name, skew] of Object.entries<object>({
    'too short a span': { firstMs: t0 - 59_000, lastMs: t0 },
    'a queue being sent': { firstSkewS: 3000, lastSkewS: 400 },
    'one message below the limit': { lowS: 299 },
    'on the line': { lowS: 300 },
    'fast on the line': { lowS: -70, highS: -60 },
    'some slow, some fast': { lowS: -400, highS: 400 },
  })) t.same(judge(new RulesOnly(rules), t0, { a: skew }), [], name)
  t.same(judge(new RulesOnly(rules), t0, { a: { lowS: -70, highS: -60.1, firstSkewS: -60.5, lastSkewS: -61 } }), ['clock_skew a: clear>pending'])
})

t.test('more than half of at least three are one of the collector; half are not', async (t) => {
  const heard = (nodes: string[]) => Object.fromEntries(nodes.map((node) => [node, [{ heardMs: t0, regular: [t0], others: [], hopMs: null }]]))
  const three = new RulesOnly(rules)
  three.judge({ atMs: t0, seen: { heard: heard(['a', 'b', 'c', 'd', 'e']) } })
  t.match(hold(three, t0 + minute, 6, { a: 400, b: 405, c: 410 }), ['clock_skew a: clear>pending', 'clock_skew b: clear>pending', 'clock_skew c: clear>pending', 'collector_clock collector: clear>open'])
  const two = new RulesOnly(rules)
  two.judge({ atMs: t0, seen: { heard: heard(['a', 'b', 'c', 'd']) } })
  t.match(hold(two, t0 + minute, 6, { a: 400, b: 405 }), ['clock_skew a: clear>pending', 'clock_skew b: clear>pending', 'clock_skew a: pending>open', 'clock_skew b: pending>open'])
  const few = new RulesOnly(rules)
  t.match(hold(few, t0 + minute, 6, { a: 400, b: 405 }), ['clock_skew a: clear>pending', 'clock_skew b: clear>pending', 'clock_skew a: pending>open', 'clock_skew b: pending>open'], 'of two nodes nobody can tell')
})

t.test('when the collector\'s clock is right again all clear, and what stays wrong is told of by itself', async (t) => {
  const only = new RulesOnly(rules)
  hold(only, t0, 6, { a: 400, b: 400, c: 400 })
  const heard = Object.fromEntries(['a', 'b', 'c'].map((node) => [node, [{ heardMs: t0 + 7 * minute, regular: [], others: [], hopMs: null }]]))
  only.judge({ atMs: t0 + 7 * minute - 10_000, seen: { heard } })
  const moves = hold(only, t0 + 7 * minute, 20, { a: 0, b: 0, c: 400 })
  t.same(moves.filter((move) => move.startsWith('collector_clock')), ['collector_clock collector: open>closing', 'collector_clock collector: closing>closed'])
  t.same(moves.filter((move) => move.startsWith('clock_skew c')), ['clock_skew c: pending>open'])
})
