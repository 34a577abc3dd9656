import { Type, type Static } from 'typebox'
import { maybeObject, nullable, number, oneOf, text, Time, time } from './common.js'

export const nodeStatuses = ['active', 'inactive', 'dead'] as const

const node = {
  id: Type.String({ description: 'The name, as first seen' }),
  kind: oneOf(['router', 'companion', 'repeater']),
  status: oneOf(nodeStatuses, { description: 'active: heard as often as usual; inactive: silent for less than a day; dead: for longer' }),
  host: text,
  first_seen: Time,
  last_seen: { ...time, description: 'Receipt of the newest message; null for a node entered by hand and never heard' },
  version: text,
  model: text,
  lat: number,
  lon: number,
  elevation_m: number,
  grid_square: { ...text, description: 'Maidenhead locator, as the node tells it' },
  site: text,
  pinned: Type.Boolean(),
}

export const Node = Type.Object(node, { $id: 'Node' })

export const Health = Type.Object({
  time: Time,
  source: oneOf(['agent', 'sysinfo']),
  cpu_pct: number,
  mem_mb: number,
  free_mem_mb: number,
  load1: number,
  queue_len: number,
  neighbors_seen: number,
  uptime_seconds: number,
  restart_count: number,
  threads_responsive: nullable(Type.Boolean()),
  health_score: number,
  reporting_reason: text,
  routing_daemon: text,
  details: maybeObject,
}, { $id: 'Health', description: 'What a node said of itself' })

export const NodeDetail = Type.Object({
  ...node,
  retired_at: time,
  last_time: { ...time, description: 'Time of the newest message by the node\'s own clock' },
  usual_gap_s: number,
  info: maybeObject,
  last_health: Type.Unsafe<Static<typeof Health> | null>(Type.Union([Type.Ref('Health'), Type.Null()], { description: 'Of the last 7 days' })),
  crashes: Type.Array(Type.Ref('Crash'), { description: 'Of the last 7 days' }),
  open_issues: Type.Array(Type.Ref('Issue')),
  paths: Type.Array(Type.Ref('Path'), { description: 'Paths that start or end here' }),
  links: Type.Array(Type.Ref('Link')),
}, { $id: 'NodeDetail' })

export const Participant = Type.Object({
  id: Type.String(),
  host: Type.String({ description: 'Address to probe, else the name' }),
  last_seen: { ...time, description: 'null for one that was never heard' },
  pinned: Type.Boolean(),
}, { $id: 'Participant', description: 'A node that others may probe' })

export type NodeBody = Static<typeof Node>
/** What is kept of a node itself. */
export interface NodeRecordBody extends NodeBody {
  retired_at: string | null
  last_time: string | null
  usual_gap_s: number | null
  info: Record<string, unknown> | null
}
export type HealthBody = Static<typeof Health>
export type ParticipantBody = Static<typeof Participant>

export const nodeSchemas = [Node, Health, NodeDetail, Participant]
