import type { WallClock } from '../charts/wall-clock.js'
import { dateText, localTime, type Day, type Period } from './calendar.js'
import { joinDirections, type LinkRow, type LinkSummary } from './mesh-links.js'
import type { Place } from './place.js'

/**
 * What the database says of a path over the period. `available` is the sum over its days of: length of the day, times the share of its
 * usual windows that came (nine tenths count as all), times the share of packets that came back. `first_day` is -1 where the path had
 * windows on the day before the period; `first_share` is the share of the usual windows on its first day.
 */
export interface PathRow { src: string, dst: string, windows: number, loss_pct: number | null, rtt_ms: number | null, first_day: number, first_share: number, available: number }
/** All paths together on one day, counted from 0. */
export interface PathDayRow { day: number, windows: number, loss_pct: number | null, rtt_ms: number | null, available: number }
/** `silent_s`: how long node_silent or repeater_unreachable was open within the period. */
export interface NodeRow { node: string, kind: string, first_seen: string, retired_at: string | null, silent_s: number }
export interface IncidentRow { kind: string, opened: number, consequences: number, open_at_end: number, duration_s: number, longest_s: number, recovered: number, repair_s: number }
export interface CrashRow { node: string, crashes: number }

export interface MeshRows {
  paths: PathRow[]
  pathDays: PathDayRow[]
  nodes: NodeRow[]
  links: LinkRow[]
  incidents: IncidentRow[]
  incidentDays: { day: number, opened: number }[]
  crashes: CrashRow[]
}

interface Figures { windows: number, path_availability_pct: number | null, loss_pct: number | null, rtt_ms: number | null, incidents: number }
export interface MeshPath { src: string, dst: string, availability_pct: number, windows: number, loss_pct: number | null, rtt_ms: number | null }
export interface MeshNode { node: string, kind: string, availability_pct: number, silent_s: number }
export interface MeshIncidents { kind: string, count: number, consequences: number, open_at_end: number, duration_s: number, longest_s: number, mttr_s: number | null }

export interface MeshReport {
  report_type: 'monthly' | 'yearly'
  scope: 'mesh'
  year: number
  month?: number
  place: Place
  time_zone: string
  /** RFC 3339 with the zone's offset; `to` is now where the period is not over. */
  from: string
  to: string
  /** Daily aggregates begin at midnight UTC: each is taken for the local day that its noon falls into. */
  resolution: 'hourly' | 'daily'
  summary: Figures & { paths: number, nodes: number, node_availability_pct: number | null, mttr_s: number | null, crashes: number }
  daily?: (Figures & { date: string })[]
  monthly?: (Figures & { year: number, month: number })[]
  /** The least available first. */
  paths: MeshPath[]
  nodes: MeshNode[]
  /** The worst ETX first. */
  links: LinkSummary[]
  /** What lasted longest first. */
  incidents: MeshIncidents[]
  crashes: CrashRow[]
}

const dayMs = 86_400_000
/** More of each nobody reads; the summary counts all. */
const [mostPaths, mostNodes, mostLinks] = [200, 1000, 100]

export interface MeshHead { period: Period, place: Place, time_zone: string, resolution: 'hourly' | 'daily' }

/** How much of each day has passed, in days. */
export function elapsedDays (days: Day[], nowMs: number): number[] {
  return days.map(({ fromMs, toMs }) => Math.max(0, Math.min(toMs, nowMs) - fromMs) / dayMs)
}

/**
 * The report of the mesh. Availability of a path: of the time from its first window on (the whole period where it had windows on the day
 * before), until now or until one of its nodes was retired, the share in which its usual number of windows a day came in and their packets
 * came back. A path probed rarely is measured by its own pace; nine tenths of the usual windows make a day complete. Availability of a node:
 * of the time since it was first heard, until now or until it was retired, the share in which no node_silent or repeater_unreachable was open.
 * The mesh's are the means of both, weighed by time. MTTR is the mean time from start to end of issues that ended by recovery.
 */
export function meshReport ({ period, place, time_zone: timeZone, resolution }: MeshHead, rows: MeshRows, { days, nowMs, clock }: { days: Day[], nowMs: number, clock: WallClock }): MeshReport {
  const [fromMs, toMs] = [days[0]?.fromMs ?? 0, Math.min(days.at(-1)?.toMs ?? 0, nowMs)]
  const elapsed = elapsedDays(days, nowMs)
  const retired = new Map(rows.nodes.flatMap(({ node, retired_at: at }) => at === null ? [] : [[node, Date.parse(at)]]))
  const lives = rows.paths.map((path) => ({ path, expected: expectedDays(path, elapsed, days, Math.min(retired.get(path.src) ?? Infinity, retired.get(path.dst) ?? Infinity)) }))
  const paths = lives.map(({ path, expected }) => toPath(path, sum(expected)))
  const nodes = rows.nodes.flatMap((row) => toNode(row, fromMs, toMs))
  const daily = days.flatMap((_, day) => (elapsed[day] ?? 0) > 0 ? [dayPart(rows, day, lives.reduce((total, { expected }) => total + (expected[day] ?? 0), 0))] : [])
  const repaired = sum(rows.incidents.map(({ recovered }) => recovered))
  const nodeSeconds = sum(nodes.map(({ expectedS }) => expectedS))
  const table = period.month === undefined ? { monthly: byMonth(days, daily) } : { daily: daily.map((part, i) => ({ date: dateText(days[i]!), ...figures([part]) })) }
  return {
    report_type: period.month === undefined ? 'yearly' : 'monthly',
    scope: 'mesh',
    ...period,
    place,
    time_zone: timeZone,
    from: localTime(fromMs, clock),
    to: localTime(toMs, clock),
    resolution,
    summary: {
      ...figures(daily),
      paths: paths.length,
      nodes: nodes.length,
      node_availability_pct: nodeSeconds === 0 ? null : 100 * (1 - sum(nodes.map(({ silent_s: silent }) => silent)) / nodeSeconds),
      mttr_s: repaired === 0 ? null : sum(rows.incidents.map(({ repair_s: repair }) => repair)) / repaired,
      crashes: sum(rows.crashes.map(({ crashes }) => crashes)),
    },
    ...table,
    paths: paths.sort((a, b) => a.availability_pct - b.availability_pct || (b.loss_pct ?? 0) - (a.loss_pct ?? 0) || compare(a.src, b.src) || compare(a.dst, b.dst)).slice(0, mostPaths),
    nodes: nodes.map(({ expectedS: _, ...node }) => node).sort((a, b) => a.availability_pct - b.availability_pct || compare(a.node, b.node)).slice(0, mostNodes),
    links: joinDirections(rows.links).slice(0, mostLinks),
    incidents: rows.incidents.map(toIncidents).sort((a, b) => b.duration_s - a.duration_s),
    crashes: rows.crashes,
  }
}

/** For how much of each day windows of a path were to come. On its first day it began at some hour. */
function expectedDays ({ first_day: first, first_share: share }: PathRow, elapsed: number[], days: Day[], retiredMs: number): number[] {
  return elapsed.map((length, day) => {
    const from = days[day]?.fromMs ?? 0
    const living = Math.max(0, Math.min(length, (retiredMs - from) / dayMs))
    if (day < first) return 0
    return day === first ? living * share : living
  })
}

function toPath ({ src, dst, windows, loss_pct: loss, rtt_ms: rtt, available }: PathRow, expected: number): MeshPath {
  return { src, dst, availability_pct: expected === 0 ? 0 : Math.min(100, 100 * available / expected), windows, loss_pct: loss, rtt_ms: rtt }
}

function toNode ({ node, kind, first_seen: seen, retired_at: retired, silent_s: silent }: NodeRow, fromMs: number, toMs: number): (MeshNode & { expectedS: number })[] {
  const expectedS = (Math.min(toMs, retired === null ? Infinity : Date.parse(retired)) - Math.max(fromMs, Date.parse(seen))) / 1000
  if (expectedS <= 0) return []
  const silentS = Math.min(silent, expectedS)
  return [{ node, kind, availability_pct: 100 * (1 - silentS / expectedS), silent_s: silentS, expectedS }]
}

function toIncidents ({ kind, opened, consequences, open_at_end: open, duration_s: duration, longest_s: longest, recovered, repair_s: repair }: IncidentRow): MeshIncidents {
  return { kind, count: opened, consequences, open_at_end: open, duration_s: duration, longest_s: longest, mttr_s: recovered === 0 ? null : repair / recovered }
}

interface DayPart { windows: number, loss: number | null, rtt: number | null, available: number, expected: number, incidents: number }

function dayPart ({ pathDays, incidentDays }: MeshRows, day: number, expected: number): DayPart {
  const row = pathDays.find((one) => one.day === day)
  const incidents = incidentDays.find((one) => one.day === day)?.opened ?? 0
  return { windows: row?.windows ?? 0, loss: row?.loss_pct ?? null, rtt: row?.rtt_ms ?? null, available: row?.available ?? 0, expected, incidents }
}

function figures (parts: DayPart[]): Figures {
  const mean = (of: (part: DayPart) => number | null) => {
    const known = parts.filter((part) => of(part) !== null)
    const windows = sum(known.map((part) => part.windows))
    return windows === 0 ? null : sum(known.map((part) => (of(part) ?? 0) * part.windows)) / windows
  }
  const expected = sum(parts.map((part) => part.expected))
  return {
    windows: sum(parts.map((part) => part.windows)),
    path_availability_pct: expected === 0 ? null : Math.min(100, 100 * sum(parts.map((part) => part.available)) / expected),
    loss_pct: mean(({ loss }) => loss),
    rtt_ms: mean(({ rtt }) => rtt),
    incidents: sum(parts.map((part) => part.incidents)),
  }
}

function byMonth (days: Day[], parts: DayPart[]): (Figures & { year: number, month: number })[] {
  const months = [...new Set(days.slice(0, parts.length).map(({ month }) => month))]
  return months.map((month) => ({ year: days[0]?.year ?? 0, month, ...figures(parts.filter((_, i) => days[i]?.month === month)) }))
}

function sum (values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function compare (a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
