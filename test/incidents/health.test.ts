import t from 'tap'
import { overallHealth, type NodeCount, type OpenCount } from '../../src/incidents/health.js'

const open = (severity: OpenCount['severity'], more: Partial<OpenCount> = {}): OpenCount =>
  ({ severity, category: 'network', acknowledged: false, stale: false, in_maintenance: false, n: 1, ...more })
const nodes = (status: NodeCount['status'], due: boolean, heard: boolean, n = 1): NodeCount => ({ status, due, heard, n })
const alive = [nodes('active', true, true)]

t.test('the worst that is open colours it', async (t) => {
  t.equal(overallHealth([], alive).state, 'green')
  t.equal(overallHealth([open('minor')], alive).state, 'yellow')
  t.equal(overallHealth([open('major')], alive).state, 'yellow')
  t.equal(overallHealth([open('minor'), open('critical')], alive).state, 'red')
  t.same(overallHealth([open('minor', { n: 3 }), open('minor', { category: 'node' }), open('critical', { n: 2 })], alive).open, { critical: 2, major: 0, minor: 4 })
})

t.test('what is acknowledged, stale, in maintenance or about data does not count', async (t) => {
  for (const more of [{ acknowledged: true }, { stale: true }, { in_maintenance: true }, { category: 'data_quality' }]) {
    t.match(overallHealth([open('critical', more)], alive), { state: 'green', open: { critical: 0, major: 0, minor: 0 } }, JSON.stringify(more))
  }
  t.equal(overallHealth([open('critical', { acknowledged: true }), open('minor')], alive).state, 'yellow')
})

t.test('nothing is known of a mesh of which nothing is heard', async (t) => {
  const states: [NodeCount[], string][] = [
    [[], 'unknown'],
    [[nodes('dead', false, false, 5)], 'unknown'],
    [[nodes('inactive', true, false)], 'unknown'],
    [[nodes('inactive', true, false, 9), nodes('active', true, true)], 'green'],
    [[nodes('active', false, false)], 'green'],
    [[nodes('active', false, false), nodes('dead', false, false)], 'green'],
    [[nodes('active', false, false), nodes('inactive', true, false)], 'unknown'],
  ]
  for (const [counted, state] of states) t.equal(overallHealth([], counted).state, state, JSON.stringify(counted))
  t.equal(overallHealth([open('critical')], []).state, 'unknown')
})

t.test('nodes are counted by status', async (t) => {
  t.same(overallHealth([], [nodes('active', true, true, 3), nodes('active', false, false, 2), nodes('dead', false, false, 4)]).nodes, { active: 5, inactive: 0, dead: 4 })
})
