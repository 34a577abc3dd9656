import { Type, type Static } from 'typebox'
import { boolean, integer, number, Time } from './common.js'
import type { IssueReferenceBody } from './issues.js'

export const WorstHop = Type.Object({
  hop_index: Type.Integer(),
  from: Type.String(),
  to: Type.String(),
  link_type: Type.String({ description: 'Empty where unknown' }),
  lq: number,
  nlq: number,
  etx: Type.Number(),
}, { $id: 'WorstHop', description: 'The hop with the highest etx of the last window, from 1.25' })

export const Window = Type.Object({
  time: Time,
  route: Type.Array(Type.String()),
  rtt_ms: number,
  jitter_ms: number,
  loss_pct: number,
  window_s: integer,
  timing_usable: Type.Boolean({ description: 'false: rtt_ms and jitter_ms are wrong and count nowhere' }),
  loss_usable: Type.Boolean(),
}, { $id: 'Window', description: 'One measurement of a path' })

export const PathHour = Type.Object({
  n: Type.Integer(),
  rtt_ms_avg: number,
  rtt_ms_p95: number,
  jitter_ms_avg: number,
  jitter_ms_p95: number,
  loss_pct_avg: number,
  loss_pct_p95: number,
}, { $id: 'PathHour', description: 'The usable windows of the last hour' })

export const Path = Type.Object({
  src: Type.String(),
  dst: Type.String(),
  last: Type.Ref('Window'),
  hour: Type.Ref('PathHour'),
  worst_hop: Type.Union([Type.Ref('WorstHop'), Type.Null()]),
  open_issues: Type.Array(Type.Ref('IssueReference')),
}, { $id: 'Path' })

const routable = { ...boolean, description: 'Some route goes over it; null where the node does not say' }

export const LinkReading = Type.Object({
  time: Time,
  lq: number,
  nlq: number,
  etx: number,
  rtt_ms: number,
  signal_dbm: number,
  noise_dbm: number,
  snr_db: number,
  tx_bitrate_mbps: number,
  rxcost: number,
  txcost: number,
  quality: number,
  routable,
}, { $id: 'LinkReading', description: 'The newest report of a link, as seen from a' })

export const LinkEnd = Type.Object({
  time: Time,
  lq: { ...number, description: 'How this end hears the other' },
  signal_dbm: number,
  noise_dbm: number,
  snr_db: number,
  tx_bitrate_mbps: number,
  rxcost: { ...number, description: 'Babel: 96 a perfect cable, 256 a perfect radio link, 65535 none' },
  txcost: number,
  quality: number,
  routable,
}, { $id: 'LinkEnd', description: 'The newest report of a link by one of its ends' })

/** Rows read of each direction of a link: a busy one has hundreds an hour, and reading all would hold up the measurements. */
export const linkSampleRows = 30

export const LinkHour = Type.Object({
  n: Type.Integer(),
  lq_avg: number,
  nlq_avg: number,
  etx_avg: number,
  etx_p95: number,
  rtt_ms_avg: number,
  rtt_ms_p95: number,
}, { $id: 'LinkHour', description: `The reports of the last hour; of each direction and link type the newest ${linkSampleRows}, so of a busy link its last minutes` })

const maybeEnd = Type.Unsafe<Static<typeof LinkEnd> | null>(Type.Union([Type.Ref('LinkEnd'), Type.Null()], { description: 'null where this end did not report within a day' }))

export const Link = Type.Object({
  a: Type.String(),
  b: Type.String(),
  medium: Type.String({ description: 'rf, tunnel, dtd, xlink, …' }),
  last: Type.Ref('LinkReading'),
  ends: Type.Object({ a: maybeEnd, b: maybeEnd }),
  hour: Type.Ref('LinkHour'),
  open_issues: Type.Array(Type.Ref('IssueReference')),
}, { $id: 'Link', description: 'Two nodes and a medium; lq is how a hears b, nlq how b hears a' })

export type WindowBody = Static<typeof Window>
export type PathHourBody = Static<typeof PathHour>
export type WorstHopBody = Static<typeof WorstHop>
export type LinkReadingBody = Static<typeof LinkReading>
export type LinkEndBody = Static<typeof LinkEnd>
export type LinkHourBody = Static<typeof LinkHour>

export interface PathBody {
  src: string
  dst: string
  last: WindowBody
  hour: PathHourBody
  worst_hop: WorstHopBody | null
  open_issues: IssueReferenceBody[]
}

/** One hop of a window: the link it went over, and what was known of it then. */
export interface HopBody {
  from: string
  to: string
  medium: string
  lq: number | null
  nlq: number | null
  etx: number | null
  rtt_ms: number | null
  signal_dbm: number | null
  snr_db: number | null
}
/** When a path was first seen to go another way than before, and which. */
export interface RouteChangeBody { time: string, route: string[] }
export interface LinkBody {
  a: string
  b: string
  medium: string
  last: LinkReadingBody
  ends: { a: LinkEndBody | null, b: LinkEndBody | null }
  hour: LinkHourBody
  open_issues: IssueReferenceBody[]
}

export const pathSchemas = [WorstHop, Window, PathHour, Path, LinkReading, LinkEnd, LinkHour, Link]
