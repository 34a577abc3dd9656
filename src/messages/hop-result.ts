import Type, { type Static } from 'typebox'
import { type MessageContext, normalised, sightRouter, type Stamp, stamp } from './context.js'
import type { MessageDefinition } from './definition.js'
import { shapeOf, unknownFields, withPart } from './extra.js'
import { linkType, maybe, milliseconds, name, number, quality, schemaVersion, text, time } from './fields.js'
import { hopRow } from './hop-row.js'
import { foldLinkType, knownText } from './measured.js'
import type { FieldError } from './storable.js'
import { parseTime } from './time.js'
import type { NormalisedMessage, Row } from './tables.js'

const index = Type.Integer({ minimum: 0, maximum: 255 })

const listedHop = Type.Object({
  seq: maybe(index),
  node: name,
  interface: maybe(text),
  link_type: maybe(linkType),
  to_next: maybe(Type.Object({ ip: maybe(name), lq: maybe(quality), nlq: maybe(quality), etx: maybe(number), rtt_ms: maybe(milliseconds) })),
})

const schema = Type.Object({
  schema: schemaVersion,
  type: Type.Literal('hop_result'),
  src: name,
  dst: name,
  sent_at: time,
  hop_index: maybe(index),
  hop: maybe(Type.Object({ from: name, to: name })),
  l2: maybe(Type.Object({
    lq: maybe(quality),
    nlq: maybe(quality),
    etx: maybe(number),
    signal_dbm: maybe(number),
    noise_dbm: maybe(number),
    tx_bitrate_mbps: maybe(number),
    link_type: maybe(linkType),
  })),
  interface: maybe(text),
  link_type: maybe(linkType),
  hops: maybe(Type.Array(listedHop, { maxItems: 255 })),
})

type HopResult = Static<typeof schema>

const shape = shapeOf(schema)
const hopShape = shapeOf(listedHop)

function check (message: HopResult): FieldError | undefined {
  if (!message.hop) return message.hops ? undefined : { path: '/hop', message: 'is required (or hops, the list form)' }
  if (typeof message.hop_index !== 'number') return { path: '/hop_index', message: 'is required' }
  return message.l2 ? undefined : { path: '/l2', message: 'is required' }
}

function singleHop (message: HopResult, at: Stamp): Row[] {
  const { hop, l2, hop_index: hopIndex } = message
  if (!hop || !l2 || typeof hopIndex !== 'number') return []
  return [{
    table: 'hop_quality',
    values: hopRow(at, {
      src: message.src,
      dst: message.dst,
      hop_index: hopIndex,
      from_node: hop.from,
      to_node: hop.to,
      link_type: foldLinkType(message.link_type ?? l2.link_type),
      interface: knownText(message.interface),
      lq: l2.lq,
      nlq: l2.nlq,
      etx: l2.etx,
      signal_dbm: l2.signal_dbm,
      noise_dbm: l2.noise_dbm,
      tx_bitrate_mbps: l2.tx_bitrate_mbps,
      extra: unknownFields(message, shape),
    }),
  }]
}

function listedHops (message: HopResult, at: Stamp): Row[] {
  const hops = message.hops ?? []
  const extra = unknownFields(message, shape)
  return hops.flatMap((hop, i) => {
    const next = hop.to_next
    if (!next) return []
    const values = hopRow(at, {
      src: message.src,
      dst: message.dst,
      hop_index: hop.seq ?? i,
      from_node: hop.node,
      to_node: hops[i + 1]?.node ?? next.ip ?? message.dst,
      link_type: foldLinkType(hop.link_type),
      interface: knownText(hop.interface),
      lq: next.lq,
      nlq: next.nlq,
      etx: next.etx,
      rtt_ms: next.rtt_ms,
      extra: withPart(extra, 'hops', unknownFields(hop, hopShape)),
    })
    return [{ table: 'hop_quality', values }]
  })
}

/** The neighbour behind each `to_next.ip`, where the list goes on with its name. */
function neighbours (message: HopResult): NormalisedMessage['neighbours'] {
  const hops = message.hops ?? []
  return hops.flatMap(({ to_next: next }, i) => {
    const name = hops[i + 1]?.node
    return next?.ip && name && name !== next.ip ? [{ name, address: next.ip }] : []
  })
}

function normalise (message: HopResult, context: MessageContext): NormalisedMessage {
  const at = stamp(parseTime(message.sent_at), context)
  const rows = [...singleHop(message, at), ...listedHops(message, at)]
  return { ...normalised('hop_result', at, sightRouter(message.src, at), rows), neighbours: neighbours(message) }
}

/** Link quality of one hop of a path, or of all of them (`hops`). */
export const hopResult: MessageDefinition<typeof schema> = { schema, check, normalise }
