import t from 'tap'
import { createWalkSchedule } from '../../src/aredn/walk-schedule.js'

const stepMs = 300_000
const options = { stepMs, longestPauseMs: 3_600_000, mostNodes: 10_000 }
const names = Array.from({ length: 1000 }, (_, i) => `hb9x-${i}`)

t.test('every node is asked once in each step, evenly', async (t) => {
  const schedule = createWalkSchedule(options)
  t.ok(names.every((name) => schedule.add(name, 0) && schedule.add(name, 0)))
  t.equal(schedule.size, 1000)
  const asked = new Map<string, number[]>()
  let most = 0
  for (let nowMs = 0; nowMs <= 10 * stepMs; nowMs += 1000) {
    const taken = schedule.take(nowMs, 100)
    most = Math.max(most, taken.length)
    for (const name of taken) {
      asked.set(name, [...asked.get(name) ?? [], nowMs])
      schedule.done(name, true, nowMs + 500)
    }
  }
  const gaps = [...asked.values()].flatMap((times) => times.slice(1).map((ms, i) => ms - times[i]!))
  t.equal(asked.size, 1000)
  t.ok([...asked.values()].every((times) => times.length === 10))
  t.ok(gaps.every((gap) => Math.abs(gap - stepMs) <= 1000))
  t.ok(most <= 15, `at most ${most} of 1000 fell due within a second`)
})

t.test('a node under way is not asked again, and what is late is not asked twice in a row', async (t) => {
  const schedule = createWalkSchedule(options)
  schedule.add('a', 0)
  const dueMs = schedule.nextMs()
  t.same(schedule.take(dueMs - 1, 4), [])
  t.same(schedule.take(dueMs, 4), ['a'])
  t.same(schedule.take(dueMs + 2 * stepMs, 4), [])
  t.equal(schedule.nextMs(), Infinity)
  const lateMs = dueMs + 0.9 * stepMs
  schedule.done('a', true, lateMs)
  t.ok(schedule.nextMs() - lateMs >= stepMs / 2)
  schedule.remove('a')
  schedule.done('a', true, lateMs)
  t.equal(schedule.size, 0)
})

t.test('a dead node is left alone for longer and longer, to an hour, and delays nobody', async (t) => {
  const schedule = createWalkSchedule(options)
  schedule.add('dead', 0)
  const pauses: number[] = []
  for (let i = 0, nowMs = schedule.nextMs(); i < 8; i++) {
    t.same(schedule.take(nowMs, 1), ['dead'])
    schedule.done('dead', false, nowMs + 20_000)
    pauses.push((schedule.nextMs() - nowMs) / stepMs)
    nowMs = schedule.nextMs()
  }
  t.ok(pauses.every((steps, i) => Math.abs(steps - Math.min(12, 2 ** i)) <= 1), pauses.join(' '))
  t.ok(pauses.slice(0, 4).every((steps, i) => steps < pauses[i + 1]!), 'longer each time')
  schedule.take(schedule.nextMs(), 1)
  const nowMs = 100 * stepMs
  schedule.done('dead', true, nowMs)
  t.ok(schedule.nextMs() - nowMs <= 1.5 * stepMs, 'once it answers it is asked as before')
})

t.test('who waits longest comes first, and at most so many', async (t) => {
  const schedule = createWalkSchedule(options)
  for (const name of names) schedule.add(name, 0)
  const first = schedule.nextMs()
  const taken = schedule.take(2 * stepMs, 4)
  t.equal(taken.length, 4)
  const single = createWalkSchedule(options)
  single.add(taken[0]!, 0)
  t.equal(single.nextMs(), first)
})

t.test('who answered last time goes first, then who is new, then who was silent', async (t) => {
  const schedule = createWalkSchedule(options)
  for (const name of ['silent', 'known']) {
    schedule.add(name, 0, 'at once')
    t.same(schedule.take(0, 1), [name])
    schedule.done(name, name === 'known', 0)
  }
  schedule.add('new', 0, 'at once')
  t.same(schedule.take(0, 4), ['new'], 'the others had their turn')
  schedule.done('new', true, 0)
  schedule.add('newer', stepMs / 2, 'at once')
  t.same(schedule.take(4 * stepMs, 4), ['known', 'new', 'newer', 'silent'])
})

t.test('a renamed node keeps its place, and takes nobody else\'s', async (t) => {
  const schedule = createWalkSchedule(options)
  schedule.add('a', 0, 'at once')
  schedule.rename('a', 'b')
  schedule.add('c', 0, 'at once')
  schedule.rename('c', 'b')
  schedule.rename('unknown', 'd')
  t.same(schedule.take(0, 4), ['b', 'c'])
  t.equal(schedule.size, 2)
})

t.test('a node that reports itself is asked only when it stops', async (t) => {
  const schedule = createWalkSchedule(options)
  schedule.add('a', 0)
  for (let nowMs = 0; nowMs < 5 * stepMs; nowMs += stepMs) {
    schedule.reportsItself('a', nowMs)
    t.same(schedule.take(nowMs + stepMs - 1, 1), [])
  }
  t.same(schedule.take(7 * stepMs, 1), ['a'])
  schedule.reportsItself('unknown', 0)
  t.equal(schedule.size, 1)
})

t.test('100,000 invented nodes are not taken', async (t) => {
  const schedule = createWalkSchedule({ ...options, mostNodes: 50 })
  const taken = Array.from({ length: 100_000 }, (_, i) => schedule.add(`n${i}`, 0)).filter(Boolean)
  t.equal(taken.length, 50)
  t.equal(schedule.size, 50)
})
