import { isIP } from 'node:net'
import Type, { type Static } from 'typebox'
import { type Link, linksOf } from './aredn/links.js'
import { type Sysinfo, sysinfo } from './aredn/shape.js'
import { nodeName, numberOf, truthOf, uptimeOf } from './aredn/values.js'
import { type MessageContext, normalised, sightRouter, type Stamp, stamp } from './context.js'
import type { MessageDefinition } from './definition.js'
import { shapeOf, unknownFields, withPart } from './extra.js'
import { type JsonObject, name, schemaVersion, time } from './fields.js'
import { hopRow } from './hop-row.js'
import { believableUptime, coordinate, knownText } from './measured.js'
import { pathRow } from './path-row.js'
import type { FieldError } from './storable.js'
import { parseTime } from './time.js'
import type { NormalisedMessage, Row, Sighting } from './tables.js'

const type = 'aredn_sysinfo'
const kBPerMB = 1024

const wrapped = Type.Object({ schema: schemaVersion, type: Type.Literal(type), node: name, sent_at: time, sysinfo })
const bare = Type.Object({ ...sysinfo.properties, node: name })

const wrappedShape = shapeOf(wrapped)
const bareShape = shapeOf(sysinfo)

/** Who and when, where the answer itself does not say. */
interface Frame { node: string, at: Stamp, sendsItself: boolean, extra: JsonObject | null }

/** ETX as OLSR defines it; null where a direction hears nothing, or was not measured. */
function etxOf (lq: number | null, nlq: number | null): number | null {
  return lq === null || nlq === null || lq * nlq === 0 ? null : 1 / (lq * nlq)
}

function linkRow ({ node, at }: Frame, link: Link): Row {
  return {
    table: 'hop_quality',
    values: hopRow(at, {
      src: node,
      dst: link.peer,
      hop_index: 0,
      from_node: node,
      to_node: link.peer,
      link_type: link.medium,
      interface: link.device,
      lq: link.lq,
      nlq: link.nlq,
      etx: etxOf(link.lq, link.nlq),
      rtt_ms: link.rttMs ?? link.pingMs,
      signal_dbm: link.signalDbm,
      noise_dbm: link.noiseDbm,
      tx_bitrate_mbps: link.txBitrateMbps,
      rxcost: link.rxcost,
      txcost: link.txcost,
      quality: link.quality,
      routable: link.routable,
      extra: link.extra,
    }),
  }
}

/** One row per neighbour that was pinged, by its quickest link. */
function pathRows ({ node, at }: Frame, links: Link[]): Row[] {
  const quickest = new Map<string, Link & { pingMs: number }>()
  for (const link of links) {
    const { peer, pingMs } = link
    const known = quickest.get(peer.toLowerCase())
    if (pingMs !== null && (known === undefined || pingMs < known.pingMs)) quickest.set(peer.toLowerCase(), { ...link, pingMs })
  }
  return [...quickest.values()].map(({ peer, pingMs }) => ({
    table: 'path_probe',
    values: pathRow(at, { rtt_ms: pingMs, jitter_ms: null, loss_pct: null }, { src: node, dst: peer, peer, route: [node, peer] }),
  }))
}

/** What of the answer has no column: the longer load averages, tunnels, stations that this node cannot hear. */
function details ({ sysinfo: system, tunnels, lqm }: Sysinfo): JsonObject | null {
  let kept = withPart(null, 'loads', system?.loads ?? null)
  kept = withPart(kept, 'active_tunnel_count', numberOf(tunnels?.active_tunnel_count))
  const hidden = lqm?.info?.hidden_nodes
  return withPart(kept, 'hidden_nodes', Array.isArray(hidden) && hidden.length > 0 ? hidden : null)
}

function healthRow ({ node, at, extra }: Frame, answer: Sysinfo, links: Link[] | undefined): Row {
  const { sysinfo: system, node_details: told } = answer
  const [load1 = null] = Object.values(system?.loads ?? {})
  const freeKb = numberOf(system?.freememory, { min: 0 })
  return {
    table: 'agent_health',
    values: {
      time: at.time,
      received_at: at.received_at,
      sent_at: at.sent_at,
      clock_suspect: at.clock_suspect,
      node,
      source: 'sysinfo',
      cpu_pct: null,
      mem_mb: null,
      queue_len: null,
      neighbors_seen: links === undefined ? null : new Set(links.map(({ peer }) => peer.toLowerCase())).size,
      uptime_seconds: believableUptime(uptimeOf(system?.uptime)),
      restart_count: null,
      threads_responsive: null,
      health_score: null,
      reporting_reason: null,
      routing_daemon: null,
      lat: coordinate(answer.lat, 90),
      lon: coordinate(answer.lon, 180),
      grid_square: knownText(answer.gridsquare ?? answer.grid_square),
      hardware_model: knownText(told?.model),
      firmware_version: knownText(told?.firmware_version),
      load1: numberOf(load1, { min: 0 }),
      free_mem_mb: freeKb === null ? null : freeKb / kBPerMB,
      details: details(answer),
      extra,
    },
  }
}

function addressOf ({ ip }: Pick<Sysinfo, 'ip'>): string | null {
  return ip && isIP(ip) !== 0 ? ip : null
}

/** Every key each time, so that what is gone from the node's settings is gone here. */
function info ({ node_details: told, meshrf, meshrf1, ...answer }: Sysinfo): JsonObject {
  const radios = [meshrf, meshrf1].flatMap((radio) => radio && radio['status'] !== 'off' && Object.keys(radio).length > 0 ? [radio] : [])
  const channel = radios[0]?.['channel'] ?? null
  return {
    ip: addressOf(answer),
    description: knownText(told?.description),
    grid_square: knownText(answer.gridsquare ?? answer.grid_square),
    channel: numberOf(channel) ?? channel,
    bandwidth_mhz: numberOf(radios[0]?.['chanbw']),
    radios,
    board_id: knownText(told?.board_id),
    mesh_gateway: truthOf(told?.mesh_gateway),
    mesh_supernode: truthOf(told?.mesh_supernode),
  }
}

function sighting ({ node, at, sendsItself }: Frame, answer: Sysinfo): Sighting {
  const { node_details: told } = answer
  const ip = addressOf(answer)
  const lat = coordinate(answer.lat, 90)
  const lon = coordinate(answer.lon, 180)
  const version = knownText(told?.firmware_version)
  const model = knownText(told?.model)
  return sightRouter(node, at, {
    sendsItself,
    ...(sendsItself && { isPushedSysinfo: true }),
    info: info(answer),
    ...(version !== null && { version }),
    ...(model !== null && { model }),
    ...(lat !== null && lon !== null && { lat, lon }),
    ...(ip !== null && { addresses: [ip] }),
  })
}

function fromAnswer (frame: Frame, answer: Sysinfo): NormalisedMessage {
  const links = linksOf({ ...answer, node: frame.node })
  const rows = [...pathRows(frame, links ?? []), ...(links ?? []).map((link) => linkRow(frame, link)), healthRow(frame, answer, links)]
  const neighbours = (links ?? []).flatMap(({ peer, address }) => address !== null && isIP(address) !== 0 ? [{ name: peer, address }] : [])
  return { ...normalised(type, frame.at, sighting(frame, answer), rows), neighbours }
}

function checkName (node: string): FieldError | undefined {
  return nodeName(node) === '' ? { path: '/node', message: 'must be the name of a node' } : undefined
}

/** A node's own description of itself and its links as the AREDN worker read it. */
export const arednSysinfo: MessageDefinition<typeof wrapped> = {
  schema: wrapped,
  check: ({ node }) => checkName(node),
  normalise (message: Static<typeof wrapped>, context: MessageContext) {
    const at = stamp(parseTime(message.sent_at), context)
    return fromAnswer({ node: nodeName(message.node), at, sendsItself: false, extra: unknownFields(message, wrappedShape) }, message.sysinfo)
  },
}

/** The same pushed by the node itself, just as its web server gave it. It has no time of its own: it is as of its receipt. */
export const bareSysinfo: MessageDefinition<typeof bare> = {
  schema: bare,
  check: ({ node }) => checkName(node),
  normalise (answer: Static<typeof bare>, context: MessageContext) {
    return fromAnswer({ node: nodeName(answer.node), at: stamp(context.receivedAt, context), sendsItself: true, extra: unknownFields(answer, bareShape) }, answer)
  },
}

/** Whether a value is such an answer. */
export function isBareSysinfo (value: object): boolean {
  return !('schema' in value) && 'api_version' in value && 'node_details' in value
}

/** What an answer counts for, be it valid or not: itself, and each link that it tells of. */
export function countLinks (answer: unknown): number {
  const { lqm, link_info: linkInfo }: { lqm?: unknown, link_info?: unknown } = Object(answer)
  const { info }: { info?: unknown } = Object(lqm)
  const { trackers }: { trackers?: unknown } = Object(info)
  return 1 + Object.keys(Object(trackers)).length + Object.keys(Object(linkInfo)).length
}
