import t from 'tap'
import { type Claiming, decideClaim, type SlotRow } from '../../src/rules/slots.js'

const t0 = Date.parse('2026-11-01T00:00:00Z')
const intervalMs = 10_000

const finished: SlotRow = { slotMs: t0, claimedBy: 'other', claimAgeMs: 9800, isFinished: true, judgedUntilMs: t0 - 5000, judgedMs: 500_000, listeningMs: t0 - 500_000 }

function claiming (second: number): Claiming {
  return { slotMs: t0 + second * 1000, atMs: t0 + second * 1000 - 5000, intervalMs, instance: 'me' }
}

t.test('the first slot ever', async (t) => {
  t.match(decideClaim(null, claiming(0)), { claim: { priorAtMs: null, judgedMs: intervalMs, listeningMs: t0 - 5000, missedSlots: 0 } })
})

t.test('the next slot', async (t) => {
  t.match(decideClaim(finished, claiming(10)), { claim: { priorAtMs: t0 - 5000, judgedMs: 510_000, listeningMs: t0 - 500_000, missedSlots: 0, continues: false } })
  t.match(decideClaim({ ...finished, claimedBy: 'me' }, claiming(10)), { claim: { continues: true } })
  t.match(decideClaim({ ...finished, claimedBy: 'me', isFinished: false }, claiming(10)), { claim: { continues: false } }, 'what failed is read again')
})

t.test('a slot that was claimed', async (t) => {
  t.same(decideClaim(finished, claiming(0)), { refused: 'taken' })
  t.same(decideClaim({ ...finished, claimedBy: 'me' }, claiming(0)), { refused: 'taken' })
})

t.test('while another one is at work, and once it is gone', async (t) => {
  t.same(decideClaim({ ...finished, isFinished: false, claimAgeMs: 3000 }, claiming(10)), { refused: 'busy' })
  t.match(decideClaim({ ...finished, isFinished: false, claimAgeMs: 9500 }, claiming(10)), { claim: { missedSlots: 0 } }, 'one interval later at most')
})

t.test('missed slots are counted, not caught up', async (t) => {
  t.match(decideClaim(finished, claiming(50)), { claim: { missedSlots: 4, judgedMs: 510_000, listeningMs: t0 - 500_000 } })
})

t.test('after a pause, or when the clock jumped forward, silence counts anew', async (t) => {
  t.match(decideClaim(finished, claiming(300)), { claim: { listeningMs: t0 - 500_000 } })
  t.match(decideClaim(finished, claiming(310)), { claim: { listeningMs: t0 + 305_000 } })
  t.match(decideClaim(finished, claiming(86_400)), { claim: { listeningMs: t0 + 86_395_000, judgedMs: 510_000 } }, 'and the day was not judged')
})

t.test('the clock set back', async (t) => {
  const mine = { ...finished, claimedBy: 'me' }
  t.same(decideClaim(mine, claiming(-3600)), { refused: 'clock_behind' })
  t.match(decideClaim(mine, claiming(-86_400)), { claim: { priorAtMs: null, judgedMs: 510_000, listeningMs: t0 - 86_405_000 } }, 'it was wrong before')
  t.same(decideClaim({ ...finished, claimAgeMs: -86_390_000 }, claiming(-3600)), { refused: 'clock_behind' }, 'the database\'s clock with it')
})

t.test('of two collectors whose clocks differ by hours the one ahead goes on, until it is gone', async (t) => {
  t.same(decideClaim(finished, claiming(-86_400)), { refused: 'taken' })
  t.match(decideClaim({ ...finished, claimAgeMs: 31_000 }, claiming(-86_400)), { claim: { priorAtMs: null } })
})
