import t from 'tap'
import { playRadioDay } from '../support/radio-day.js'

t.test('28 repeaters on 60 s of airtime an hour: no hour holds more, and they wait alike', async (t) => {
  const { figures, busiestHourS, airtimeS, waits } = await playRadioDay({ repeaters: 28, hours: 10, budgetSPerH: 60, loss: 0, seed: 7, folder: t.testdir({}) })
  t.ok(busiestHourS <= 60, `${busiestHourS.toFixed(1)} s in the busiest hour`)
  t.ok(airtimeS > 0.6 * 10 * 60, `${airtimeS.toFixed(0)} s in all: the budget is used`)
  t.ok(figures.airtimeS >= airtimeS && figures.airtimeS < 1.3 * airtimeS, `reckoned ${figures.airtimeS.toFixed(0)} s, sent ${airtimeS.toFixed(0)} s`)
  t.ok(waits.mostMeanS <= 2 * waits.leastMeanS, JSON.stringify(waits))
  t.ok(waits.longestS <= 2 * waits.shortestS, JSON.stringify(waits))
  t.equal(waits.mostBeforeAll, 1, 'nobody is asked a second time before everybody was once')
  t.ok(figures.radios.every(({ role, rounds }) => role === 'companion' || rounds.answered >= 5), 'nobody is forgotten')
})

t.test('neither holds an hour more where packets are lost: answers that never came were sent', async (t) => {
  const { busiestHourS, waits } = await playRadioDay({ repeaters: 28, hours: 10, budgetSPerH: 60, loss: 0.1, seed: 7, folder: t.testdir({}) })
  t.ok(busiestHourS <= 60, `${busiestHourS.toFixed(1)} s in the busiest hour`)
  t.ok(waits.longestS <= 3 * waits.shortestS, JSON.stringify(waits))
  t.equal(waits.mostBeforeAll, 1)
})

t.test('with a tenth of all packets lost on each way hardly a reading is', async (t) => {
  const { figures, missed, steps } = await playRadioDay({ repeaters: 28, hours: 4, budgetSPerH: 1000, loss: 0.1, seed: 7, folder: t.testdir({}) })
  t.ok(missed < steps / 100, `${missed} of ${steps}`)
  t.ok(figures.radios.some(({ rounds }) => rounds.silent > 0), 'rounds did fail')
})
