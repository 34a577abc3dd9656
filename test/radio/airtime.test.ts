import t from 'tap'
import { airtimeOf, answerMs, reckonedAirtimeMs, requestMs, returnPathMs, timeOnAirMs, type Route } from '../../src/radio/airtime.js'

/** The network of meshcore.md 4.2: SF8, 62.5 kHz, 4/5. */
const narrow = { bandwidthKhz: 62.5, spreadingFactor: 8, codingRate: 5 }
const status = { is: 'request', bytes: 1 } as const
const direct = (hops: number): Route => ({ hops, hashSize: 1 })
const flood: Route = { hops: null, hashSize: 1 }
const sent = (flooded: boolean, suggestedMs: number) => ({ is: 'sent', flooded, tag: 1, suggestedMs } as const)

t.test('the time on air is that of AN1200.13', async (t) => {
  // Semtech's calculator says 56.576 ms for 8 symbols of preamble; MeshCore sends 24 more.
  t.equal(timeOnAirMs({ bandwidthKhz: 125, spreadingFactor: 7, codingRate: 5 }, 20).toFixed(2), (56.576 + 24 * 1.024).toFixed(2))
  t.equal(timeOnAirMs({ bandwidthKhz: 125, spreadingFactor: 10, codingRate: 8 }, 50), (16 + 4.25 + 8 + 88) * 8.192)
  t.equal(timeOnAirMs({ bandwidthKhz: 125, spreadingFactor: 12, codingRate: 5 }, 20), (16 + 4.25 + 8 + 20) * 32.768, 'slow symbols carry two bits less')
  t.equal(timeOnAirMs({ bandwidthKhz: 125, spreadingFactor: 6, codingRate: 5 }, 20), (32 + 6.25 + 8 + 40) * 0.512)
})

t.test('the companion suggests the waits measured on the firmware', async (t) => {
  const login = reckonedAirtimeMs(narrow, { is: 'login', bytes: 8 })
  const longLogin = reckonedAirtimeMs(narrow, { is: 'login', bytes: 13 })
  const request = reckonedAirtimeMs(narrow, status)
  t.same([500 + 16 * login, 500 + 16 * longLogin, 500 + 16 * request], [8308, 9620, 5684])
  t.same([500 + 6 * login + 250, 500 + 6 * longLogin + 250], [3678, 4170])
  t.same([0, 1, 2].map((hops) => 500 + (6 * request + 250) * (hops + 1)), [2694, 4888, 7082])
  t.equal(reckonedAirtimeMs(narrow, { is: 'login', bytes: 20 }), reckonedAirtimeMs(narrow, { is: 'login', bytes: 15 }), 'a password counts to 15 characters')
})

t.test('the airtime is read out of the suggested wait', async (t) => {
  t.equal(airtimeOf(sent(true, 5684), flood), 324)
  t.same([2694, 4888, 7082].map((ms, hops) => airtimeOf(sent(false, ms), direct(hops))), [324, 324, 324])
  t.equal(airtimeOf(sent(true, 8308), flood), 488)
  t.equal(airtimeOf(sent(false, 2694), flood), undefined, 'sent over a path that we do not know')
  t.equal(airtimeOf(sent(false, 2694), direct(9)), undefined, 'sent over another path')
})

t.test('a request costs its airtime once more with each hop', async (t) => {
  t.same([2694, 4888, 7082].map((ms, hops) => requestMs(narrow, status, direct(hops), sent(false, ms))), [324, 648, 972])
  t.equal(requestMs(narrow, status, flood, sent(true, 5684)), 4 * 324)
  t.equal(requestMs(narrow, status, direct(1), sent(true, 5684)), 4 * 324, 'flooded though a path was known')
  t.equal(requestMs(narrow, status, direct(1)), 648, 'planned by the modulation')
  t.equal(requestMs(narrow, status, direct(1), sent(false, 100)), 648, 'a wait that can not be')
})

t.test('an answer costs by its length', async (t) => {
  const oneHop = timeOnAirMs(narrow, 2 + 2 + 2 + 64)
  t.equal(answerMs(narrow, 56, direct(0)), oneHop)
  t.equal(answerMs(narrow, 60, direct(0)), oneHop, 'padding is of the same block')
  t.equal(answerMs(narrow, 56, direct(2)), 3 * timeOnAirMs(narrow, 72))
  t.ok(answerMs(narrow, 130, direct(0)) > answerMs(narrow, 56, direct(0)))
  t.equal(answerMs(narrow, 56, { hops: 2, hashSize: 2 }), 3 * timeOnAirMs(narrow, 74))
})

t.test('after the answer to a flood the companion sends its path', async (t) => {
  t.equal(returnPathMs(narrow), 4 * timeOnAirMs(narrow, 2 + 2 + 2 + 16 + 3))
})
