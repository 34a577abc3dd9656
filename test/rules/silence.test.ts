import t from 'tap'
import { type Heard, heardOf, usualGapS } from '../../src/rules/heard.js'
import { defaultSettings } from '../../src/rules/settings/settings.js'
import { RulesOnly } from '../support/rules-only.js'

const minute = 60_000
const day = 1440 * minute
const t0 = Date.parse('2026-11-01T00:00:00Z')
const gaps = { gaps: 20, min_gaps: 5, gaps_span_s: 604_800 }

/** What one message, just received, makes the statement bring. */
const message = (atMs: number) => [{ heardMs: atMs, regular: [atMs], others: [], hopMs: null }]

/** Minutes in which these nodes each send a message. */
function listen (rules: RulesOnly, nodes: string[], { fromMs, toMs, listeningMs }: { fromMs: number, toMs: number, listeningMs?: number }): string[] {
  const moves: string[] = []
  for (let atMs = fromMs; atMs <= toMs; atMs += minute) {
    const heard = Object.fromEntries(nodes.map((node) => [node, message(atMs)]))
    moves.push(...rules.moves({ atMs, ...(listeningMs !== undefined && { listeningMs }), seen: { heard } }))
  }
  return moves
}

function known (times: number[]): Heard {
  return { heardMs: times.at(-1) ?? 0, messageMs: times.at(-1) ?? 0, returnedMs: 0, times, hopMs: null }
}

t.test('the usual gap is the median of the last gaps, if there are enough', async (t) => {
  t.equal(usualGapS(known([0, 1, 2, 3, 4].map((n) => n * minute)), gaps), null, 'four gaps')
  t.equal(usualGapS(known([0, 1, 2, 3, 4, 5].map((n) => n * minute)), gaps), 60)
  t.equal(usualGapS(known([0, 1, 2, 3, 4, 400].map((n) => n * minute)), gaps), 60, 'one silence does not count')
  t.equal(usualGapS(known([0, 1, 2, 4, 8, 16, 32].map((n) => n * minute)), gaps), 180, 'of an even number the mean of the middle two')
  t.equal(usualGapS(known([0, 1, 2, 3, 4, 8 * 1440].map((n) => n * minute)), gaps), null, 'gaps of more than a week ago')
  t.equal(usualGapS(known([0, 1, 2, 3, 4, 5, 6].map((n) => n * day)), gaps), 86_400, 'one report a day')
})

t.test('messages that come together count once, irregular ones not, an old queue not again', async (t) => {
  const rules = new RulesOnly([])
  const hear = (atMs: number, regular: number[], others: number[] = []) => rules.judge({ atMs, seen: { heard: { a: [{ heardMs: atMs, regular, others, hopMs: null }] } } })
  hear(t0, [t0, t0 + 1000, t0 + 9999])
  hear(t0 + minute, [t0 + 10_000, t0 + minute], [t0 + 30_000])
  hear(t0 + 2 * minute, [t0 + 5000, t0 + minute])
  t.match(heardOf(rules.states, 'a'), { times: [t0, t0 + 10_000, t0 + minute], messageMs: t0 + minute, heardMs: t0 + 2 * minute })
})

t.test('what is kept of a node is bounded, and forgotten in the end', async (t) => {
  const rules = new RulesOnly([])
  listen(rules, ['a'], { fromMs: t0, toMs: t0 + 100 * minute })
  t.equal(heardOf(rules.states, 'a')?.times.length, 21)
  rules.judge({ atMs: t0 + 8 * day })
  t.not(heardOf(rules.states, 'a'), null)
  rules.judge({ atMs: t0 + 9 * day })
  t.equal(heardOf(rules.states, 'a'), null)
})

t.test('a week of silence retires a node, and until it is heard it does not come back', async (t) => {
  const rules = new RulesOnly(['node_silent'])
  t.same(listen(rules, ['a', 'b'], { fromMs: t0, toMs: t0 + 20 * minute }), [])
  const after = (minutes: number) => listen(rules, ['a'], { fromMs: t0 + minutes * minute, toMs: t0 + minutes * minute })
  t.same(after(49), [])
  t.same(after(50), ['node_silent b: clear>open'])
  t.same(after(6 * 1440), [])
  t.same(after(7 * 1440 + 20), ['node_silent b: open>closed'])
  for (const hours of [1, 12, 23, 25, 30]) t.same(after(7 * 1440 + 20 + hours * 60), [], `${hours} h later`)
  t.same(listen(rules, ['b', 'a'], { fromMs: t0 + 10 * day, toMs: t0 + 10 * day + 20 * minute }), [])
  t.same(listen(rules, ['a'], { fromMs: t0 + 10 * day + 21 * minute, toMs: t0 + 10 * day + 50 * minute }), ['node_silent b: clear>open'])
})

t.test('what a person closed stays closed for as long as the silence lasts', async (t) => {
  const rules = new RulesOnly(['node_silent'])
  listen(rules, ['a', 'b'], { fromMs: t0, toMs: t0 + 20 * minute })
  t.same(listen(rules, ['a'], { fromMs: t0 + 50 * minute, toMs: t0 + 50 * minute }), ['node_silent b: clear>open'])
  const open = rules.states.state('node_silent', 'b')!
  rules.states.set('node_silent', 'b', { ...open, phase: 'clear', incident: null, clearing: null, afterMs: t0 + 55 * minute })
  for (const hours of [1, 20, 30, 60]) t.same(listen(rules, ['a'], { fromMs: t0 + hours * 60 * minute, toMs: t0 + hours * 60 * minute }), [], `${hours} h`)
})

t.test('the clock a day forward and back opens nothing and closes nothing', async (t) => {
  const rules = new RulesOnly(['collector_blind', 'node_silent'])
  const nodes = ['a', 'b', 'c', 'd']
  t.same(listen(rules, [...nodes, 'x'], { fromMs: t0, toMs: t0 + 20 * minute }), [])
  t.same(listen(rules, nodes, { fromMs: t0 + 21 * minute, toMs: t0 + 55 * minute }), ['node_silent x: clear>open'])
  const forwardMs = t0 + day + 56 * minute
  t.same(rules.moves({ atMs: forwardMs, listeningMs: forwardMs }), [], 'forward')
  t.same(listen(rules, nodes, { fromMs: forwardMs + minute, toMs: forwardMs + 40 * minute, listeningMs: forwardMs }), [], 'and on from there')
  const backMs = t0 + 120 * minute
  t.same(rules.moves({ atMs: backMs, listeningMs: backMs }), [], 'back')
  t.same(listen(rules, nodes, { fromMs: backMs + minute, toMs: backMs + 40 * minute, listeningMs: backMs }), [], 'and on from there')
  t.same(listen(rules, nodes.slice(1), { fromMs: backMs + 41 * minute, toMs: backMs + 70 * minute, listeningMs: backMs }), ['node_silent a: clear>open'], 'who falls silent then is found as ever')
})

t.test('a week\'s jump retires nobody', async (t) => {
  const rules = new RulesOnly(['node_silent'])
  listen(rules, ['a', 'b'], { fromMs: t0, toMs: t0 + 20 * minute })
  listen(rules, ['a'], { fromMs: t0 + 21 * minute, toMs: t0 + 55 * minute })
  const jumpMs = t0 + 7 * day + 30 * minute
  t.same(rules.moves({ atMs: jumpMs, listeningMs: jumpMs }), [])
  t.same(rules.moves({ atMs: jumpMs + 61 * minute, listeningMs: jumpMs }), ['node_silent b: open>closed'], 'an hour later it is no jump')
})

t.test('a short deafness does not count as silence of anybody, a long one starts all anew', async (t) => {
  const rules = new RulesOnly(['collector_blind', 'node_silent'])
  const nodes = ['a', 'b', 'c', 'x']
  const at = (minutes: number) => t0 + minutes * minute
  listen(rules, nodes, { fromMs: t0, toMs: at(20) })
  t.same(listen(rules, [], { fromMs: at(21), toMs: at(48) }), [])
  t.same(listen(rules, ['a'], { fromMs: at(49), toMs: at(49) }), [], 'the first is back after 29 minutes, the others are not called silent at once')
  t.same(listen(rules, ['a', 'b', 'c'], { fromMs: at(50), toMs: at(79) }), ['node_silent x: clear>open'], 'who does not come back is')
  t.same(listen(rules, [], { fromMs: at(80), toMs: at(120) }), ['collector_blind collector: clear>open'])
  t.same(listen(rules, ['a'], { fromMs: at(121), toMs: at(121) }), ['collector_blind collector: open>closed'])
  t.same(listen(rules, ['a', 'c'], { fromMs: at(122), toMs: at(150) }), [])
  t.same(listen(rules, ['a', 'c'], { fromMs: at(151), toMs: at(151) }), ['node_silent b: clear>open'])
})

t.test('settings of node_silent are those of its trackers', async (t) => {
  t.match(defaultSettings().rules['node_silent'], { silent_s: 1800, gaps: 20, min_gaps: 5, deaf_after_s: 300, retire_after_s: 604_800 })
  t.equal(defaultSettings().rules['heard'], undefined)
})
