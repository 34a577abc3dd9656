import t from 'tap'
import { lossSpike } from '../../src/rules/loss-spike.js'
import { findingOf, judgeRows, judgeSeries, rowsOf, startMs } from '../support/path-judging.js'

const judge = judgeSeries.bind(null, lossSpike)
const last = (series: string, options = {}) => judge(series, options).split(' ').at(-1)

t.test('two bad windows in a row match, and start with the first', async (t) => {
  t.equal(judge('0 3 3 3 0'), 'clear run minor@40 minor@40 clear')
  t.equal(judge('3 1.5 3 3'), 'run hold run minor@80')
})

t.test('on the line is not over it', async (t) => {
  t.equal(judge('2x2 1 1.01'), 'hold hold clear hold')
  t.equal(judge('2.01x2'), 'run minor@0')
})

t.test('four of the last eight match, the newest among them', async (t) => {
  t.equal(judge('3 0 3 0 3 0 3'), 'run clear run clear run clear minor@0')
  t.equal(last('3 0 3 0 0 3 0 0 3'), 'run')
  t.equal(last('3 0 3 0 3 0 3 1.5'), 'hold')
})

t.test('every window of 10 min above 1 % matches, where 3 span 8 min', async (t) => {
  t.equal(last('1.2x13'), 'minor@0', '8 min')
  t.equal(last('1.2x12'), 'hold', '7 min 20 s')
  t.equal(last('1.2x3', { step: '4m' }), 'minor@0')
  t.equal(last('1.2x2', { step: '9m' }), 'hold')
  t.equal(last('1.2x14', { before: '0' }), 'hold', 'a clear one 9 min 20 s ago')
  t.equal(last('1.2x15', { before: '0' }), 'minor@0')
  t.equal(last('1.2x14 1 1.2'), 'hold')
  t.equal(last('1.2x100', { step: '6s' }), 'minor@0', 'more rows than a slower path has')
})

t.test('severity goes by the last three bad windows', async (t) => {
  t.equal(judge('5x2 5.5x2'), 'run minor@0 major@0 major@0')
  t.equal(judge('20x2 21'), 'run major@0 critical@0')
  t.equal(judge('100x2'), 'run critical@0')
  t.equal(last('1.2x13 1.2 3 1.2'), 'minor@40', 'one bad among the slow ones')
})

t.test('windows more than 6 h apart do not belong together', async (t) => {
  t.equal(judge('3x2', { step: '6h' }), 'run minor@0')
  t.equal(judge('3x2', { step: '6h1s' }), 'run run')
})

t.test('rows of a closed incident do not count', async (t) => {
  t.equal(judge('3x3', { afterMs: startMs }), 'run minor@40')
})

t.test('windows of 10 packets match by their mean over ten', async (t) => {
  const status = { isStatus: true }
  t.equal(judge('10 10 0 10 10', status), 'hold hold hold hold major@0', '8 % of five')
  t.equal(judge('10 0 10 0 10', status), 'hold hold hold hold hold', '6 %')
  t.equal(last('10x5', { ...status, before: '0x10' }), 'hold', '5 % of ten')
  t.equal(last('10x8', { ...status, before: '0x10' }), 'major@0', '8 %')
  t.equal(last('10x7 0 0 0', { ...status, before: '0x10' }), 'hold')
  t.equal(last('30 30 20 0 0 0', { ...status, before: '0x10' }), 'major@0', 'the mean, though the newest lost nothing')
  t.equal(last('10x4', status), 'hold', 'too few')
})

t.test('windows of 10 packets match where two in a row lose all', async (t) => {
  const status = { isStatus: true, before: '0x10' }
  t.equal(judge('90 0', status), 'major@0 major@0')
  t.equal(judge('100 100', { isStatus: true }), 'run critical@0')
  t.equal(judge('100 0 100', { isStatus: true }), 'run hold run')
})

t.test('windows of 10 packets are clear at a mean of 2 %', async (t) => {
  const status = { isStatus: true }
  t.equal(last('10 0 0 0 0', status), 'clear')
  t.equal(last('10 10 0 0 0', status), 'hold')
  t.equal(last('10 10 10 0x7', status), 'hold')
  t.equal(last('10 10 0x8', status), 'clear')
})

t.test('a path that is told of in both ways is judged by windows of one kind', async (t) => {
  const windows = rowsOf('3 _ 3')
  const status = rowsOf('_ 10 _', { isStatus: true })
  const rows = [...windows, ...status].sort((a, b) => a.timeMs - b.timeMs)
  t.same(judgeRows(lossSpike, rows).answers.map(({ is }) => is), ['hold', 'hold', 'match'])
})

t.test('the texts say how it matched', async (t) => {
  const text = (series: string, options = {}) => findingOf(judgeRows(lossSpike, rowsOf(series, options)).answers)
  t.match(text('3 4').cause, /^3\.5 % of the packets from a to c were lost in the last 2 windows/)
  t.match(text('3 0 3 0 3 0 3').cause, /in 4 of the last 8 windows/)
  t.match(text('1.2x13').cause, /over 10 min, every one of 13 windows above 1 %/)
  t.match(text('10x8', { isStatus: true }).cause, /^10 % of the packets from a to c .* 8 windows of 10 packets/)
  const lost = text('100x2')
  t.match(lost.cause, /^Every packet from a to c is lost/)
  t.match(lost.nextSteps, [/c has power/, /Ask b/, /other paths/])
  t.match(lost.evidence, { metric: 'loss_pct', unit: '%', open: 2, clear: 1, loss_pct: 100, route: ['a', 'b', 'c'] })
  t.match(text('10x8', { isStatus: true }).evidence, { open: 8, clear: 2 })
})
