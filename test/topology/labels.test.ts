import t from 'tap'
import { boxOf, placeLabels, zooms, type Name } from '../../src/topology/labels.js'

const bounds = { left: 0, top: 0, right: 960, bottom: 640 }
const fontSize = 11
const crowd: Name[] = Array.from({ length: 300 }, (_, i) => ({ id: `n${i}`, x: 20 + (i * 7919) % 900, y: 20 + (i * 104_729) % 600, text: `HB9QAA-HAP-${i}` }))
const obstacles = crowd.map(({ x, y }) => ({ x, y, radius: 0.45 }))

t.test('at every magnification no name covers another, or a node', async (t) => {
  const labels = placeLabels(crowd, { obstacles, fontSize, bounds })
  for (const zoom of zooms) {
    const em = fontSize / zoom
    const shown = crowd.flatMap((name) => {
      const label = labels.get(name.id)
      return label !== undefined && label.zoom <= zoom ? [{ name, box: boxOf(name, label, em) }] : []
    })
    const dots = obstacles.map(({ x, y, radius }) => ({ left: x - radius * em, right: x + radius * em, top: y - radius * em, bottom: y + radius * em }))
    const covered = shown.filter(({ name, box }, i) => shown.slice(i + 1).some((other) => overlaps(box, other.box)) || dots.some((dot, j) => crowd[j] !== name && overlaps(box, dot)))
    // What was placed when letters were larger keeps its place.
    t.ok(covered.length <= shown.length / 50, `${zoom}: ${covered.length} of ${shown.length}`)
    if (zoom === 1) t.equal(covered.length, 0)
    t.ok(shown.length > (zoom === 1 ? 60 : 100))
  }
})

t.test('the first come first, all have a place when magnified enough', async (t) => {
  const same: Name[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'].map((id, i) => ({ id, x: 100 + i * 13, y: 100, text: `station-${id}` }))
  const labels = placeLabels(same, { obstacles: [], fontSize, bounds })
  t.equal(labels.get('a')?.zoom, 1)
  t.ok([...labels.values()].some(({ zoom }) => zoom > 1))
  t.equal(labels.size, same.length)
  const turned = placeLabels([...same].reverse(), { obstacles: [], fontSize, bounds })
  t.equal(turned.get('l')?.zoom, 1)
})

t.test('names stay within the frame, on whatever side there is room', async (t) => {
  const text = 'a rather long name'
  const labels = placeLabels([{ id: 'right', x: 955, y: 300, text }, { id: 'left', x: 5, y: 300, text }], { obstacles: [], fontSize, bounds })
  t.match(labels.get('right'), { anchor: 'end', zoom: 1 })
  t.match(labels.get('left'), { anchor: 'start', zoom: 1 })
})

interface Box { left: number, right: number, top: number, bottom: number }
function overlaps (one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
}
