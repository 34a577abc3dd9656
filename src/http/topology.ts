import type { Static } from 'typebox'
import { formatSubject } from '../incidents/subject.js'
import { version } from '../version.js'
import type { NodeBody } from './schemas/nodes.js'
import type { LinkBody } from './schemas/paths.js'
import type { FeatureCollection, NetworkGraph } from './schemas/topology.js'

type Graph = Static<typeof NetworkGraph>
type Features = Static<typeof FeatureCollection>
type Feature = Features['features'][number]

/**
 * Nodes and links as a NetJSON NetworkGraph; what lies on `route` is marked. Nodes that only others name are in it, too. With `linksPerNode` no node has
 * more links than that (a tunnel server has hundreds); its properties count those left out.
 */
export function toGraph (nodes: NodeBody[], all: LinkBody[], { route = [], linksPerNode = Infinity }: { route?: string[], linksPerNode?: number }): Graph {
  const { links, leftOut } = thinOut(all, route, linksPerNode)
  const known = new Map(nodes.map((node) => [node.id, node]))
  const ids = new Set([...known.keys(), ...all.flatMap(({ a, b }) => [a, b]), ...route])
  const steps = stepsOf(route)
  const onRoute = new Set(route)
  return {
    type: 'NetworkGraph',
    protocol: 'meshmon',
    version,
    metric: 'etx',
    label: 'Mesh',
    nodes: [...ids].map((id) => ({ id, label: id, properties: { ...nodeProperties(known.get(id)), ...(leftOut.has(id) && { links_left_out: leftOut.get(id) }), ...(onRoute.has(id) && { highlight: true }) } })),
    links: links.map((link) => ({
      source: link.a,
      target: link.b,
      cost: costOf(link),
      properties: { ...linkProperties(link), ...(steps.has(`${link.a}\n${link.b}`) && { highlight: true }) },
    })),
  }
}

/** Nodes with coordinates as points, links between two such as lines. */
export function toFeatures (nodes: NodeBody[], links: LinkBody[]): Features {
  const places = new Map<string, number[]>()
  const points: Feature[] = []
  for (const node of nodes) {
    if (node.lat === null || node.lon === null || places.has(node.id)) continue
    const place = [node.lon, node.lat, ...(node.elevation_m === null ? [] : [node.elevation_m])]
    places.set(node.id, place)
    points.push({ type: 'Feature', id: node.id, geometry: { type: 'Point', coordinates: place }, properties: nodeProperties(node) })
  }
  const lines = links.flatMap((link): Feature[] => {
    const [from, to] = [places.get(link.a), places.get(link.b)]
    const id = formatSubject({ type: 'link', a: link.a, b: link.b, medium: link.medium })
    return from && to
      ? [{ type: 'Feature', id, geometry: { type: 'LineString', coordinates: [from, to] }, properties: { source: link.a, target: link.b, cost: costOf(link), ...linkProperties(link) } }]
      : []
  })
  return { type: 'FeatureCollection', features: [...points, ...lines] }
}

/** Always a number: etx of the last hour (of a map: its newest report each way), else the last, else txcost / 256 (Babel: 256 is a perfect radio link), else 1. */
export function costOf ({ hour, last }: Pick<LinkBody, 'hour' | 'last'>): number {
  return hour.etx_avg ?? last.etx ?? (last.txcost === null ? 1 : last.txcost / 256)
}

function stepsOf (route: string[]): Set<string> {
  return new Set(route.slice(1).flatMap((to, i) => [`${route[i]}\n${to}`, `${to}\n${route[i]}`]))
}

/** At most so many links a node, and how many of each are left out. Links of the route first, then those with issues, then those of nodes that have few. */
export function thinOut (all: LinkBody[], route: string[], linksPerNode: number): { links: LinkBody[], leftOut: Map<string, number> } {
  const leftOut = new Map<string, number>()
  if (linksPerNode === Infinity) return { links: all, leftOut }
  const steps = stepsOf(route)
  const count = (counts: Map<string, number>, { a, b }: LinkBody) => [a, b].forEach((id) => counts.set(id, (counts.get(id) ?? 0) + 1))
  const degrees = new Map<string, number>()
  for (const link of all) count(degrees, link)
  const weight = ({ a, b, open_issues: issues }: LinkBody) => [steps.has(`${a}\n${b}`) ? 0 : 1, issues.length > 0 ? 0 : 1, Math.min(degrees.get(a) ?? 0, degrees.get(b) ?? 0)]
  const weighed = all.map((link) => ({ link, weight: weight(link) })).sort((a, b) => a.weight.map((part, i) => part - (b.weight[i] ?? 0)).find((part) => part !== 0) ?? 0)
  const kept = new Set<LinkBody>()
  const drawn = new Map<string, number>()
  for (const { link } of weighed) {
    const fits = [link.a, link.b].every((id) => (drawn.get(id) ?? 0) < linksPerNode)
    if (fits) kept.add(link)
    count(fits ? drawn : leftOut, link)
  }
  return { links: all.filter((link) => kept.has(link)), leftOut }
}

function nodeProperties (node: NodeBody | undefined): Record<string, unknown> {
  if (node === undefined) return { status: 'unknown' }
  const { kind, status, host, version, model, lat, lon, elevation_m: elevation, grid_square: square, last_seen: lastSeen, site } = node
  return { kind, status, host, version, model, lat, lon, elevation_m: elevation, grid_square: square, last_seen: lastSeen, site }
}

function linkProperties ({ medium, last, ends, hour, open_issues: issues }: LinkBody): Record<string, unknown> {
  const { signal_dbm: signal, snr_db: snr, rxcost, txcost, routable } = last
  return {
    medium, lq: hour.lq_avg ?? last.lq, nlq: hour.nlq_avg ?? last.nlq, signal_dbm: signal, snr_db: snr, rxcost, txcost, routable, ends, last_seen: last.time,
    issues: issues.map(({ id }) => id),
  }
}
