import t from 'tap'
import { createLayoutCache } from '../../src/topology/layout-cache.js'
import { frame, layOut, type Layout } from '../../src/topology/layout.js'
import { mapLink, mapNode, simulatedMesh } from '../support/mesh-map.js'

const spotOf = ({ spots }: Layout, id: string) => {
  const spot = spots.get(id)
  if (spot === undefined) throw new Error(`${id} has no spot`)
  return spot
}
const isInside = ({ x, y }: { x: number, y: number }) => x > 0 && y > 0 && x < frame.width && y < frame.height

t.test('north is up, east is right, and the mesh fills the frame', async (t) => {
  const layout = layOut([mapNode('north', { lat: 47.6, lon: 8.5 }), mapNode('south', { lat: 47.2, lon: 8.5 }), mapNode('east', { lat: 47.4, lon: 8.8 })], [])
  const [north, south, east] = ['north', 'south', 'east'].map((id) => spotOf(layout, id))
  t.ok(north && south && east && north.y < east.y && east.y < south.y && east.x > north.x && north.x === south.x)
  t.ok(south!.y - north!.y > frame.height * 0.8)
  const km = 0.4 * 111.2
  t.ok(Math.abs(layout.projection!.pxPerKm * km - (south!.y - north!.y)) < 3, 'the scale is that of the map')
})

t.test('the same mesh in any order gives the same layout', async (t) => {
  for (const placed of [0, 0.5, 1]) {
    const { nodes, links } = simulatedMesh({ nodes: 60, placed })
    const [once, again] = [layOut(nodes, links), layOut([...nodes].reverse(), [...links].reverse().map((link) => ({ a: link.b, b: link.a })))]
    t.same([...again.spots].sort(), [...once.spots].sort(), String(placed))
    t.equal(once.spots.size, 60)
    t.ok([...once.spots.values()].every(isInside))
  }
})

t.test('a node more or less moves the others little', async (t) => {
  const moved = (placed: number) => {
    const { nodes, links } = simulatedMesh({ nodes: 60, placed })
    const leaf = nodes.find(({ id }) => links.filter(({ a, b }) => a === id || b === id).length === 1)!
    const [all, fewer] = [layOut(nodes, links), layOut(nodes.filter((node) => node !== leaf), links.filter(({ a, b }) => a !== leaf.id && b !== leaf.id))]
    return [...fewer.spots].map(([id, { x, y }]) => Math.hypot(spotOf(all, id).x - x, spotOf(all, id).y - y)).sort((a, b) => a - b)
  }
  const [placed, half, none] = [moved(1), moved(0.7), moved(0)]
  t.equal(placed.at(-1), 0, 'what has coordinates stays')
  t.equal(half[Math.floor(half.length / 2)], 0)
  t.ok((none[Math.floor(none.length / 2)] ?? 0) < frame.width / 8, `median ${none[Math.floor(none.length / 2)]}`)
})

t.test('nodes of one roof stand beside each other, not upon', async (t) => {
  const roof = Array.from({ length: 6 }, (_, i) => mapNode(`roof-${i}`, { lat: 47.3, lon: 8.5 }))
  const layout = layOut([...roof, mapNode('far', { lat: 47.5, lon: 8.9 })], [])
  const spots = roof.map(({ id }) => spotOf(layout, id))
  for (const [i, one] of spots.entries()) {
    for (const other of spots.slice(i + 1)) t.ok(Math.hypot(one.x - other.x, one.y - other.y) >= 9, `${i}`)
  }
  t.ok(spots.every(({ x, y }) => Math.hypot(x - spots[0]!.x, y - spots[0]!.y) < 50))
})

t.test('what tells no coordinates stands by its grid square, beside its neighbours, or in rows below', async (t) => {
  const nodes = [
    mapNode('a', { lat: 47.3, lon: 8.5 }), mapNode('b', { lat: 47.6, lon: 8.9 }), mapNode('square', { gridSquare: 'JN47gj' }), mapNode('nonsense', { gridSquare: 'unknown' }),
    mapNode('by-a'), mapNode('by-by-a'), mapNode('alone-1'), mapNode('alone-2'),
  ]
  const layout = layOut(nodes, [mapLink('a', 'by-a'), mapLink('by-a', 'by-by-a'), mapLink('a', 'b'), mapLink('a', 'unheard-of')])
  t.same(Object.fromEntries([...layout.spots].map(([id, { from }]) => [id, from])), {
    a: 'coordinates', b: 'coordinates', square: 'square', nonsense: 'nothing', 'by-a': 'links', 'by-by-a': 'links', 'alone-1': 'nothing', 'alone-2': 'nothing',
  })
  const near = (one: string, other: string) => Math.hypot(spotOf(layout, one).x - spotOf(layout, other).x, spotOf(layout, one).y - spotOf(layout, other).y)
  t.ok(near('a', 'by-a') < 120 && near('by-a', 'by-by-a') < 120 && near('by-a', 'b') > 200)
  t.ok(['alone-1', 'alone-2', 'nonsense'].every((id) => spotOf(layout, id).y > spotOf(layout, 'a').y))
})

t.test('a tunnel across an ocean does not shrink the mesh to a dot', async (t) => {
  const { nodes, links } = simulatedMesh({ nodes: 20 })
  const layout = layOut([...nodes, mapNode('new-york', { lat: 40.7, lon: -74 })], links)
  const west = spotOf(layout, 'new-york')
  t.equal(west.from, 'edge')
  t.ok(isInside(west) && west.x < frame.width / 2)
  t.same([...layOut(nodes, links).spots].filter(([id, { x, y }]) => Math.hypot(spotOf(layout, id).x - x, spotOf(layout, id).y - y) > 30), [])
  t.equal([...layout.spots.values()].filter(({ from }) => from === 'edge').length, 1)
})

t.test('nothing, one node, one pair, a thousand without a link', async (t) => {
  t.equal(layOut([], []).spots.size, 0)
  t.ok(isInside(spotOf(layOut([mapNode('a', { lat: 47, lon: 8 })], []), 'a')))
  const pair = layOut([mapNode('a'), mapNode('b')], [mapLink('a', 'b')])
  t.ok(isInside(spotOf(pair, 'a')) && isInside(spotOf(pair, 'b')) && Math.abs(spotOf(pair, 'a').x - spotOf(pair, 'b').x) + Math.abs(spotOf(pair, 'a').y - spotOf(pair, 'b').y) > 20)
  const many = layOut(Array.from({ length: 1000 }, (_, i) => mapNode(`n${i}`)), [])
  t.ok([...many.spots.values()].every(isInside))
})

t.test('a known mesh is not laid out again; the oldest is forgotten', async (t) => {
  const layOutKept = createLayoutCache(2)
  const meshes = [3, 4, 5].map((nodes) => simulatedMesh({ nodes }))
  const [first, second] = meshes.slice(0, 2).map((mesh) => layOutKept(mesh))
  t.equal(layOutKept({ ...meshes[0]!, links: meshes[0]!.links.map((link) => ({ ...link, etx: 3, isSilent: true })) }), first, 'figures and issues change nothing')
  layOutKept(meshes[2]!)
  t.equal(layOutKept(meshes[0]!), first, 'used last but one')
  t.not(layOutKept(meshes[1]!), second)
  t.not(layOutKept({ ...meshes[0]!, links: [] }), first)
})
