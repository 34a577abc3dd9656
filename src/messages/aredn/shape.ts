import Type, { type Static, type TSchema, type TUnsafe } from 'typebox'
import { shapeOf } from '../extra.js'
import { maybe, nameOrEmpty, object, text } from '../fields.js'
import type { Json } from '../tables.js'

/*
 * The answer of `/a/sysinfo` (api_version 2.0, firmware 4.x) and of `/cgi-bin/sysinfo.json` (1.x, firmware 3.x). Every field may be absent or null,
 * every number may be text. Lua writes an empty table as `[]` where there otherwise is an object.
 */

const figure = (minimum = -1e15, maximum = 1e15) => maybe(Type.Unsafe<number | string>({ type: ['number', 'string'], minimum, maximum }))
const flag = maybe(Type.Unsafe<boolean | number | string>({ type: ['boolean', 'number', 'string'] }))
const anything = Type.Optional(Type.Unsafe<Json>({}))
const share = figure(0, 100)

/** An object of such by any name, or a list of them; single ones may be null. */
function entries<S extends TSchema> (schema: S): TUnsafe<Record<string, Static<S> | null> | Array<Static<S> | null>> {
  const entry = { ...schema, type: ['object', 'null'] }
  return Type.Unsafe<Record<string, Static<S> | null> | Array<Static<S> | null>>({ type: ['object', 'array'], additionalProperties: entry, items: entry })
}

function section<S extends TSchema> (schema: S): TUnsafe<Static<S>> {
  return Type.Unsafe<Static<S>>({ ...schema, type: ['object', 'array'] })
}

function ignored (names: string[]): Record<string, typeof anything> {
  return Object.fromEntries(names.map((name) => [name, anything]))
}

/** What the firmware counts with, and what the neighbour tells itself: not kept. */
const counters = ignored([
  'mac', 'ipv6ll', 'subdevice', 'refresh', 'firstseen', 'lastup', 'lastrouted', 'rev_lastseen', 'connected_time', 'pending', 'station', 'band',
  'tx', 'tx_total', 'tx_packets', 'tx_retries', 'tx_fail', 'last_tx', 'last_tx_total', 'last_tx_packets', 'last_tx_retries', 'last_tx_fail', 'last_quality',
  'avg_tx', 'avg_tx_packets', 'avg_tx_retries', 'avg_tx_fail', 'avg_tx_bitrate', 'avg_rx_bitrate', 'avg_lq', 'avg_snr', 'rx_bitrate',
  'hello_interval', 'update_interval', 'babel', 'babel_config', 'babel_metric', 'babel_route_count', 'node_route_count', 'route_count', 'metric',
  'meshvlan', 'remoterf', 'exposed', 'lat', 'lon', 'distance', 'localarea', 'model', 'firmware_version',
  'tx_quality', 'ping_quality', 'rev_quality', 'rev_ping_quality', 'rev_ping_success_time', 'blocks', 'user_allow',
])

/** OLSR's own clockwork, in firmware 3.x. */
const olsrCounters = ignored([
  'validityTime', 'symmetryTime', 'asymmetryTime', 'vtime', 'currentLinkStatus', 'previousLinkStatus', 'hysteresis', 'pending', 'lostLinkTime', 'helloTime',
  'lastHelloTime', 'seqnoValid', 'seqno', 'lossHelloInterval', 'lossTime', 'lossMultiplier', 'linkCost', 'rx_rate', 'expected_throughput',
])

export const tracker = Type.Object({
  ...counters,
  type: maybe(text),
  device: maybe(text),
  hostname: maybe(nameOrEmpty),
  canonical_ip: maybe(text),
  ip: maybe(text),
  signal: figure(),
  snr: figure(),
  noise: figure(),
  tx_bitrate: figure(),
  lq: share,
  rev_lq: share,
  rxcost: figure(0, 65_535),
  txcost: figure(0, 65_535),
  rtt: figure(0),
  quality: share,
  ping_success_time: figure(0),
  rev_snr: figure(),
  routable: flag,
  lastseen: figure(),
  user_blocks: flag,
  blocked: flag,
})

export const linkInfo = Type.Object({
  ...olsrCounters,
  hostname: maybe(nameOrEmpty),
  linkType: maybe(text),
  interface: maybe(text),
  olsrInterface: maybe(text),
  linkQuality: figure(0, 1),
  neighborLinkQuality: figure(0, 1),
  signal: figure(),
  noise: figure(),
  tx_rate: figure(),
})

const lqm = Type.Object({
  enabled: anything,
  config: anything,
  info: maybe(section(Type.Object({
    start: anything,
    now: figure(),
    trackers: maybe(entries(tracker)),
    distances: anything,
    distance: anything,
    coverage: anything,
    hidden_nodes: anything,
    total_route_count: anything,
    total_node_route_count: anything,
    babel: anything,
  }))),
})

const details = Type.Object({
  model: maybe(text),
  description: maybe(text),
  board_id: maybe(text),
  firmware_mfg: maybe(text),
  firmware_version: maybe(text),
  mesh_gateway: flag,
  mesh_supernode: flag,
})

const system = Type.Object({ uptime: maybe(Type.Unsafe<number | string>({ type: ['number', 'string'] })), loads: maybe(Type.Unsafe<Json>({ type: ['array', 'object'] })), freememory: figure() })

/** Sections that list what others are, or how this node's ports are named: not kept. */
const lists = { interfaces: anything, hosts: anything, services: anything, services_local: anything, nodes: anything, topology: anything, meshvlan: anything }

export const sysinfo = Type.Object({
  ...lists,
  api_version: Type.Unsafe<number | string>({ type: ['number', 'string'] }),
  node: maybe(nameOrEmpty),
  ip: maybe(text),
  lat: figure(),
  lon: figure(),
  gridsquare: maybe(text),
  grid_square: maybe(text),
  node_details: maybe(section(details)),
  tunnels: maybe(section(Type.Object({ active_tunnel_count: figure(), tunnel_installed: anything }))),
  meshrf: maybe(section(object)),
  meshrf1: maybe(section(object)),
  sysinfo: maybe(section(system)),
  link_info: maybe(entries(linkInfo)),
  lqm: maybe(section(lqm)),
})

export type Sysinfo = Static<typeof sysinfo>
export type Tracker = Static<typeof tracker>
export type LinkInfo = Static<typeof linkInfo>

export const trackerShape = shapeOf(tracker)
export const linkInfoShape = shapeOf(linkInfo)
