import Type, { type Static } from 'typebox'
import { isBelievable, type MessageContext, normalised, sightRouter, type Stamp, stamp } from './context.js'
import type { MessageDefinition } from './definition.js'
import { shapeOf, unknownFields, withPart } from './extra.js'
import { int, type JsonObject, linkType, maybe, milliseconds, name, nameOrEmpty, number, percent, quality, schemaVersion, text, time } from './fields.js'
import { hopRow } from './hop-row.js'
import { foldLinkType, knownText, withoutLost } from './measured.js'
import { pathRow } from './path-row.js'
import type { FieldError } from './storable.js'
import { parseTime } from './time.js'
import type { NormalisedMessage, Row } from './tables.js'

const pathEntry = Type.Object({
  node: name,
  interface: maybe(text),
  link_type: maybe(linkType),
  lq: maybe(quality),
  nlq: maybe(quality),
  etx: maybe(number),
  rtt_ms: maybe(milliseconds),
})

const probe = Type.Object({
  dst_node: maybe(nameOrEmpty),
  dst_ip: maybe(nameOrEmpty),
  timestamp: maybe(time),
  routing_daemon: maybe(text),
  rtt_ms_avg: maybe(milliseconds),
  jitter_ms: maybe(milliseconds),
  loss_pct: maybe(percent),
  hop_count: maybe(int),
  path: maybe(Type.Array(pathEntry, { maxItems: 255 })),
})

const schema = Type.Object({
  schema: schemaVersion,
  type: Type.Literal('network_status'),
  node: name,
  sent_at: time,
  routing_daemon: maybe(text),
  probe_count: maybe(int),
  probes: Type.Array(probe),
})

type PathRow = Row & { table: 'path_probe' }
type Probe = Static<typeof probe>
type PathEntry = Static<typeof pathEntry>
type NetworkStatus = Static<typeof schema>

/** What the rows of all probes of one message have in common. */
interface Frame {
  message: NetworkStatus
  at: Stamp
  extra: JsonObject | null
  timingUsable: boolean
}

const shape = shapeOf(schema)
const probeShape = shapeOf(probe)
const pathEntryShape = shapeOf(pathEntry)

/** Above this round trip an answer still reaches the agent, but may be counted for the next probe (rules.md, rule 10). */
const longestSoundRttMs = 480

function check ({ probes }: NetworkStatus): FieldError | undefined {
  const nameless = probes.findIndex((probe) => !probe.dst_node && !probe.dst_ip)
  return nameless < 0 ? undefined : { path: `/probes/${nameless}/dst_node`, message: 'is required (or dst_ip)' }
}

/** Probes whose loss may be that of the one before: their own rtt is too long, or that of the probe sent just before. */
function findUnsoundLoss ({ probes, sent_at: sentAt }: NetworkStatus): Set<Probe> {
  const times = new Map(probes.map((probe) => [probe, parseTime(probe.timestamp ?? sentAt)]))
  // Newest first, as sent; times of whole seconds leave the order within a second to the list. Sorting is stable.
  const newestFirst = probes.toSorted((a, b) => (times.get(b) ?? 0) - (times.get(a) ?? 0))
  const isLong = (probe: Probe | undefined): boolean => (probe?.rtt_ms_avg ?? 0) > longestSoundRttMs
  return new Set(newestFirst.filter((probe, i) => isLong(probe) || isLong(newestFirst[i + 1])))
}

/** Unknown fields of the message and of the probe, and what of the probe disagrees with the rest. */
function probeExtra ({ message, extra }: Frame, probe: Probe): JsonObject | null {
  let kept = unknownFields(probe, probeShape)
  if (probe.hop_count !== (probe.path?.length ?? 0)) kept = withPart(kept, 'hop_count', probe.hop_count ?? null)
  if (probe.routing_daemon !== message.routing_daemon) kept = withPart(kept, 'routing_daemon', probe.routing_daemon ?? null)
  return withPart(extra, 'probes', kept)
}

function probeRow (frame: Frame, probe: Probe, at: Stamp, lossUsable: boolean): PathRow {
  const { message, timingUsable } = frame
  const address = probe.dst_ip || ''
  const dst = probe.dst_node || address
  const measured = withoutLost(probe.rtt_ms_avg, probe.jitter_ms, probe.loss_pct)
  return {
    table: 'path_probe',
    values: pathRow(at, measured, {
      src: message.node,
      dst,
      peer: address || dst,
      route: [message.node, ...(probe.path ?? []).map(({ node }) => node)],
      timing_usable: timingUsable,
      loss_usable: lossUsable,
      extra: probeExtra(frame, probe),
    }),
  }
}

/** Zeros that this agent writes for what it did not measure become null; its etx is the whole route's. */
function pathHopRow (entry: PathEntry, i: number, at: Stamp, path: PathRow): Row {
  const { src, dst, route } = path.values
  const noQuality = entry.lq === 0 && entry.nlq === 0
  const values = hopRow(at, {
    src,
    dst,
    hop_index: i,
    from_node: route[i] ?? src,
    to_node: entry.node,
    link_type: foldLinkType(entry.link_type),
    interface: knownText(entry.interface),
    lq: noQuality ? null : entry.lq,
    nlq: noQuality ? null : entry.nlq,
    etx: entry.etx || null,
    rtt_ms: entry.rtt_ms || null,
    route_cost: true,
    extra: withPart(null, 'probes', withPart(null, 'path', unknownFields(entry, pathEntryShape))),
  })
  return { table: 'hop_quality', values, after: path }
}

/** The path row of a probe and its hop rows; none where the probe's own time can't be true: another message repeats it. */
function probeRows (frame: Frame, probe: Probe, lossUsable: boolean, context: MessageContext): Row[] {
  const time = probe.timestamp ? parseTime(probe.timestamp) : undefined
  if (time !== undefined && !isBelievable(time, context)) return []
  const at = time === undefined ? frame.at : stamp(time, context)
  const row = probeRow(frame, probe, at, lossUsable)
  return [row, ...(probe.path ?? []).map((entry, i) => pathHopRow(entry, i, at, row))]
}

function normalise (message: NetworkStatus, context: MessageContext): NormalisedMessage {
  const at = stamp(parseTime(message.sent_at), context)
  const trusted = context.networkStatusTiming === 'trusted'
  const unsoundLoss = trusted ? undefined : findUnsoundLoss(message)
  const frame: Frame = { message, at, extra: unknownFields(message, shape), timingUsable: trusted }
  const rows = message.probes.map((probe) => probeRows(frame, probe, !unsoundLoss?.has(probe), context))
  const info = message.routing_daemon ? { info: { routing_daemon: message.routing_daemon } } : undefined
  return {
    ...normalised('network_status', at, sightRouter(message.node, at, info), rows.flat()),
    neighbours: neighbours(message),
    skippedProbes: rows.filter((probe) => probe.length === 0).length,
  }
}

function neighbours ({ probes }: NetworkStatus): NormalisedMessage['neighbours'] {
  return probes.flatMap(({ dst_node: name, dst_ip: address }) => name && address && name !== address ? [{ name, address }] : [])
}

/** The last probes of an agent in one message, newest first, each with the path it took as far as the agent knows. */
export const networkStatus: MessageDefinition<typeof schema> = { schema, check, normalise }
