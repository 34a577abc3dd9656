import Type, { type Static } from 'typebox'
import { type MessageContext, normalised, sightRouter, stamp } from './context.js'
import type { MessageDefinition } from './definition.js'
import { shapeOf, unknownFields } from './extra.js'
import { int, maybe, milliseconds, name, number, percent, schemaVersion, text, time } from './fields.js'
import { withoutLost } from './measured.js'
import { pathRow } from './path-row.js'
import { parseTime } from './time.js'
import type { NormalisedMessage, Sighting } from './tables.js'

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

type PathResult = Static<typeof schema>

const shape = shapeOf(schema)
const defaultWindowS = 5

/** The state of the agent comes with every path; the newest is enough, `agent_health` keeps the history. */
function known ({ agent }: PathResult): Partial<Sighting> | undefined {
  if (!agent) return undefined
  const info = { agent: { ver: agent.ver ?? null, cpu_pct: agent.cpu_pct ?? null, mem_mb: agent.mem_mb ?? null } }
  return agent.ver ? { agentVersion: agent.ver, info } : { info }
}

function normalise (message: PathResult, context: MessageContext): NormalisedMessage {
  const at = stamp(parseTime(message.sent_at), context)
  const { metrics } = message
  const measured = withoutLost(metrics.rtt_ms_avg, metrics.jitter_ms_rfc3550 ?? metrics.jitter_ms, metrics.loss_pct)
  return normalised('path_result', at, sightRouter(message.src, at, known(message)), [{
    table: 'path_probe',
    values: pathRow(at, measured, {
      src: message.src,
      dst: message.dst,
      peer: message.dst,
      route: message.route,
      window_s: message.window_s ?? defaultWindowS,
      neighbors_seen: message.neighbors_seen ?? null,
      extra: unknownFields(message, shape),
    }),
  }])
}

/** One window of probes along a path. */
export const pathResult: MessageDefinition<typeof schema> = { schema, normalise }
