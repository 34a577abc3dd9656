import fc from 'fast-check'
import t from 'tap'
import { afterFailure, afterReset, afterSuccess, newBreaker, stateOf, type Breaker } from '../../src/radio/breaker.js'

const settings = { fails: 6, cooldownMs: 3_600_000 }
const fail = (breaker: Breaker, nowMs: number): Breaker => afterFailure(breaker, nowMs, settings)
const failed = (times: number): Breaker => Array.from({ length: times }).reduce<Breaker>((breaker) => fail(breaker, 1000), newBreaker)

t.test('it opens with the sixth failure in a row, for an hour', async (t) => {
  t.equal(stateOf(failed(5), 1000), 'closed')
  t.equal(stateOf(failed(6), 1000), 'open')
  t.equal(stateOf(failed(6), 1000 + settings.cooldownMs - 1), 'open')
  t.equal(stateOf(failed(6), 1000 + settings.cooldownMs), 'half_open')
})

t.test('half open, one try decides', async (t) => {
  const halfOpenMs = 1000 + settings.cooldownMs
  t.equal(stateOf(fail(failed(6), halfOpenMs), halfOpenMs), 'open')
  t.equal(stateOf(fail(failed(6), halfOpenMs), halfOpenMs + settings.cooldownMs), 'half_open')
  t.same(afterSuccess(halfOpenMs), { failures: 0, openUntilMs: null, lastSuccessMs: halfOpenMs })
})

t.test('a reset closes it and keeps what was heard', async (t) => {
  const open = Array.from({ length: 6 }).reduce<Breaker>((breaker) => fail(breaker, 9000), afterSuccess(500))
  t.equal(stateOf(open, 9000), 'open')
  t.same(afterReset(open), { failures: 0, openUntilMs: null, lastSuccessMs: 500 })
})

t.test('whatever happens, it is closed as long as fewer than the limit failed since a success, and never open beyond the pause', async () => {
  const event = fc.record({ success: fc.boolean(), afterMs: fc.nat(2 * settings.cooldownMs) })
  fc.assert(fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (events, fails) => {
    let breaker: Breaker = newBreaker
    let [nowMs, inARow] = [0, 0]
    for (const { success, afterMs } of events) {
      nowMs += afterMs
      // Nobody is asked while it is open.
      if (stateOf(breaker, nowMs) === 'open') continue
      breaker = success ? afterSuccess(nowMs) : afterFailure(breaker, nowMs, { ...settings, fails })
      inARow = success ? 0 : inARow + 1
      if ((stateOf(breaker, nowMs) === 'closed') !== (inARow < fails)) return false
      if (stateOf(breaker, nowMs + settings.cooldownMs) === 'open') return false
      if (success && breaker.lastSuccessMs !== nowMs) return false
    }
    return true
  }))
})
