import type { Hop } from '../hop.js'
import type { Link } from '../mesh.js'
import type { Neighbour, NodeState } from './world.js'

type Json = Record<string, unknown>

const types = { rf: 'RF', dtd: 'DtD', tunnel: 'Wireguard' } as const
/** Babel's cost of what cannot be reached. */
const noRoute = 65_535

/** `lqm=1` of firmware 4.x: what LQM knows of each neighbour, by MAC. A radio on the same cable is there as LRF once more. */
export function lqmOf (state: NodeState): Json {
  const { neighbours, lqmS } = state
  const trackers = neighbours.flatMap((one): [string, Json][] => {
    const tracker = trackerOf(one, state)
    const again = one.link.medium === 'dtd' ? [[macOf(one.link, 9), { ...tracker, type: 'LRF', device: 'br-wifi' }] satisfies [string, Json]] : []
    return [[macOf(one.link, one.node), tracker], ...again]
  })
  return { enabled: true, config: {}, info: { start: 40, now: lqmS, trackers: Object.fromEntries(trackers), hidden_nodes: [], total_route_count: 3 * neighbours.length } }
}

function trackerOf (neighbour: Neighbour, state: NodeState): Json {
  const { link, node, name, address, hop } = neighbour
  const common = { ...identity(neighbour, state), type: types[link.medium], hostname: name.toLowerCase(), canonical_ip: address, ip: address, distance: Math.round(1000 * link.km), localarea: link.medium === 'dtd' }
  if (hop === null) return { ...common, lq: 0, rxcost: noRoute, txcost: noRoute, ping_quality: 0, quality: 0, routable: false, route_count: 0 }
  const pingQuality = Math.round(100 - 20 * (hop.etx - 1) / (hop.etx + 1))
  const [lq, revLq] = [hundredth(hop.lq), hundredth(hop.nlq)]
  return {
    ...common, lq, rev_lq: revLq, avg_lq: lq, rxcost: costOf(link, hop.lq), txcost: costOf(link, hop.nlq), ...radioOf(hop),
    ...(link.medium === 'tunnel' && { rtt: Math.round(link.rttMs) }),
    tx_quality: revLq, ping_quality: pingQuality, ping_success_time: Math.round(link.rttMs * hop.etx * 1000) / 1e6, quality: Math.round((revLq + pingQuality) / 2), routable: true, route_count: 4 + node % 5,
  }
}

function radioOf ({ signalDbm, noiseDbm, bitrateMbps }: Hop): Json {
  if (signalDbm === null || noiseDbm === null) return {}
  return { signal: signalDbm, snr: signalDbm - noiseDbm, rev_snr: signalDbm - noiseDbm, band: '5GHz', tx_bitrate: bitrateMbps, rx_bitrate: bitrateMbps }
}

function identity ({ link, node, goneS }: Neighbour, { lqmS }: NodeState): Json {
  return { lastseen: Math.max(0, lqmS - goneS), device: deviceOf(link), mac: macOf(link, node), ipv6ll: `fe80::${node.toString(16)}:${link.index.toString(16)}` }
}

/** `link_info=1` of firmware 4.x. */
export function linkInfoOf (state: NodeState): Json {
  return Object.fromEntries(heardBy(state).map(({ link, name, address, hop }) => [address, {
    hostname: name, linkType: types[link.medium].toUpperCase(), interface: deviceOf(link), ...(hop.signalDbm !== null && { signal: hop.signalDbm, noise: hop.noiseDbm }),
  }]))
}

/** `link_info=1` of firmware 3.x: OLSR's numbers. */
export function oldLinkInfoOf (state: NodeState): Json {
  return Object.fromEntries(heardBy(state).map(({ link, name, address, hop }) => [address, {
    hostname: name, linkType: link.medium === 'tunnel' ? 'TUN' : types[link.medium].toUpperCase(), linkQuality: hop.lq, neighborLinkQuality: hop.nlq, linkCost: hop.etx, olsrInterface: deviceOf(link),
    ...(hop.signalDbm !== null && { signal: hop.signalDbm, noise: hop.noiseDbm, tx_rate: hop.bitrateMbps, rx_rate: hop.bitrateMbps }), currentLinkStatus: 'SYMMETRIC',
  }]))
}

function heardBy ({ neighbours }: NodeState): (Neighbour & { hop: Hop })[] {
  return neighbours.flatMap(({ hop, ...one }) => hop === null ? [] : [{ ...one, hop }])
}

/** Babel takes 96 for a cable, 256 for a perfect radio link, and more the less of its hellos arrive. */
function costOf ({ medium, rttMs }: Link, share: number): number {
  if (medium === 'dtd') return 96
  return medium === 'tunnel' ? 96 + Math.round(6 * rttMs) : Math.min(noRoute, Math.round(256 / share))
}

function deviceOf ({ medium, index }: Link): string {
  if (medium === 'rf') return 'wlan0'
  return medium === 'dtd' ? 'br-dtdlink' : `wg${index % 100}`
}

function macOf ({ index }: Link, node: number): string {
  const hex = (value: number): string => (value & 255).toString(16).padStart(2, '0')
  return ['02', '4d', hex(index >> 8), hex(index), hex(node >> 8), hex(node)].join(':')
}

function hundredth (share: number): number {
  return Math.round(100 * share)
}
