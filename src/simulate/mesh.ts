import { placeSites, zurich, type Region, type Site } from './sites.js'
import { Random } from './random.js'
import { shortestTree } from './routes.js'

/**
 * Who speaks on a node: `designed` sends path_result, hop_result and agent_health each minute; `v1` what the posting agent
 * sends (network_status, agent_health each minute); `v2` agent_health every 4 h only. All of them answer probes.
 */
export type AgentStyle = 'designed' | 'v1' | 'v2'

export type Medium = 'rf' | 'tunnel' | 'dtd'

export interface MeshNode {
  index: number
  name: string
  address: string
  lat: number
  lon: number
  model: string
  style: AgentStyle
  /** Indices of its links. */
  links: number[]
  /** The two nodes it probes every cycle: its nearest by ETX. */
  probes: number[]
}

/** An undirected link. `a` sorts before `b` by lower-case code point; lq is what a hears of b, nlq the other way. */
export interface Link {
  index: number
  a: number
  b: number
  medium: Medium
  km: number
  lq: number
  nlq: number
  /** 1 / (lq * nlq): its cost to the routing. */
  etx: number
  snrDb: number
  noiseDbm: number
  bitrateMbps: number
  /** Round trip of one hop without load. */
  rttMs: number
}

export interface Mesh {
  seed: number
  nodes: MeshNode[]
  links: Link[]
  /** The node the collector hangs on: who cannot reach it queues. */
  collector: number
}

export interface MeshOptions {
  seed: number
  /** 2 to 2,000. */
  nodes: number
  /** Share of agents that send network_status; 0 unless given. */
  v1Share?: number
  /** Share of agents that only report every 4 h; 0.1 unless given. */
  v2Share?: number
  /** Around Zurich unless given. */
  region?: Region
}

/** A connected mesh: RF links by distance, cables within a site, tunnels where radio does not reach. The same options give the same mesh. */
export function generateMesh ({ seed, nodes: count, v1Share = 0, v2Share = 0.1, region = zurich }: MeshOptions): Mesh {
  if (!Number.isInteger(count) || count < 2 || count > 2000) throw new RangeError(`nodes must be a whole number from 2 to 2000, not ${count}`)
  const random = new Random(seed, 1)
  const sites = placeSites(count, region, random)
  const nodes = sites.flatMap(({ nodes }) => nodes).map((node, index) => ({ ...node, index, links: [], probes: [], style: styleOf(random, v1Share, v2Share) }))
  const mesh: Mesh = { seed, nodes, links: [], collector: 0 }
  linkSites(mesh, sites, random)
  connect(mesh, random)
  for (const node of mesh.nodes) node.probes = nearest(mesh, node.index, 2)
  return mesh
}

function styleOf (random: Random, v1Share: number, v2Share: number): AgentStyle {
  const share = random.next()
  if (share < v1Share) return 'v1'
  return share < v1Share + v2Share ? 'v2' : 'designed'
}

function linkSites (mesh: Mesh, sites: Site[], random: Random): void {
  const members = membersOf(sites)
  const relays = sites.filter(({ relay }) => relay)
  for (const [index, site] of sites.entries()) {
    const own = members[index] ?? []
    for (const cabled of own.slice(1)) addLink(mesh, { from: own[0] ?? 0, to: cabled, medium: 'dtd' }, random)
    const wanted = site.relay ? 3 : (random.next() < 0.2 ? 2 : 1)
    const near = relays.filter((other) => other !== site).map((other) => ({ other, km: distanceKm(site, other) }))
      .sort((x, y) => x.km - y.km).slice(0, wanted).filter(({ km }, rank) => rank === 0 || km < 22)
    for (const { other } of near) {
      if (distanceKm(site, other) > 30) continue
      const peers = members[sites.indexOf(other)] ?? []
      addLink(mesh, { from: random.pick(own) ?? 0, to: random.pick(peers) ?? 0, medium: 'rf', shadeDb: site.relay ? 0 : homeShadeDb }, random)
    }
  }
}

/** Node indices per site; nodes are numbered site by site. */
function membersOf (sites: Site[]): number[][] {
  let next = 0
  return sites.map(({ nodes }) => nodes.map(() => next++))
}

/** Tunnels between what radio left apart, and a few more as sysops build them. */
function connect (mesh: Mesh, random: Random): void {
  for (;;) {
    const { cost } = shortestTree(mesh, 0, baseEtx)
    const apart = mesh.nodes.filter(({ index }) => !Number.isFinite(cost[index]))
    const one = random.pick(apart)
    if (one === undefined) break
    const reached = mesh.nodes.filter(({ index }) => Number.isFinite(cost[index]))
    const near = reached.map((node) => ({ node, km: distanceKm(node, one) })).sort((x, y) => x.km - y.km)[0]
    const medium = near !== undefined && near.km < 25 ? 'rf' : 'tunnel'
    addLink(mesh, { from: one.index, to: near?.node.index ?? 0, medium }, random)
  }
  for (let extra = Math.floor(mesh.nodes.length / 25); extra > 0; extra--) {
    addLink(mesh, { from: random.integer(mesh.nodes.length), to: random.integer(mesh.nodes.length), medium: 'tunnel' }, random)
  }
}

export function baseEtx (link: Link): number {
  return link.etx
}

interface NewLink { from: number, to: number, medium: Medium, shadeDb?: number }

/** A roof among roofs sees less than a hill. */
const homeShadeDb = 4

/** One link at most between two nodes: a second one is left out. */
function addLink (mesh: Mesh, { from, to, medium, shadeDb = 0 }: NewLink, random: Random): void {
  const one = mesh.nodes[from]
  const other = mesh.nodes[to]
  if (one === undefined || other === undefined || from === to) return
  if (one.links.some((index) => mesh.links[index]?.a === to || mesh.links[index]?.b === to)) return
  const [a, b] = one.name.toLowerCase() < other.name.toLowerCase() ? [from, to] : [to, from]
  const index = mesh.links.length
  mesh.links.push({ index, a, b, medium, ...physics(medium, { km: distanceKm(one, other), shadeDb }, random) })
  one.links.push(index)
  other.links.push(index)
}

/**
 * A plain link budget: 20 dB SNR at 10 km, 14 dB per decade, 4 dB of terrain. Delivery falls as SNR does but not below 0.78:
 * a healthy mesh has no link near the limit of rf_quality_drop.
 */
function physics (medium: Medium, { km, shadeDb }: { km: number, shadeDb: number }, random: Random): Omit<Link, 'index' | 'a' | 'b' | 'medium'> {
  if (medium !== 'rf') {
    const rttMs = medium === 'dtd' ? 0.4 : random.between(14, 38)
    return { km, lq: 1, nlq: 1, etx: 1, snrDb: 0, noiseDbm: 0, bitrateMbps: medium === 'dtd' ? 100 : 20, rttMs }
  }
  const snrDb = clamp(34 - 14 * Math.log10(km + 0.5) - shadeDb + 4 * random.noise(), 14, 42)
  const delivery = 1 - 0.22 * Math.exp(-(snrDb - 14) / 7)
  const lq = clamp(delivery + 0.012 * random.noise(), 0.78, 1)
  const nlq = clamp(delivery + 0.012 * random.noise(), 0.78, 1)
  const noiseDbm = -95 + 1.5 * random.noise()
  return { km, lq, nlq, etx: 1 / (lq * nlq), snrDb, noiseDbm, bitrateMbps: Math.round(clamp(3 * (snrDb - 10), 6, 130)), rttMs: random.between(2, 4.5) }
}

function nearest (mesh: Mesh, from: number, count: number): number[] {
  const { cost } = shortestTree(mesh, from, baseEtx)
  return mesh.nodes.map(({ index }) => index).filter((index) => index !== from)
    .sort((x, y) => (cost[x] ?? 0) - (cost[y] ?? 0) || x - y).slice(0, count)
}

function distanceKm (one: { lat: number, lon: number }, other: { lat: number, lon: number }): number {
  const north = (one.lat - other.lat) * 111.2
  const east = (one.lon - other.lon) * 111.2 * Math.cos(one.lat * Math.PI / 180)
  return Math.hypot(north, east)
}

export function clamp (value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
