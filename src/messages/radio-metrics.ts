import Type, { type Static } from 'typebox'
import { type MessageContext, normalised, type Stamp, stamp } from './context.js'
import type { MessageDefinition } from './definition.js'
import { shapeOf, unknownFields, withPart } from './extra.js'
import { type JsonObject, maybe, name, nameRule, number, schemaVersion, text, time } from './fields.js'
import { parseTime } from './time.js'
import type { NormalisedMessage, Row } from './tables.js'

const battery = Type.Object({ chemistry: maybe(text), cells: maybe(Type.Integer({ minimum: 1, maximum: 99 })) })
const radioInfo = Type.Unsafe<JsonObject>(Type.Object({ battery: maybe(battery) }))

const schema = Type.Object({
  schema: schemaVersion,
  type: Type.Literal('radio_metrics'),
  node: name,
  role: Type.Unsafe<'companion' | 'repeater'>({ type: 'string', enum: ['companion', 'repeater'] }),
  public_key: maybe(text),
  sent_at: time,
  metrics: Type.Unsafe<Record<string, number | null>>({
    type: 'object',
    propertyNames: { type: 'string', ...nameRule },
    additionalProperties: maybe(number),
  }),
  info: maybe(radioInfo),
})

const shape = new Map([...shapeOf(schema), ['info', null]])

function metricRow (at: Stamp, node: string, metric: string, value: number): Row {
  return {
    table: 'radio_metrics',
    values: { time: at.time, received_at: at.received_at, sent_at: at.sent_at, clock_suspect: at.clock_suspect, node, metric, value },
  }
}

function normalise (message: Static<typeof schema>, context: MessageContext): NormalisedMessage {
  const at = stamp(parseTime(message.sent_at), context)
  const { node, role, public_key: publicKey } = message
  const rows = Object.entries(message.metrics).flatMap(([metric, value]) => value === null ? [] : [metricRow(at, node, metric, value)])
  const { battery = null, ...rest } = message.info ?? {}
  // The table has no column for unknown fields: they stay with the radio.
  const info = withPart(rest, 'extra', unknownFields(message, shape)) ?? {}
  return normalised('radio_metrics', at, {
    name: node,
    kind: role,
    time: at.clock_suspect ? null : at.time,
    sendsItself: false,
    ...(publicKey && { publicKey }),
    ...(battery !== null && { battery }),
    ...(typeof rest.hardware === 'string' && { model: rest.hardware }),
    ...(Object.keys(info).length > 0 && { info }),
  }, rows)
}

/** Readings of a MeshCore radio under the names its firmware gives them, sent by the radio worker. */
export const radioMetrics: MessageDefinition<typeof schema> = { schema, normalise }
