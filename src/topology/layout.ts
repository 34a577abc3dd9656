import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type SimulationNodeDatum } from 'd3-force'
import { placeOf } from './geo.js'
import { pairKey, type MapLink, type MapNode } from './mesh.js'
import { fitProjection, type Box, type Projection } from './projection.js'

export interface Spot {
  x: number
  y: number
  /** Where it is from: the node's coordinates; its grid square; the edge of the map, since it is far outside; computed from its links; no place and no link. */
  from: 'coordinates' | 'square' | 'edge' | 'links' | 'nothing'
}

export interface Layout {
  spots: ReadonlyMap<string, Spot>
  /** Of the places on it; null where no node has any. */
  projection: Projection | null
}

export const frame = { width: 960, height: 640 } as const
const margin = 34
/** Room beside the rightmost nodes for their names. */
const sideMargin = 70
/** Nodes of one roof are drawn this far apart at least. */
const apart = 13
const settleTicks = 30
const ticks = 120
const linkLength = 48
/** A mesh of few nodes need not fill the frame. */
const mostStretch = 2.2
const aloneColumns = 8
const aloneRow = 24
const mostAloneShare = 0.35
/** Below the rows of those that have no place, for the scale. */
const scaleRoom = 20

type Known = Pick<MapNode, 'id' | 'lat' | 'lon' | 'gridSquare'>
interface Body extends SimulationNodeDatum { id: string, x: number, y: number, homeX: number, homeY: number }

/**
 * Where each node is drawn. The same mesh gives the same layout, in whatever order it comes: nodes with a place by it, the others beside their
 * neighbours, by forces that begin at a position made from the name. What has neither place nor link stands in rows below.
 */
export function layOut (nodes: readonly Known[], links: readonly Pick<MapLink, 'a' | 'b'>[]): Layout {
  const sorted = [...nodes].sort(byId)
  const ids = new Set(sorted.map(({ id }) => id))
  const pairs = [...new Map(links.filter(({ a, b }) => a !== b && ids.has(a) && ids.has(b)).map(({ a, b }) => [pairKey(a, b), { source: a, target: b }])).entries()]
    .sort(([x], [y]) => x < y ? -1 : 1).map(([, pair]) => pair)
  const linked = new Set(pairs.flatMap(({ source, target }) => [source, target]))
  const places = sorted.map((node) => ({ id: node.id, place: placeOf(node) }))
  const alone = places.filter(({ id, place }) => place === null && !linked.has(id)).map(({ id }) => id)
  const strip = alone.length === sorted.length ? frame.height - 2 * margin : Math.min(frame.height * mostAloneShare, Math.ceil(alone.length / aloneColumns) * aloneRow)
  const room = alone.length > 0 && places.some(({ place }) => place !== null) ? scaleRoom : 0
  const box: Box = { left: margin, top: margin, right: frame.width - sideMargin, bottom: frame.height - margin - strip - room }

  const projection = fitProjection(places.flatMap(({ place }) => place ?? []), box)
  const spots = new Map<string, Spot>(projection === null ? [] : settle(places.flatMap(({ id, place }) => place === null ? [] : [{ id, isSquare: place.isSquare, ...projection.at(place) }])))
  const free = places.filter(({ id }) => !spots.has(id) && linked.has(id)).map(({ id }) => id)
  for (const [id, spot] of pull(free, { spots, pairs, box })) spots.set(id, spot)
  for (const [i, id] of alone.entries()) spots.set(id, aloneSpot(i, { count: alone.length, top: box.bottom + margin, height: strip }))
  return { spots, projection }
}

/** Moves apart what would cover each other; all else stays exactly where it is. */
function settle (homes: { id: string, x: number, y: number, isOutside: boolean, isSquare: boolean }[]): [string, Spot][] {
  const bodies: Body[] = homes.map(({ id, x, y }) => ({ id, x, y, homeX: x, homeY: y }))
  forceSimulation(bodies).stop().alpha(0.5).alphaDecay(0)
    .force('x', forceX<Body>(({ homeX }) => homeX).strength(0.3))
    .force('y', forceY<Body>(({ homeY }) => homeY).strength(0.3))
    .force('apart', forceCollide<Body>(apart / 2).iterations(2))
    .tick(settleTicks)
  return homes.map(({ id, isOutside, isSquare }, i) => {
    const { x, y } = bodies[i] ?? { x: 0, y: 0 }
    return [id, { x: Math.round(x), y: Math.round(y), from: isOutside ? 'edge' : isSquare ? 'square' : 'coordinates' }]
  })
}

interface Surroundings { spots: ReadonlyMap<string, Spot>, pairs: { source: string, target: string }[], box: Box }

/** Lays out the nodes without a place, by their links. */
function pull (free: string[], { spots, pairs, box }: Surroundings): [string, Spot][] {
  if (free.length === 0) return []
  const isFree = new Set(free)
  const involved = pairs.filter(({ source, target }) => isFree.has(source) || isFree.has(target))
  const isAllFree = spots.size === 0
  const middle = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 }
  const starts = startsOf(free, { spots, pairs: involved, box })
  const bodies = free.map((id): Body => ({ id, ...starts.get(id) ?? middle, homeX: middle.x, homeY: middle.y }))
  const fixed = [...spots].map(([id, { x, y }]): Body => ({ id, x, y, fx: x, fy: y, homeX: x, homeY: y }))
  const neighbours = new Set(involved.flatMap(({ source, target }) => [source, target]))
  const aspect = (box.bottom - box.top) / (box.right - box.left)
  const count = isAllFree ? ticks : ticks / 2
  forceSimulation([...bodies, ...fixed.filter(({ id }) => neighbours.has(id))]).stop().alphaDecay(1 - 0.001 ** (1 / count))
    .force('links', forceLink<Body, { source: string, target: string }>(involved.map((pair) => ({ ...pair }))).id(({ id }) => id).distance(linkLength))
    .force('charge', forceManyBody<Body>().strength(isAllFree ? -160 : -40).distanceMax(isAllFree ? 500 : 120))
    .force('apart', forceCollide<Body>(apart / 2 + 3))
    .force('x', forceX<Body>(({ homeX }) => homeX).strength(isAllFree ? 0.06 * aspect : 0.01))
    .force('y', forceY<Body>(({ homeY }) => homeY).strength(isAllFree ? 0.06 : 0.01))
    .tick(count)
  if (isAllFree) fitInto(bodies, box)
  else forceSimulation([...bodies, ...fixed]).stop().force('apart', forceCollide<Body>(apart / 2 + 1).iterations(2)).tick(settleTicks)
  return bodies.map(({ id, x, y }) => [id, { x: within(x, box.left, box.right), y: within(y, box.top, box.bottom), from: 'links' }])
}

/** Beside placed neighbours, found from them outwards; else anywhere in the box, by the name. */
function startsOf (free: string[], { spots, pairs, box }: Surroundings): Map<string, { x: number, y: number }> {
  const neighbours = new Map<string, string[]>()
  for (const { source, target } of pairs) {
    neighbours.set(source, [...neighbours.get(source) ?? [], target])
    neighbours.set(target, [...neighbours.get(target) ?? [], source])
  }
  const starts = new Map<string, { x: number, y: number }>()
  const spotOf = (id: string) => spots.get(id) ?? starts.get(id)
  for (let left = free, isDone = false; !isDone;) {
    const found = left.flatMap((id) => {
      const known = (neighbours.get(id) ?? []).flatMap((other) => spotOf(other) ?? [])
      if (known.length === 0) return []
      const [angle, far] = [2 * Math.PI * share(id, 1), linkLength * (0.5 + 0.5 * share(id, 2))]
      const mean = (axis: 'x' | 'y') => known.reduce((sum, spot) => sum + spot[axis], 0) / known.length
      return [{ id, x: mean('x') + far * Math.cos(angle), y: mean('y') + far * Math.sin(angle) }]
    })
    for (const { id, x, y } of found) starts.set(id, { x, y })
    left = left.filter((id) => !starts.has(id))
    isDone = found.length === 0
  }
  for (const id of free) if (!starts.has(id)) starts.set(id, { x: box.left + share(id, 1) * (box.right - box.left), y: box.top + share(id, 2) * (box.bottom - box.top) })
  return starts
}

function fitInto (bodies: Body[], box: Box): void {
  const [xs, ys] = [bodies.map(({ x }) => x), bodies.map(({ y }) => y)]
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const scale = Math.min(mostStretch, (box.right - box.left) / Math.max(1, right - left), (box.bottom - box.top) / Math.max(1, bottom - top))
  for (const body of bodies) {
    body.x = (box.left + box.right) / 2 + (body.x - (left + right) / 2) * scale
    body.y = (box.top + box.bottom) / 2 + (body.y - (top + bottom) / 2) * scale
  }
}

function aloneSpot (i: number, { count, top, height }: { count: number, top: number, height: number }): Spot {
  const rows = Math.ceil(count / aloneColumns)
  const [column, row] = [i % aloneColumns, Math.floor(i / aloneColumns)]
  return { x: Math.round(margin + column * (frame.width - margin - sideMargin / 2) / aloneColumns), y: Math.round(top + row * Math.min(aloneRow, height / rows)), from: 'nothing' }
}

function within (value: number, low: number, high: number): number {
  return Math.round(Math.min(high, Math.max(low, value)))
}

/** A number from 0 to 1 made from a name, FNV-1a. */
function share (name: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}

function byId (x: { id: string }, y: { id: string }): number {
  return x.id < y.id ? -1 : x.id > y.id ? 1 : 0
}
