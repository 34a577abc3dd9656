import t from 'tap'
import fc from 'fast-check'
import { distanceM, groupPlaces, nearM, type Placed } from '../../src/places/group.js'

const metre = 1 / 111_195
const at = (id: string, kind: Placed['kind'], [east, north]: [number, number] = [0, 0], lat = 47): Placed =>
  ({ id, kind, lat: lat + north * metre, lon: 8 + east * metre / Math.cos(lat * Math.PI / 180) })
const nowhere = (id: string, kind: Placed['kind']): Placed => ({ id, kind, lat: null, lon: null })
const namesOf = (places: ReturnType<typeof groupPlaces>) => places.map(({ name, members }) => [name, ...members.map(({ id, kind }) => `${kind[0]} ${id}`)])
const site = (name: string, nodes: string[], radios: string[] = []) => ({ name, nodes, radios })

t.test('by the file, whatever case, wherever they stand; one alone is no place', async (t) => {
  const nodes = [nowhere('hill', 'router'), nowhere('Solar', 'repeater'), at('Lake', 'router'), at('Lone', 'repeater', [500, 0])]
  t.same(namesOf(groupPlaces([site('Mountain', ['HILL'], ['solar']), site('Shore', ['Lake', 'never heard'])], nodes)), [['Mountain', 'r hill', 'r Solar']])
  t.same(groupPlaces([site('Mountain', [], ['hill', 'Solar'])], nodes), [], 'a router is no radio')
})

t.test('by coordinates: 90 m is near, 110 m is not, in any direction and at any latitude', async (t) => {
  for (const lat of [0.001, 47, -47, 78, -78]) {
    for (const [east, north] of [[1, 0], [-1, 0], [0, 1], [0, -1], [0.7, 0.7], [-0.7, 0.7]] as const) {
      t.equal(groupPlaces([], [at('a', 'router', [0, 0], lat), at('b', 'repeater', [east * 90, north * 90], lat)]).length, 1, `${lat}: ${east} ${north}`)
      t.equal(groupPlaces([], [at('a', 'router', [0, 0], lat), at('b', 'repeater', [east * 115, north * 115], lat)]).length, 0, `${lat}: ${east} ${north}`)
    }
  }
})

t.test('who tells no place, 0 and 0, or what is on no earth stands nowhere', async (t) => {
  for (const [lat, lon] of [[null, null], [0, 0], [91, 8], [47, 181], [47, null]]) t.same(groupPlaces([], [{ id: 'a', kind: 'router', lat: lat ?? null, lon: lon ?? null }, { id: 'b', kind: 'repeater', lat: lat ?? null, lon: lon ?? null }]), [], `${lat} ${lon}`)
  t.equal(groupPlaces([], [{ id: 'a', kind: 'router', lat: 47, lon: 8 }, { id: 'b', kind: 'repeater', lat: 47, lon: 8 }]).length, 1)
})

t.test('a neighbour\'s neighbour belongs to it, but not without end', async (t) => {
  const row = Array.from({ length: 8 }, (_, i) => at(`n${i}`, 'router', [i * 80, 0]))
  t.same(namesOf(groupPlaces([], row)), [['n0', 'r n0', 'r n1', 'r n2', 'r n3'], ['n4', 'r n4', 'r n5', 'r n6', 'r n7']])
  const crowd = Array.from({ length: 120 }, (_, i) => at(`n${i}`, 'router'))
  t.same(groupPlaces([], crowd).map(({ members }) => members.length).sort(), [20, 50, 50])
})

t.test('the file goes first: what stands near to one that it names joins it, what it names elsewhere does not', async (t) => {
  const nodes = [at('Hill', 'router'), at('Near', 'repeater', [30, 0]), at('Elsewhere', 'router', [20, 0]), nowhere('Far', 'repeater')]
  t.same(namesOf(groupPlaces([site('Mountain', ['Hill']), site('Cellar', ['Elsewhere'], ['Far'])], nodes)), [['Cellar', 'r Elsewhere', 'r Far'], ['Mountain', 'r Hill', 'r Near']])
})

t.test('a place without a name has that of a router in it, and no name is there twice', async (t) => {
  t.same(namesOf(groupPlaces([], [at('A radio', 'repeater'), at('Z', 'router')])), [['Z', 'r Z', 'r A radio']])
  const nodes = [at('Z', 'router'), at('A', 'router', [10, 0]), nowhere('Q', 'router'), nowhere('R', 'repeater'), at('a', 'repeater', [5000, 0]), at('z', 'repeater', [5010, 0])]
  const names = groupPlaces([site('a', ['Q'], ['R'])], nodes).map(({ name }) => name.toLowerCase())
  t.equal(new Set(names).size, 3)
})

t.test('the same places in any order, each member in one', async (t) => {
  const spot = fc.record({ id: fc.string({ minLength: 1, maxLength: 3 }), kind: fc.constantFrom('router' as const, 'repeater' as const), east: fc.integer({ min: -400, max: 400 }), north: fc.integer({ min: -400, max: 400 }) })
  const mesh = fc.uniqueArray(spot, { maxLength: 40, selector: ({ id, kind }) => `${kind} ${id.toLowerCase()}` })
  fc.assert(fc.property(mesh, (spots) => {
    const nodes = spots.map(({ id, kind, east, north }) => at(id, kind, [east, north]))
    const places = groupPlaces([], nodes)
    const members = places.flatMap(({ members }) => members)
    t.ok(new Set(members).size === members.length)
    t.ok(places.every(({ members }) => members.every((one) => members.some((other) => other !== one && distanceM(one, other) <= nearM))))
    t.ok(JSON.stringify(groupPlaces([], [...nodes].reverse())) === JSON.stringify(places))
  }), { numRuns: 60 })
})
