import { generateMesh } from '../../src/simulate/mesh.js'
import { pairKey, type MapLink, type MapNode, type Mesh } from '../../src/topology/mesh.js'

export const mapNode = (id: string, more: Partial<MapNode> = {}): MapNode => ({ id, kind: 'router', status: 'active', lat: null, lon: null, gridSquare: null, issues: [], linksLeftOut: 0, ...more })

export const mapLink = (a: string, b: string, more: Partial<MapLink> = {}): MapLink => ({ a, b, medium: 'rf', etx: 1.1, cost: 1.1, lq: 0.97, nlq: 0.95, snrAtA: 24, snrAtB: 22, isSilent: false, issues: [], ...more })

export interface MeshWish {
  nodes: number
  /** At least so many links; those that the generated mesh lacks go to near nodes. */
  links?: number
  /** Share of nodes that tell coordinates. */
  placed?: number
}

/** A mesh around Zurich as the simulator makes it. */
export function simulatedMesh ({ nodes: count, links: least = 0, placed = 1 }: MeshWish): Mesh {
  const mesh = generateMesh({ seed: 3, nodes: count })
  const nodes = mesh.nodes.map(({ name, lat, lon }, i) => mapNode(name, (i * 7919 % 100) / 100 < placed ? { lat, lon } : {}))
  const nameOf = (index: number) => mesh.nodes[index]?.name ?? ''
  const links = mesh.links.map(({ a, b, medium, etx, lq, nlq, snrDb }) => mapLink(nameOf(a), nameOf(b), { medium, etx, cost: etx, lq, nlq, snrAtA: medium === 'rf' ? snrDb : null, snrAtB: medium === 'rf' ? snrDb - 1 : null }))
  const pairs = new Set(links.map(({ a, b }) => pairKey(a, b)))
  for (let n = 0; links.length < least; n++) {
    const from = mesh.nodes[n % count]!
    const near = mesh.nodes.filter((node) => node !== from).sort((x, y) => Math.hypot(x.lat - from.lat, x.lon - from.lon) - Math.hypot(y.lat - from.lat, y.lon - from.lon))
    const to = near[Math.floor(n / count) % (count - 1)]!
    if (pairs.has(pairKey(from.name, to.name))) continue
    pairs.add(pairKey(from.name, to.name))
    links.push(mapLink(from.name, to.name))
  }
  return { nodes, links, route: [] }
}
