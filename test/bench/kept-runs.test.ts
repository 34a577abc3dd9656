import t from 'tap'
import { less, more, type Figure, type Tracked } from '../../bench/support/bench.js'
import { findFallen, type KeptRun } from '../../bench/support/kept-runs.js'

const machine = 'one of two cores'

function figure (numbers: Record<string, Tracked>): Figure {
  return { what: 'a figure', measured: '', target: '', pass: true, notes: [], data: {}, numbers }
}

function run (at: string, numbers: Record<string, number>, on = machine): KeptRun {
  return { at: `${at}T12:00:00.000Z`, commit: 'abc1234', machine: on, load: 0.5, numbers }
}

t.test('a rate that fell and a time that rose by more than a fifth are told, with the run they are compared with', async (t) => {
  const kept = [run('2026-01-01', { per_s: 1000, p95_ms: 50 })]
  t.same(findFallen([figure({ per_s: more(800), p95_ms: less(65) })], machine, kept), [
    'per_s 800, worse by 25 % than 1000 of 2026-01-01 (abc1234, load 0.5)',
    'p95_ms 65, worse by 30 % than 50 of 2026-01-01 (abc1234, load 0.5)',
  ])
  t.same(findFallen([figure({ per_s: more(1500), p95_ms: less(20) })], machine, kept), [], 'what got better is not')
  t.same(findFallen([figure({ per_s: more(900), p95_ms: less(55) })], machine, kept), [], 'nor what is within a fifth')
})

t.test('the last run that has the number counts, and only runs of such a machine', async (t) => {
  const kept = [run('2026-01-01', { per_s: 2000 }), run('2026-01-02', { per_s: 1000 }), run('2026-01-03', { other: 1 }), run('2026-01-04', { per_s: 9000 }, 'a larger one')]
  t.same(findFallen([figure({ per_s: more(950) })], machine, kept), [])
  t.match(findFallen([figure({ per_s: more(500) })], machine, kept), [/2026-01-02/])
  t.same(findFallen([figure({ per_s: more(1) })], 'a new one', kept), [])
})
