import Type, { type Static } from 'typebox'
import { type MessageContext, normalised, stamp } from './context.js'
import type { MessageDefinition } from './definition.js'
import { shapeOf, unknownFields } from './extra.js'
import { maybe, name, object, schemaVersion, text, time } from './fields.js'
import { parseTime } from './time.js'
import type { NormalisedMessage } from './tables.js'

const events = ['breaker_open', 'breaker_closed', 'login_failed', 'poll_failed', 'poll_ok']

const schema = Type.Object({
  schema: schemaVersion,
  type: Type.Literal('worker_event'),
  node: name,
  public_key: maybe(text),
  sent_at: time,
  event: Type.Unsafe<string>({ type: 'string', enum: events }),
  reason: maybe(text),
  details: maybe(object),
})

const shape = shapeOf(schema)

function normalise (message: Static<typeof schema>, context: MessageContext): NormalisedMessage {
  const at = stamp(parseTime(message.sent_at), context)
  const { node, event, public_key: publicKey } = message
  const time = at.clock_suspect ? null : at.time
  return normalised('worker_event', at, { name: node, kind: 'repeater', time, sendsItself: false, ...(publicKey && { publicKey }) }, [{
    table: 'worker_event',
    values: {
      time: at.time,
      received_at: at.received_at,
      sent_at: at.sent_at,
      clock_suspect: at.clock_suspect,
      node,
      event,
      reason: message.reason ?? null,
      details: message.details ?? null,
      extra: unknownFields(message, shape),
    },
  }])
}

/** What happened to the radio worker at one of its repeaters. */
export const workerEvent: MessageDefinition<typeof schema> = { schema, normalise }
