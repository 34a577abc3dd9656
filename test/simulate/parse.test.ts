import t from 'tap'
import { historyKinds, parseDuration, parseFault, subjectText } from '../../src/simulate/faults.js'
import { generateMesh } from '../../src/simulate/mesh.js'
import { planFaults } from '../../src/simulate/plan.js'

const mesh = generateMesh({ seed: 3, nodes: 30 })
const first = mesh.nodes[0]?.name ?? ''
const stranger = mesh.nodes.findLast(({ links }) => !links.some((link) => mesh.links[link]?.a === 0 || mesh.links[link]?.b === 0))?.name
const rf = mesh.links.find(({ medium }) => medium === 'rf')
const [a, b] = [mesh.nodes[rf?.a ?? 0]?.name ?? '', mesh.nodes[rf?.b ?? 0]?.name ?? '']

t.test('a fault is read from its text', async (t) => {
  t.same(parseFault('crash:auto@90s+1h30m', mesh), { kind: 'crash', subject: null, offset: 90_000, duration: 5_400_000 })
  t.match(parseFault(`silent:${first.toLowerCase()}@0s+2d`, mesh), { subject: { scope: 'node', node: 0 }, offset: 0, duration: 172_800_000 })
  t.match(parseFault('jitter:node-03>node-1@10m+20m', mesh), { subject: { scope: 'path', src: 2, dst: 0 } })
  t.match(parseFault(`rf_drop:${b}--${a}@10m+20m`, mesh), { subject: { scope: 'link', link: rf?.index } }, 'either order')
  const wired = mesh.links.find(({ medium }) => medium === 'dtd')
  const subject = subjectText(mesh, { scope: 'link', link: wired?.index ?? 0 })
  t.match(subject, /--.*@dtd$/)
  t.match(parseFault(`bottleneck:${subject}@10m+20m`, mesh), { subject: { scope: 'link', link: wired?.index } })
})

const refused: [string, RegExp][] = [
  ['jitter', /is not KIND:SUBJECT@START\+DURATION, for example/],
  ['jitter:auto@10m', /is not KIND:SUBJECT@START\+DURATION/],
  ['lightning:auto@10m+1m', /"lightning" is no kind of fault; there are rf_drop, jitter/],
  ['jitter:auto@soon+1m', /"soon" is not a time span like 90s/],
  ['jitter:auto@1m+0s', /lasts no time/],
  ['jitter:node-01@1m+5m', /befalls a path: "node-01" is not SRC>DST/],
  ['jitter:node-01>node-01@1m+5m', /from a node to itself/],
  ['rf_drop:node-01@1m+5m', /befalls a link: "node-01" is not A--B/],
  ['crash:node-31@1m+5m', /the mesh has no node "node-31"; there are node-01 to node-30, named /],
  [`rf_drop:${first}--${stranger}@1m+5m`, /there is no rf link between .*; .* has /],
]

for (const [text, message] of refused) {
  t.test(`"${text}" is refused with a reason`, async (t) => {
    t.throws(() => parseFault(text, mesh), { name: 'FaultError', message })
  })
}

t.test('spans of time add up', async (t) => {
  t.equal(parseDuration('1d2h3m4s'), 93_784_000)
  t.equal(parseDuration('1.5h'), 5_400_000)
  for (const text of ['', '5', '-5m', '5 m', '1w']) t.throws(() => parseDuration(text), { name: 'FaultError' })
})

t.test('plans keep faults on one node apart, and say when there is no room', async (t) => {
  const from = 1_790_000_000_000
  const to = from + 24 * 3_600_000
  const plan = (random: number, end = to): ReturnType<typeof planFaults> => planFaults(mesh, { wishes: [], random, seed: 7, from, to: end, kinds: historyKinds })
  const faults = plan(12)
  t.equal(faults.length, 12)
  t.ok(faults.every(({ kind, start, end }) => kind !== 'skew' && start >= from + parseDuration('75m') && end <= to - parseDuration('20m')))
  t.throws(() => plan(1000), { name: 'FaultError', message: /no place left after \d+ random faults/ })
  t.throws(() => plan(1, from + parseDuration('20m')), { name: 'FaultError', message: /no place left after 0/ })
  const pair = generateMesh({ seed: 1, nodes: 2 })
  const wish = { kind: 'flap' as const, offset: 0, duration: 600_000 }
  const two = { random: 0, seed: 1, from, to, kinds: historyKinds }
  t.throws(() => planFaults(pair, { ...two, wishes: [{ ...wish, subject: null }] }), { message: /no path of this mesh is free and fit for flap/ })
  t.throws(() => planFaults(pair, { ...two, wishes: [{ ...wish, subject: { scope: 'path', src: 0, dst: 1 } }] }), { message: /flaps between 3 routes, and .* has 1/ })
})
