import t, { type Test } from 'tap'
import { agentKinds, parseDuration } from '../../src/simulate/faults.js'
import type { FaultTruth, Truth } from '../../src/simulate/truth.js'
import type { Spell } from '../support/mesh-judge.js'
import { play } from '../support/scene.js'

const iso = (at: number): string => new Date(at).toISOString()

/**
 * Each fault is seen when the truth says, not before, and nothing else is but what the truth allows. A rule that held already for
 * another fault's sake must still hold.
 */
function compare (t: Test, { truth, spells }: { truth: Truth, spells: Spell[] }): void {
  for (const fault of truth.faults) {
    const own = spells.filter(({ rule, subject }) => rule === fault.rule && subject === fault.subject)
    const held = own.find(({ first, last }) => iso(first) < fault.start && iso(last) >= (fault.detectable_at ?? fault.start))
    const seen = own.find(({ first }) => iso(first) >= fault.start && first <= Date.parse(fault.end) + 60_000)
    t.equal(held !== undefined ? fault.detectable_at : seen === undefined ? null : iso(seen.first), fault.detectable_at, `${fault.kind} of ${fault.subject} from ${fault.start}`)
  }
  t.same(spells.filter((spell) => !truth.faults.some((fault) => explains(fault, spell))).map((spell) => ({ ...spell, first: iso(spell.first) })), [], 'nothing else is wrong')
}

function explains (fault: FaultTruth, { rule, subject, first }: Spell): boolean {
  if (fault.rule === rule && fault.subject === subject) return iso(first) >= fault.start
  return fault.consequences.some((consequence) => consequence.rule === rule && consequence.subjects.includes(subject))
}

for (const kind of agentKinds) {
  t.test(`${kind} crosses its rule's threshold when the truth says`, async (t) => {
    for (const seed of [31, 32]) {
      const scene = play({ seed, nodes: 30, hours: 3, wishes: [{ kind, subject: null, offset: parseDuration('80m'), duration: parseDuration('45m') }] })
      t.not(scene.truth.faults[0]?.detectable_at, null)
      compare(t, scene)
    }
  })
}

t.test('random faults of all kinds at once are each seen when the truth says', async (t) => {
  for (const seed of [41, 42]) {
    const scene = play({ seed, nodes: 60, hours: 8, random: 14, v1Share: 0.1 })
    t.equal(scene.truth.faults.length, 14)
    compare(t, scene)
  }
})

t.test('a fault too short for its rule is never detectable, and the judge agrees', async (t) => {
  for (const kind of ['jitter', 'loss', 'rf_drop', 'overload', 'silent'] as const) {
    const { truth, spells } = play({ seed: 51, nodes: 30, hours: 3, wishes: [{ kind, subject: null, offset: parseDuration('80m'), duration: parseDuration('30s') }] })
    const [fault] = truth.faults
    t.equal(fault?.detectable_at, null, kind)
    t.same(spells.filter(({ rule, subject }) => rule === fault?.rule && subject === fault.subject), [])
  }
})
