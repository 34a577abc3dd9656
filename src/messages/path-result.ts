import Type, { type Static } from 'typebox'
import { type MessageContext, normalised, sightRouter, stamp } from './context.js'
import type { MessageDefinition } from './definition.js'
import { shapeOf, unknownFields } from './extra.js'
import { int, maybe, milliseconds, name, number, percent, schemaVersion, text, time } from './fields.js'
import { withoutLost } from './measured.js'
import { parseTime } from './time.js'
import type { NormalisedMessage } from './tables.js'

const metrics = Type.Object({
  rtt_ms_avg: maybe(milliseconds),
  jitter_ms_rfc3550: maybe(milliseconds),
  jitter_ms: maybe(milliseconds),
  loss_pct: maybe(percent),
})

const schema = Type.Object({
  schema: schemaVersion,
  type: Type.Literal('path_result'),
  src: name,
  dst: name,
  sent_at: time,
  window_s: maybe(Type.Integer({ minimum: 1, maximum: 3600 })),
  route: Type.Array(name),
  metrics,
  neighbors_seen: maybe(int),
  agent: maybe(Type.Object({ ver: maybe(text), cpu_pct: maybe(percent), mem_mb: maybe(number) })),
})

const shape = shapeOf(schema)
const defaultWindowS = 5

function normalise (message: Static<typeof schema>, context: MessageContext): NormalisedMessage {
  const at = stamp(parseTime(message.sent_at), context)
  const { metrics, agent } = message
  const measured = withoutLost(metrics.rtt_ms_avg, metrics.jitter_ms_rfc3550 ?? metrics.jitter_ms, metrics.loss_pct)
  const known = agent ? { ...(agent.ver && { agentVersion: agent.ver }), info: { agent: { ver: agent.ver ?? null, cpu_pct: agent.cpu_pct ?? null, mem_mb: agent.mem_mb ?? null } } } : undefined
  return normalised('path_result', at, sightRouter(message.src, at, known), [{
    table: 'path_probe',
    values: {
      ...at,
      src: message.src,
      dst: message.dst,
      peer: message.dst,
      route: message.route,
      ...measured,
      window_s: message.window_s ?? defaultWindowS,
      timing_usable: true,
      loss_usable: true,
      neighbors_seen: message.neighbors_seen ?? null,
      extra: unknownFields(message, shape),
    },
  }])
}

/** One window of probes along a path. */
export const pathResult: MessageDefinition<typeof schema> = { schema, normalise }
