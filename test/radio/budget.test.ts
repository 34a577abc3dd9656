import fc from 'fast-check'
import t from 'tap'
import { createBudget } from '../../src/radio/budget.js'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

t.test('what was spent counts for an hour', async (t) => {
  const budget = createBudget(60_000)
  budget.spend(20_000, 0)
  t.equal(budget.leftMs(hourMs - 1), 40_000)
  t.equal(budget.leftMs(hourMs), 60_000)
  t.ok(budget.allows(40_000, 1))
  t.notOk(budget.allows(40_001, 1))
  t.equal(budget.totalMs(), 20_000)
})

t.test('rounds begin until a quarter of an hour has had its share, single tries within the hour', async (t) => {
  const budget = createBudget(60_000)
  budget.spend(13_499, 0)
  t.ok(budget.mayBegin(3500, minuteMs))
  budget.spend(1, minuteMs)
  t.notOk(budget.mayBegin(3500, minuteMs))
  t.ok(budget.allows(3500, minuteMs))
  t.ok(budget.mayBegin(3500, 16 * minuteMs))
})

t.test('when a round may begin, and what the last quarter of an hour took', async (t) => {
  const budget = createBudget(60_000)
  t.equal(budget.nextMs(3500, minuteMs), minuteMs)
  t.equal(budget.nextMs(54_001, minuteMs), Infinity)
  budget.spend(14_000, 0.3)
  t.same(budget.quarter(5 * minuteMs), { shareMs: 13_500, spentMs: 14_000 })
  t.same(budget.quarter(15 * minuteMs + 1), { shareMs: 13_500, spentMs: 0 })
  t.equal(budget.nextMs(3500, 5 * minuteMs), 15 * minuteMs + 1)
  budget.spend(30_000, 20 * minuteMs)
  t.equal(budget.nextMs(10_000, 25 * minuteMs), 35 * minuteMs)
  t.equal(budget.nextMs(20_000, 25 * minuteMs), hourMs + 1)
})

t.test('a round leaves a tenth of the hour to second tries', async (t) => {
  const budget = createBudget(60_000)
  t.equal(budget.mostMs, 54_000)
  t.ok(budget.mayBegin(54_000, 0))
  t.notOk(budget.mayBegin(54_001, 0))
  budget.spend(40_000, 0)
  t.ok(budget.mayBegin(14_000, 15 * minuteMs))
  t.notOk(budget.mayBegin(14_001, 15 * minuteMs))
  t.ok(budget.allows(20_000, 15 * minuteMs))
})

t.test('another process goes on with what was spent', async (t) => {
  const first = createBudget(60_000)
  for (let minute = 0; minute < 600; minute++) first.spend(900, minute * minuteMs)
  const spent = first.spent(600 * minuteMs)
  t.equal(first.leftMs(600 * minuteMs), 60_000 - 59 * 900, 'the oldest is over when the hour is')
  t.ok(spent.length <= 62)
  t.equal(createBudget(60_000, spent).leftMs(600 * minuteMs), first.leftMs(600 * minuteMs))
  t.equal(createBudget(60_000, spent).totalMs(), 0)
})

t.test('no hour, wherever it begins, holds more than the budget; what fits an empty hour is let through', async () => {
  const ask = fc.record({ ms: fc.integer({ min: 1, max: 25_000 }), afterMs: fc.nat(6 * minuteMs), begins: fc.boolean() })
  fc.assert(fc.property(fc.array(ask, { maxLength: 300 }), (asks) => {
    const budget = createBudget(60_000)
    const letThrough: { atMs: number, ms: number }[] = []
    let nowMs = 0
    for (const { ms, afterMs, begins } of asks) {
      nowMs += afterMs
      const quiet = letThrough.every(({ atMs }) => atMs <= nowMs - hourMs - minuteMs)
      const may = begins ? budget.mayBegin(ms, nowMs) : budget.allows(ms, nowMs)
      if (quiet && !may) return false
      if (!may) continue
      budget.spend(ms, nowMs)
      letThrough.push({ atMs: nowMs, ms })
      const hour = letThrough.reduce((sum, one) => one.atMs > nowMs - hourMs ? sum + one.ms : sum, 0)
      if (hour > 60_000 || budget.spent(nowMs).length > 62) return false
    }
    return true
  }))
})
