import Type, { type Static } from 'typebox'
import { type MessageContext, normalised, sightRouter, stamp } from './context.js'
import type { MessageDefinition } from './definition.js'
import { shapeOf, unknownFields, withPart } from './extra.js'
import { bool, degrees, int, type JsonObject, maybe, name, number, object, percent, schemaVersion, text, time } from './fields.js'
import { believableUptime, coordinate, knownText, withoutUnsetTimes } from './measured.js'
import { parseTime } from './time.js'
import type { NormalisedMessage, Sighting } from './tables.js'

const location = Type.Unsafe<JsonObject>(Type.Object({ lat: maybe(degrees), lon: maybe(degrees), elevation_m: maybe(number), source: maybe(text) }))

const schema = Type.Object({
  schema: schemaVersion,
  type: Type.Literal('agent_health'),
  node: name,
  sent_at: time,
  cpu_pct: maybe(percent),
  mem_mb: maybe(number),
  queue_len: maybe(int),
  neighbors_seen: maybe(int),
  uptime_seconds: maybe(number),
  restart_count: maybe(int),
  threads_responsive: maybe(bool),
  health_score: maybe(percent),
  reporting_reason: maybe(text),
  routing_daemon: maybe(text),
  lat: maybe(degrees),
  lon: maybe(degrees),
  grid_square: maybe(text),
  hardware_model: maybe(text),
  firmware_version: maybe(text),
  location: maybe(location),
  checks: maybe(object),
  threads: maybe(object),
  sip_service: maybe(object),
  phonebook: maybe(object),
  monitoring: maybe(object),
  timestamp: maybe(number),
})

type AgentHealth = Static<typeof schema>

const objects = ['location', 'checks', 'threads', 'sip_service', 'phonebook', 'monitoring'] as const
const shape = new Map([...shapeOf(schema), ['location', null]])

/** The objects of the message, clocks that were never set blanked. */
function details (message: AgentHealth): JsonObject | null {
  const parts = objects.flatMap((key) => {
    const part = message[key]
    return part ? [[key, withoutUnsetTimes(part)] as const] : []
  })
  return parts.length === 0 ? null : Object.fromEntries(parts)
}

function position ({ lat, lon, location }: AgentHealth): { lat: number | null, lon: number | null } {
  return { lat: coordinate(lat, 90) ?? coordinate(location?.lat, 90), lon: coordinate(lon, 180) ?? coordinate(location?.lon, 180) }
}

/** Unknown fields, and what no column can hold: text for a coordinate that is none, a `timestamp` that is not `sent_at`. */
function extra (message: AgentHealth, sentAt: number): JsonObject | null {
  const { lat, lon, timestamp } = message
  let kept = unknownFields(message, shape)
  if (lat && coordinate(lat, 90) === null && knownText(String(lat))) kept = withPart(kept, 'lat', lat)
  if (lon && coordinate(lon, 180) === null && knownText(String(lon))) kept = withPart(kept, 'lon', lon)
  return timestamp === Math.floor(sentAt / 1e6) ? kept : withPart(kept, 'timestamp', timestamp ?? null)
}

function known (message: AgentHealth): Partial<Sighting> {
  const { lat, lon } = position(message)
  const version = knownText(message.firmware_version)
  const model = knownText(message.hardware_model)
  const elevationM = message.location?.elevation_m
  const square = knownText(message.grid_square)
  return {
    ...(version !== null && { version }),
    ...(model !== null && { model }),
    ...(lat !== null && lon !== null && { lat, lon }),
    ...(typeof elevationM === 'number' && { elevation_m: elevationM }),
    ...(square !== null && { info: { grid_square: square } }),
  }
}

function normalise (message: AgentHealth, context: MessageContext): NormalisedMessage {
  const sentAt = parseTime(message.sent_at)
  const at = stamp(sentAt, context)
  const { lat, lon } = position(message)
  const allResponsive = message.threads?.all_responsive
  return normalised('agent_health', at, sightRouter(message.node, at, known(message)), [{
    table: 'agent_health',
    values: {
      time: at.time,
      received_at: at.received_at,
      sent_at: at.sent_at,
      clock_suspect: at.clock_suspect,
      node: message.node,
      source: 'agent',
      cpu_pct: message.cpu_pct ?? null,
      mem_mb: message.mem_mb ?? null,
      queue_len: message.queue_len ?? null,
      neighbors_seen: message.neighbors_seen ?? null,
      uptime_seconds: believableUptime(message.uptime_seconds),
      restart_count: message.restart_count ?? null,
      threads_responsive: message.threads_responsive ?? (typeof allResponsive === 'boolean' ? allResponsive : null),
      health_score: message.health_score ?? null,
      reporting_reason: message.reporting_reason ?? null,
      routing_daemon: message.routing_daemon ?? null,
      lat,
      lon,
      grid_square: knownText(message.grid_square),
      hardware_model: knownText(message.hardware_model),
      firmware_version: knownText(message.firmware_version),
      load1: null,
      free_mem_mb: null,
      details: details(message),
      extra: extra(message, sentAt),
    },
  }])
}

/** What an agent says of its own state. */
export const agentHealth: MessageDefinition<typeof schema> = { schema, normalise }
