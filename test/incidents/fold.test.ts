import fc from 'fast-check'
import t from 'tap'
import { fold, type Foldable } from '../../src/incidents/fold.js'

function path (id: string, route: string[], more: Partial<Foldable> = {}): Foldable {
  return { id, kind: 'loss_spike', scope: { type: 'path', src: route[0] ?? '', dst: route.at(-1) ?? '' }, startedMs: 100, causedBy: null, routes: [route], cutOff: [], ...more }
}

function link (id: string, kind: string, a: string, b: string, medium = 'rf'): Foldable {
  return { id, kind, scope: { type: 'link', a, b, medium }, startedMs: 50, causedBy: null, routes: [], cutOff: [] }
}

function node (id: string, kind: string, name: string): Foldable {
  return { id, kind, scope: { type: 'node', node: name }, startedMs: 50, causedBy: null, routes: [], cutOff: [] }
}

const causesOf = (incidents: Foldable[]): Record<string, string> => Object.fromEntries(fold(incidents, 3).map(({ id, causedBy }) => [id, causedBy]))

t.test('a path names what lies on its way, in the order of causes', async (t) => {
  const lossy = path('p', ['a', 'b', 'c'])
  const overload = node('6', 'node_overload', 'b')
  const silent = node('8', 'node_silent', 'b')
  const bottleneck = link('5', 'bottleneck_link', 'b', 'c')
  const drop = link('1', 'rf_quality_drop', 'b', 'a')
  t.same(causesOf([lossy]), {})
  t.same(causesOf([lossy, overload]), { p: '6' })
  t.same(causesOf([lossy, overload, silent]), { p: '8' })
  t.same(causesOf([lossy, overload, silent, bottleneck]), { p: '5' })
  t.same(causesOf([lossy, overload, silent, bottleneck, drop]), { p: '1' })
  t.same(causesOf([path('q', ['a', 'x', 'c']), overload, bottleneck, drop]), {}, 'a path elsewhere has none of them')
  t.same(causesOf([path('q', ['a', 'c', 'b']), drop]), {}, 'two nodes of a route are no link of it')
})

t.test('a bottleneck names the drop of the very same link', async (t) => {
  const drop = link('1', 'rf_quality_drop', 'a', 'b')
  t.same(causesOf([drop, link('5', 'bottleneck_link', 'a', 'b')]), { 5: '1' })
  t.same(causesOf([drop, link('5', 'bottleneck_link', 'a', 'b', 'tunnel')]), {})
  t.same(causesOf([link('1', 'rf_quality_drop', 'a', 'b', 'tunnel'), path('p', ['a', 'b'])]), { p: '1' }, 'a hop list names no media')
})

t.test('what has a cause keeps it', async (t) => {
  t.same(causesOf([path('p', ['a', 'b'], { causedBy: 'x' }), node('8', 'node_silent', 'b')]), {})
})

t.test('three paths to one node that lose everything have one cause', async (t) => {
  const cut = (id: string, src: string, more: Partial<Foldable> = {}): Foldable => path(id, [src, 'd'], { cutOff: ['d'], ...more })
  t.same(causesOf([cut('p1', 'a'), cut('p2', 'b')]), {})
  const three = [cut('p3', 'c'), cut('p2', 'b', { startedMs: 90 }), cut('p1', 'a', { startedMs: 90 })]
  t.same(causesOf(three), { p2: 'p1', p3: 'p1' }, 'the oldest; of two as old the lower id')
  t.same(causesOf([cut('p1', 'a'), cut('p2', 'b'), cut('p3', 'c', { cutOff: [] })]), {}, 'one that loses only half does not count')
  const folded = [cut('p1', 'a', { startedMs: 90, routes: [] }), cut('p2', 'b', { causedBy: 'p1' }), cut('p3', 'c', { causedBy: 'p1' })]
  t.same(causesOf([...folded, node('8', 'node_silent', 'd')]), { p1: '8' }, 'once that node is silent, the oldest names it')
})

t.test('links that went down with the node at their end have one cause, at once', async (t) => {
  const down = (id: string, other: string, more: Partial<Foldable> = {}): Foldable => ({ ...link(id, 'link_down', other, 'd'), cutOff: ['d'], ...more })
  t.same(causesOf([down('l1', 'a'), node('8', 'node_silent', 'd')]), {}, 'a node may be silent because its only link is down')
  t.same(causesOf([down('l2', 'b', { startedMs: 60 }), down('l1', 'a'), down('l3', 'c', { startedMs: 55 })]), { l2: 'l1', l3: 'l1' })
  t.same(causesOf([down('l1', 'a'), down('l2', 'b', { cutOff: [] })]), {}, 'a node that is still reached has links that fail by themselves')
  t.same(causesOf([down('l1', 'a'), down('l2', 'b', { causedBy: 'l1' }), node('8', 'node_silent', 'd')]), { l1: '8' }, 'once that node is silent, the oldest names it')
  t.same(causesOf([down('l1', 'a'), path('p', ['a', 'd'], { cutOff: ['d'] }), path('q', ['x', 'd'], { cutOff: ['d'] })]), { p: 'l1' }, 'paths and links are not counted together')
})

t.test('the order in which incidents come makes no difference, and none causes itself', async (t) => {
  const names = fc.constantFrom('a', 'b', 'c', 'd')
  const incident: fc.Arbitrary<Foldable> = fc.oneof(
    fc.tuple(fc.uuid(), fc.array(names, { minLength: 2, maxLength: 4 }), fc.boolean(), fc.nat(5)).map(([id, route, isLost, startedMs]) => path(id, route, { cutOff: isLost ? route.slice(-1) : [], startedMs })),
    fc.tuple(fc.uuid(), fc.uniqueArray(names, { minLength: 2, maxLength: 2 }), fc.subarray(['a', 'b', 'c', 'd']), fc.nat(5)).map(([id, [a = '', b = ''], cutOff, startedMs]) => ({ ...link(id, 'link_down', a, b), cutOff, startedMs })),
    fc.tuple(fc.uuid(), fc.constantFrom('rf_quality_drop', 'bottleneck_link'), names, names).map(([id, kind, a, b]) => link(id, kind, a, b)),
    fc.tuple(fc.uuid(), fc.constantFrom('node_silent', 'node_overload'), names).map(([id, kind, name]) => node(id, kind, name))
  )
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(incident, { maxLength: 12 }).chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))), ([all, shuffled]) => {
    const [one, two] = [causesOf(all), causesOf(shuffled)]
    if (JSON.stringify(Object.entries(one).sort()) !== JSON.stringify(Object.entries(two).sort())) throw new Error('the order mattered')
    if (Object.entries(one).some(([id, causedBy]) => id === causedBy)) throw new Error('one caused itself')
  })))
})
