import t from 'tap'
import { createScene } from '../support/radio-poller.js'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

t.test('what the budget does not allow is postponed, and counted once', async (t) => {
  const { mesh, poller, runFor } = createScene(t, ['Hill', 'Tower'], { budgetSPerH: 4 })
  await runFor(10 * minuteMs)
  t.same(mesh.asked.map(({ name, is }) => [name, is]), [['Hill', 'login'], ['Hill', 'status']])
  t.match(poller.figures().radios[2], { name: 'Tower', rounds: { postponed: 1, answered: 0 } })
  await runFor(10 * minuteMs)
  t.same(mesh.asked.slice(2).map(({ name, is }) => [name, is]), [['Tower', 'login'], ['Tower', 'status']], 'a quarter of an hour later there is airtime again')
  const { airtimeS, budgetLeftS } = poller.figures()
  t.ok(Math.abs(airtimeS + budgetLeftS - 4) < 0.001)
  t.ok(Math.abs(airtimeS - mesh.airtime.reduce((sum, { ms }) => sum + ms, 0) / 1000) < 0.001, 'what was counted is what was on the air')
})

t.test('a round that is postponed says why, and when it may begin', async (t) => {
  const { poller, clock } = createScene(t, ['Hill', 'Tower'], { budgetSPerH: 5 })
  const once = () => clock.until(poller.once(new AbortController().signal, { companion: false, repeaters: true }))
  t.match(await once(), [{ node: 'Hill', result: 'answered' }, {
    node: 'Tower', result: 'postponed',
    reason: /^takes about \d\.\d s of airtime, and may begin in 16 min \(00:15 UTC\): of RADIO_BUDGET_S_PER_H 5 a quarter of an hour gets 1\.1 s, the last took \d\.\d s, and \d\.\d s are left of the hour$/,
  }])
  await clock.run(16 * minuteMs)
  t.match((await once()).at(0), { node: 'Tower', result: 'answered' }, 'and then it does')
})

t.test('a round dearer than the budget of an hour is told, and keeps nobody waiting', async (t) => {
  const { mesh, runFor, events, readings } = createScene(t, ['Hill', 'Tower'], { budgetSPerH: 3 })
  mesh.repeater('Hill').hops = 6
  await runFor(hourMs)
  t.match(events('Hill')[0], { event: 'poll_failed', reason: /^one round takes about \d+ s of airtime: too much for a RADIO_BUDGET_S_PER_H of 3$/ })
  t.ok(readings('Tower').length > 0)
  t.ok(mesh.asked.every(({ name }) => name === 'Tower'))
})

t.test('second tries and telemetry wait for no airtime: they are left out', async (t) => {
  const { mesh, runFor, events, readings } = createScene(t, ['Hill', 'Tower'], { budgetSPerH: 3, status: { timeoutS: 10, attempts: 6, backoffS: 4 }, repeater: { telemetry: true } })
  mesh.repeater('Hill').isUp = false
  await runFor(12 * hourMs)
  t.match(events('Hill').find(({ event }) => event === 'poll_failed')?.details, { tries: 2, logins: 1 })
  t.ok(readings('Tower').length > 0)
  const hours = mesh.airtime.map(({ atMs }) => mesh.airtime.reduce((sum, one) => one.atMs > atMs - hourMs && one.atMs <= atMs ? sum + one.ms : sum, 0))
  t.ok(Math.max(...hours) <= 3000, `${Math.max(...hours)} ms in one hour`)
})
