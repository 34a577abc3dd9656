import t from 'tap'
import { play } from '../support/scene.js'

t.test('a healthy day of 100 nodes crosses no threshold', async (t) => {
  const { spells, truth } = play({ seed: 21, nodes: 100, hours: 24, v1Share: 0.1 })
  t.same(spells, [])
  t.same(truth.faults, [])
  t.match(truth.standing, [{ rule: 'timing_unusable' }])
})
