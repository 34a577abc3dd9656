import type { Site } from './sites.js'

/** A node or radio that may stand somewhere. */
export interface Placed { id: string, kind: 'router' | 'companion' | 'repeater', lat: number | null, lon: number | null }

/** Nodes and radios that stand together, two at least. `isNamed`: by the SITES file, else by their coordinates. */
export interface Place<Member extends Placed = Placed> { name: string, isNamed: boolean, members: Member[] }

/** What stands this near to a member of a place belongs to it, in metres. */
export const nearM = 100
/** A chain of neighbours is one place no further than this from where it begins. */
const farthestM = 300
/** Members of one place: more are a crowd with one wrong position. */
const mostMembers = 50

const earthRadiusM = 6_371_000
const radians = Math.PI / 180
const cellDegrees = nearM / earthRadiusM / radians

interface Group<Member> { name: string | null, members: Member[] }

/**
 * Puts nodes together: first those that the SITES file names, then by coordinates, each neighbour's neighbour too. Within bounds: see above. The same nodes give
 * the same places in whatever order they come; every name is that of one place. A member is in one place only. 0, 0 is where nobody told a radio its place.
 */
export function groupPlaces<Member extends Placed> (sites: readonly Site[], nodes: readonly Member[]): Place<Member>[] {
  const sorted = [...nodes].sort((a, b) => compare(rankOf(a), rankOf(b)) || compare(a.id.toLowerCase(), b.id.toLowerCase()))
  const siteOf = new Map<string, Site>(sites.flatMap((site) => [...site.nodes.map((id) => [`node ${id.toLowerCase()}`, site] as const), ...site.radios.map((id) => [`radio ${id.toLowerCase()}`, site] as const)]))
  const bySite = new Map<Site, Member[]>(sites.map((site) => [site, []]))
  const free: Member[] = []
  for (const node of sorted) (bySite.get(siteOf.get(keyOf(node))!) ?? free).push(node)

  const cells = new Cells(free.filter(isLocated))
  const groups: Group<Member>[] = [
    ...[...bySite].map(([{ name }, members]) => ({ name, members: cells.grow(members) })),
    ...free.map((node) => ({ name: null, members: cells.take(node) ? cells.grow([node]) : [] })),
  ]
  return nameThem(groups.filter(({ members }) => members.length > 1))
}

/** Free nodes with coordinates, by the square of 100 m that they are in. */
class Cells<Member extends Placed> {
  readonly #cells = new Map<string, Set<Member>>()

  constructor (nodes: readonly Member[]) {
    for (const node of nodes) {
      const key = cellOf(node)
      const cell = this.#cells.get(key)
      if (cell === undefined) this.#cells.set(key, new Set([node]))
      else cell.add(node)
    }
  }

  /** Whether it was still free. */
  take (node: Member): boolean {
    return this.#cells.get(cellOf(node))?.delete(node) ?? false
  }

  /** The members and what stands near to them, or near to that. */
  grow (members: Member[]): Member[] {
    const grown = [...members]
    const first = grown.find(isLocated)
    if (first === undefined) return grown
    for (let i = 0; i < grown.length; i++) {
      for (const node of isLocated(grown[i]!) ? this.#around(grown[i]!) : []) {
        if (grown.length >= mostMembers) return grown
        if (distanceM(grown[i]!, node) <= nearM && distanceM(first, node) <= farthestM && this.take(node)) grown.push(node)
      }
    }
    return grown
  }

  * #around (node: Member): Generator<Member> {
    const [row, column] = squareOf(node)
    for (const y of [row - 1, row, row + 1]) {
      // Squares of another row are not above each other: towards the poles there are fewer of them.
      const middle = y === row ? column : columnOf(y, node.lon ?? 0)
      for (const x of [middle - 1, middle, middle + 1]) yield * this.#cells.get(`${y} ${x}`) ?? []
    }
  }
}

/** The name of the file, else of the first member whose name is not taken. */
function nameThem<Member extends Placed> (groups: Group<Member>[]): Place<Member>[] {
  const taken = new Set(groups.flatMap(({ name }) => name === null ? [] : [name.toLowerCase()]))
  return groups.map(({ name, members }) => {
    const [first] = members
    const own = name ?? members.find(({ id }) => !taken.has(id.toLowerCase()))?.id ?? `${first!.id} (${first!.kind}) ${first!.lat}, ${first!.lon}`
    taken.add(own.toLowerCase())
    return { name: own, isNamed: name !== null, members }
  }).sort((a, b) => compare(a.name.toLowerCase(), b.name.toLowerCase()))
}

/** Haversine, metres. */
export function distanceM (a: Placed, b: Placed): number {
  const [latA = 0, lonA = 0, latB = 0, lonB = 0] = [a.lat, a.lon, b.lat, b.lon].map((degrees) => (degrees ?? 0) * radians)
  const h = Math.sin((latB - latA) / 2) ** 2 + Math.cos(latA) * Math.cos(latB) * Math.sin((lonB - lonA) / 2) ** 2
  return 2 * earthRadiusM * Math.asin(Math.min(1, Math.sqrt(h)))
}

function isLocated ({ lat, lon }: Placed): boolean {
  return lat !== null && lon !== null && Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && (lat !== 0 || lon !== 0)
}

function squareOf ({ lat, lon }: Placed): [row: number, column: number] {
  const row = Math.floor((lat ?? 0) / cellDegrees)
  return [row, columnOf(row, lon ?? 0)]
}

/** Columns of a row are as wide as 100 m at its end nearer to the pole, or wider. */
function columnOf (row: number, lon: number): number {
  const latitude = Math.max(Math.abs(row), Math.abs(row + 1)) * cellDegrees
  return Math.floor(lon * Math.max(Math.cos(latitude * radians), 1e-6) / cellDegrees)
}

function cellOf (node: Placed): string {
  return squareOf(node).join(' ')
}

function keyOf ({ id, kind }: Placed): string {
  return `${kind === 'router' ? 'node' : 'radio'} ${id.toLowerCase()}`
}

/** Routers come first, so that a place has the name of one. */
function rankOf ({ kind }: Placed): number {
  return kind === 'router' ? 0 : 1
}

function compare<Value extends string | number> (a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0
}
