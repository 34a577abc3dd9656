import t from 'tap'
import { jitterBurst } from '../../src/rules/jitter-burst.js'
import { findingOf, judgeRows, judgeSeries, rowsOf, startMs } from '../support/path-judging.js'

const judge = judgeSeries.bind(null, jitterBurst)

t.test('three bad windows in a row match, and start with the first', async (t) => {
  t.equal(judge('10 31 31 31 31'), 'clear run run minor@40 minor@40')
  t.equal(judge('31 31 27 31 31 31'), 'run run hold run run minor@120', 'one between the thresholds ends the run')
  t.equal(judge('31 _ 31 _x5 31'), 'run run minor@0', 'what was not measured is no window')
})

t.test('on the line is not over it', async (t) => {
  t.equal(judge('30x4 24 24.1'), 'hold hold hold hold clear hold')
  t.equal(judge('30.1x3'), 'run run minor@0')
})

t.test('five of the last eight match, the newest among them', async (t) => {
  t.equal(judge('40 40 10 40 40 10 40'), 'run run clear run run clear minor@0')
  t.equal(judge('40 40 10 40 10 10 40 10 40'), 'run run clear run clear clear run clear run', 'the first has left the last eight')
  t.equal(judge('40 40 10 40 10 40 10 10 40').split(' ').at(-1), 'run')
  t.equal(judge('40 40 10 40 10 40 10 40').split(' ').at(-1), 'minor@0')
  t.equal(judge('40 40 10 40 40 10 40 25').split(' ').at(-1), 'hold', 'the newest is not bad')
})

t.test('severity goes by the last three bad windows', async (t) => {
  t.equal(judge('60x3 63x2'), 'run run minor@0 major@0 major@0')
  t.equal(judge('120x3 121'), 'run run major@0 critical@0')
  t.equal(judge('500 31x5'), 'run run critical@0 minor@0 minor@0 minor@0', 'it is the state machine that keeps the worst')
})

t.test('windows more than 6 h apart do not belong together', async (t) => {
  t.equal(judge('40x3', { step: '6h' }), 'run run minor@0')
  t.equal(judge('40x3', { step: '6h1s' }), 'run run run')
  t.equal(judge('40x3', { step: '1h', settings: { run_gap_s: 3599 } }), 'run run run')
})

t.test('rows of a closed incident do not count', async (t) => {
  t.equal(judge('40x5', { afterMs: startMs + 40_000 }), 'run run minor@80')
})

t.test('a late row, and one that is read again, is left out', async (t) => {
  const [first, second, third] = rowsOf('40x3')
  t.equal(judgeRows(jitterBurst, [second!, second!, first!, third!]).answers.length, 2)
  t.equal(judgeRows(jitterBurst, [first!, second!, third!]).answers.length, 3)
})

t.test('what was bad is remembered while it counts, and forgotten after its rows can be read again', async (t) => {
  t.equal(judgeRows(jitterBurst, rowsOf('10x3')).memory, null)
  t.equal(judgeRows(jitterBurst, rowsOf('10x3 40 10x19')).memory?.rows.length, 20)
  t.equal(judgeRows(jitterBurst, rowsOf('10x3 40 10x20')).memory, null)
  const fast = judgeRows(jitterBurst, rowsOf('40 10x21', { step: '1s' })).memory
  t.ok(fast, 'the bad row was received 21 s ago')
  const { memory } = jitterBurst.judge({
    seen: [], subject: 'a>c', scope: { type: 'path', src: 'a', dst: 'c' }, memory: fast, phase: 'clear', incident: null, afterMs: null,
    settings: { open_ms: 30, run_gap_s: 60 } as never, moment: { atMs: startMs + 61_000, judgedMs: 0, listeningMs: 0 }, lookup: { state: () => undefined, states: () => [] },
  })
  t.equal(memory, null)
})

t.test('the texts name the path, its route and the numbers', async (t) => {
  const { cause, nextSteps, evidence } = findingOf(judgeRows(jitterBurst, rowsOf('10 40 50 66.66')).answers)
  t.match(cause, /from a to c was above 30 ms in 3 windows in a row: 52\.2 ms on average over the last 3 of them, 66\.7 ms/)
  t.match(nextSteps, [/a-b and b-c/, /through b at that time/, /Compare/])
  t.match(evidence, { metric: 'jitter_ms', unit: 'ms', open: 30, clear: 24, route: ['a', 'b', 'c'] })
  t.same(evidence.points, [['2026-03-02T00:00:40.000000Z', 40], ['2026-03-02T00:01:20.000000Z', 50], ['2026-03-02T00:02:00.000000Z', 66.66]], 'from the first bad window on')
  const unknown = findingOf(judgeRows(jitterBurst, rowsOf('40x3', { route: null })).answers)
  t.notOk('route' in unknown.evidence)
  t.match(unknown.nextSteps, [/between a and c/, /through a and c/])
  t.match(findingOf(judgeRows(jitterBurst, rowsOf('40 40 10 40 40 10 40')).answers).cause, /in 5 of the last 8 windows/)
})

t.test('the last known route counts where a window has none', async (t) => {
  const rows = rowsOf('40x3')
  t.match(findingOf(judgeRows(jitterBurst, rows.map((row, i) => ({ ...row, route: i === 0 ? row.route : null }))).answers).evidence, { route: ['a', 'b', 'c'] })
  t.match(findingOf(judgeRows(jitterBurst, rows.map((row) => ({ ...row, route: null, beforeRoute: ['a', 'x', 'c'] }))).answers).evidence, { route: ['a', 'x', 'c'] })
})
