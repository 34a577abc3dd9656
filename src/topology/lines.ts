import { pixel } from '../charts/layout.js'
import type { Layout, Spot } from './layout.js'
import { hopsOf, pairKey, type MapLink, type Mesh } from './mesh.js'
import { mapTexts as texts } from './texts.js'

export interface Point { x: number, y: number }

/** A link as it is drawn; `rank`: its number among those of the same two nodes, which run side by side. */
export interface Line { link: MapLink, from: Spot, to: Spot, rank: number }

/** A step of the highlighted route. */
export interface Step { d: string, at: Point, title: string, number: number }

const sideStep = 5
/** Where on a line a mark may stand, the best place first; then beside it. */
const shares = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]
const asides = [14, -14, 26, -26]
/** Marks keep so far from nodes and from each other. */
const clearance = 14

/** Links with both ends on the map. */
export function linesOf (links: readonly MapLink[], { spots }: Layout): Line[] {
  const ranks = new Map<string, number>()
  return links.flatMap((link) => {
    const [from, to] = [spots.get(link.a), spots.get(link.b)]
    if (from === undefined || to === undefined) return []
    const key = pairKey(link.a, link.b)
    const rank = ranks.get(key) ?? 0
    ranks.set(key, rank + 1)
    return [{ link, from, to, rank }]
  })
}

/** Path data: straight, a bow for the second and further links of a pair. */
export function shapeOf ({ from, to, rank }: Pick<Line, 'from' | 'to' | 'rank'>): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  if (rank === 0) return `M${from.x} ${from.y}l${dx} ${dy}`
  const bend = pointOn({ from, to }, 0.5, 2 * bowOf(rank))
  return `M${from.x} ${from.y}q${bend.x - from.x} ${bend.y - from.y} ${dx} ${dy}`
}

/** How far the middle of a bow is from the straight line: first to one side, then to the other. */
function bowOf (rank: number): number {
  return (rank % 2 === 0 ? 1 : -1) * Math.ceil(rank / 2) * sideStep
}

function pointOn ({ from, to }: Pick<Line, 'from' | 'to'>, share: number, aside: number): Point {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length = Math.hypot(dx, dy) || 1
  return { x: pixel(from.x + dx * share - dy / length * aside), y: pixel(from.y + dy * share + dx / length * aside) }
}

/** How far a point is from all others, as far as that matters. */
function roomAt ({ x, y }: Point, taken: readonly Point[], most: number): number {
  return taken.reduce((room, other) => Math.abs(other.x - x) < room && Math.abs(other.y - y) < room ? Math.min(room, Math.hypot(other.x - x, other.y - y)) : room, most)
}

/**
 * Steps of the route with a place for their numbers, and for each link with an issue one for its mark: none on a node or on another at
 * this magnification.
 */
export function placeMarks (mesh: Mesh, lines: readonly Line[], layout: Layout, zoom: number): { steps: Step[], marks: (Line & { at: Point })[] } {
  const taken: Point[] = [...layout.spots.values()].map(({ x, y }) => ({ x, y }))
  const take = (line: Pick<Line, 'from' | 'to' | 'rank'>): Point => {
    const bow = bowOf(line.rank)
    const candidates = [...shares.map((share) => pointOn(line, share, 4 * share * (1 - share) * bow)), ...asides.map((aside) => pointOn(line, 0.5, aside / zoom))]
    const rooms = candidates.map((point) => roomAt(point, taken, clearance / zoom))
    const best = candidates[rooms.indexOf(Math.max(...rooms))] ?? pointOn(line, 0.5, bow)
    taken.push(best)
    return best
  }
  const marks = lines.filter(({ link }) => link.issues.length > 0).map((line) => ({ ...line, at: take(line) }))
  const steps = hopsOf(mesh).flatMap(({ from, to, link }, i): Step[] => {
    const [start, end] = [layout.spots.get(from), layout.spots.get(to)]
    if (start === undefined || end === undefined) return []
    const line = { from: start, to: end, rank: 0 }
    const title = `${texts.hop(i + 1, from, to)}${link === undefined ? `, ${texts.noLink}` : ''}`
    return [{ d: shapeOf(line), at: take(line), title, number: i + 1 }]
  })
  return { steps, marks }
}
