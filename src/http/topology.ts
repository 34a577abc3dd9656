import type { Static } from 'typebox'
import { formatSubject } from '../incidents/subject.js'
import { version } from '../version.js'
import type { LinkBody } from './queries/links.js'
import type { NodeBody } from './schemas/nodes.js'
import type { FeatureCollection, NetworkGraph } from './schemas/topology.js'

type Graph = Static<typeof NetworkGraph>
type Features = Static<typeof FeatureCollection>
type Feature = Features['features'][number]

/** Nodes and links as a NetJSON NetworkGraph; what lies on `route` is marked. Nodes that only others name are in it, too. */
export function toGraph (nodes: NodeBody[], links: LinkBody[], route: string[]): Graph {
  const known = new Map(nodes.map((node) => [node.id, node]))
  const ids = new Set([...known.keys(), ...links.flatMap(({ a, b }) => [a, b]), ...route])
  const steps = new Set(route.slice(1).flatMap((to, i) => [`${route[i]}\n${to}`, `${to}\n${route[i]}`]))
  const onRoute = new Set(route)
  return {
    type: 'NetworkGraph',
    protocol: 'meshmon',
    version,
    metric: 'etx',
    label: 'Mesh',
    nodes: [...ids].map((id) => ({ id, label: id, properties: { ...nodeProperties(known.get(id)), ...(onRoute.has(id) && { highlight: true }) } })),
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

function nodeProperties (node: NodeBody | undefined): Record<string, unknown> {
  if (node === undefined) return { status: 'unknown' }
  const { kind, status, host, version, model, lat, lon, elevation_m: elevation, last_seen: lastSeen, site } = node
  return { kind, status, host, version, model, lat, lon, elevation_m: elevation, last_seen: lastSeen, site }
}

function linkProperties ({ medium, last, hour, open_issues: issues }: LinkBody): Record<string, unknown> {
  return { medium, lq: hour.lq_avg ?? last.lq, nlq: hour.nlq_avg ?? last.nlq, last_seen: last.time, issues: issues.map(({ id }) => id) }
}
