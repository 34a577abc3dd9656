import t, { type Test } from 'tap'
import { nodeOverload } from '../../src/rules/node-overload.js'
import type { Rule } from '../../src/rules/rule.js'
import { createTestDatabase } from '../support/database.js'
import { storeHealth, storePaths } from '../support/measured.js'
import { fillDigests, playRule, slotsBetween } from '../support/play-rule.js'

const at0 = Date.parse('2026-11-01T12:00:00Z')
const minuteMs = 60_000
const rule: Rule = nodeOverload
const { pool } = await createTestDatabase(t)

function scene (name: string, body: (t: Test) => Promise<void>): void {
  t.test(name, async (t) => {
    await pool.query('delete from path_probe; delete from agent_health')
    await body(t)
  })
}

async function reports (node: string, minutes: number[], values: { cpu?: number, load1?: number, source?: string }): Promise<void> {
  await storeHealth(pool, minutes.map((min) => ({ atMs: at0 + min * minuteMs, node, ...values })))
}

async function windows (minutes: number[], values: { src?: string, dst?: string, route?: string[], jitter?: number, loss?: number, windowS?: number | null } = {}): Promise<void> {
  await storePaths(pool, minutes.map((min) => ({ atMs: at0 + min * minuteMs, src: 'a', dst: 'c', route: ['a', 'b', 'c'], jitter: 50, ...values })))
}

async function play (toMin: number, batch = 1) {
  await fillDigests(pool, at0 + toMin * minuteMs)
  return await playRule(pool, rule, slotsBetween(at0, at0 + toMin * minuteMs, minuteMs), batch)
}

const range = (from: number, to: number, step = 1): number[] => Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step)

scene('opens when a window through a busy node is bad, closes when the load is back', async (t) => {
  await reports('b', range(0, 20), { cpu: 90 })
  await reports('b', range(20, 60), { cpu: 20 })
  await windows([10, 12])
  const { changes, course } = await play(60)
  t.same(course, ['b clear>open at 600', 'b open>closing at 1320', 'b closing>closed at 2220'])
  t.match(changes[0]?.incident, { startedMs: at0, finding: { severity: 'major', evidence: { metric: 'cpu_pct', open: 80, paths: ['a>c'] } } })
  t.match(changes[0]?.incident?.finding.cause, /^b works at 90 % CPU load on average over its last 10 reports while windows through it are bad \(a>c\)/)
  t.same((await play(60, 23)).changes, changes, 'many slots to a statement judge as one at a time')
})

scene('an agent that reports every 4 h is busy for as long as its report stands', async (t) => {
  await reports('b', [1, 241, 481, 721], { cpu: 97 })
  await reports('x', [1], { cpu: 97 })
  await windows([200])
  await windows([310], { src: 'x', route: ['x', 'c'] })
  const { changes, course, states } = await play(320)
  t.same(course, ['b clear>open at 12000'], 'x is forgotten after 5 h')
  t.match(changes[0]?.incident, { startedMs: at0 + minuteMs, stale: false, finding: { severity: 'critical' } })
  t.match([...states.states('node_overload')].map(([subject]) => subject), ['b'])
  await pool.query('delete from agent_health where time > $1', [new Date(at0 + 300 * minuteMs)])
  await reports('b', [481, 721], { cpu: 30 })
  t.same((await play(730)).course.slice(1), [`b open>closing at ${481 * 60}`, `b closing>closed at ${721 * 60}`])
})

scene('look-alikes: a busy node with fine windows, bad windows elsewhere, a node at the line', async (t) => {
  await reports('b', range(0, 30), { cpu: 95 })
  await reports('line', range(0, 30), { cpu: 80 })
  await windows(range(0, 30), { jitter: 30, loss: 2 })
  await windows(range(0, 30), { src: 'e', dst: 'f', route: ['e', 'line', 'f'] })
  await windows(range(0, 30), { src: 's', dst: 'b', route: ['s', 'b'], jitter: 99, loss: 10, windowS: null })
  await pool.query('update path_probe set timing_usable = false where window_s is null')
  t.same((await play(30)).course, [])
  await windows([25.5], { src: 's', dst: 'b', route: ['unknown'], loss: 20, windowS: null, jitter: 0 })
  t.same((await play(30)).course, ['b clear>open at 1560'], 'two of ten packets lost make its window bad, whatever the route')
})

scene('between the thresholds nothing changes', async (t) => {
  await reports('b', range(0, 15), { cpu: 90 })
  await reports('b', range(15, 60), { cpu: 75 })
  await windows(range(0, 60))
  t.same((await play(60)).course, ['b clear>open at 60'])
})

scene('a node without cpu_pct is judged by three load averages, without any window', async (t) => {
  await reports('polled', [1, 6, 11], { load1: 3.2, source: 'sysinfo' })
  await reports('polled', [16, 21, 26, 31, 36, 41], { load1: 1, source: 'sysinfo' })
  await reports('both', range(1, 40, 5), { load1: 9, source: 'sysinfo' })
  await reports('both', range(2, 40, 5), { cpu: 10 })
  const { course, changes } = await play(45)
  t.same(course.filter((line) => line.startsWith('polled')), ['polled clear>open at 660', 'polled open>closing at 1260', 'polled closing>closed at 2160'])
  t.match(changes[0]?.incident, { startedMs: at0 + minuteMs, finding: { severity: 'major', evidence: { metric: 'load1', open: 3, clear: 2 } } })
  t.same(course.filter((line) => line.startsWith('both')), [], 'its CPU load says otherwise')
})
