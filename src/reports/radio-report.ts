import type { WallClock } from '../charts/wall-clock.js'
import { batteryMetrics, describeMetric, uptimeMetrics } from '../radio/metrics.js'
import { dateText, localTime, type Day, type Month } from './calendar.js'
import type { Place } from './place.js'

export type Role = 'companion' | 'repeater'

/** Of a gauge: mean and ends. Of a counter: by how much it grew, and how often the radio started anew. */
export interface Statistics {
  count: number
  unit: string
  mean?: number
  min?: number
  /** RFC 3339 with the zone's offset. */
  min_time?: string
  max?: number
  max_time?: string
  total?: number
  reboot_count?: number
}

export type Summary = Record<string, Statistics>

/** What the database says of a gauge over one part of the period, counted from 0: a day of a month, a month of a year. Times are RFC 3339. */
export interface GaugeRow { metric: string, part: number, count: number, mean: number, min: number, min_time: string, max: number, max_time: string }
/** And of a counter; `total` is null where nothing came before. */
export interface CounterRow { metric: string, part: number, count: number, total: number | null, reboot_count: number }

export interface RadioDay { date: string, snapshot_count: number, metrics: Summary }
export interface RadioMonth extends Month { days_with_data: number, summary: Summary }

/** Who a report is about, and where it stands. */
export interface RadioHead {
  node: string
  role: Role
  name: string
  hardware?: string
  place: Place
  time_zone: string
}

/** Which aggregates a year is made of; those that a month ends in are read apart. Days with data are then those that the middle of one falls into. */
export type Resolution = 'hourly' | 'daily'

export interface RadioMonthReport extends RadioHead, RadioMonth { report_type: 'monthly', daily: RadioDay[] }
export interface RadioYearReport extends RadioHead { report_type: 'yearly', year: number, resolution: Resolution, months_with_data: number, summary: Summary, monthly: RadioMonth[] }
export type RadioReport = RadioMonthReport | RadioYearReport

/** The readings of each role that reports have, in their order: those of meshcore-stats. Telemetry is not among them. */
export const reportMetrics: Readonly<Record<Role, readonly string[]>> = {
  companion: ['battery_mv', 'bat_pct', 'contacts', 'uptime_secs', 'recv', 'sent'],
  repeater: [
    'bat', 'bat_pct', 'last_rssi', 'last_snr', 'uptime', 'noise_floor', 'tx_queue_len', 'nb_recv', 'nb_sent', 'airtime', 'rx_airtime',
    'flood_dups', 'direct_dups', 'sent_flood', 'recv_flood', 'sent_direct', 'recv_direct',
  ],
}

function unitOf (metric: string): string {
  const { storedUnit, counterBits } = describeMetric(metric)
  if (storedUnit !== '') return storedUnit
  return counterBits === undefined ? 'count' : 'packets'
}

export interface PartRows { gauges: GaugeRow[], counters: CounterRow[] }
/** `days`: on how many days of each month there was any reading. */
export interface YearRows extends PartRows { days: { part: number, days: number }[] }

/** One month from its days' rows; null where no day has any. */
export function summariseMonth ({ year, month }: Month, rows: PartRows, { days, role, clock }: { days: Day[], role: Role, clock: WallClock }): (RadioMonth & { daily: RadioDay[] }) | null {
  const byDay = summariesOf(rows, role, clock)
  const daily = days.flatMap((day, i) => {
    const metrics = byDay.get(i)
    return metrics === undefined ? [] : [{ date: dateText(day), snapshot_count: Math.max(...Object.values(metrics).map(({ count }) => count)), metrics }]
  })
  if (daily.length === 0) return null
  return { year, month, days_with_data: daily.length, summary: combine(daily.map(({ metrics }) => metrics), role), daily }
}

/** The months of a year that have readings. */
export function summariseYear (year: number, rows: YearRows, { role, clock }: { role: Role, clock: WallClock }): RadioMonth[] {
  const byMonth = summariesOf(rows, role, clock)
  return rows.days.flatMap(({ part, days }) => {
    const summary = byMonth.get(part)
    return summary === undefined ? [] : [{ year, month: part + 1, days_with_data: days, summary }]
  })
}

function summariesOf ({ gauges, counters }: PartRows, role: Role, clock: WallClock): Map<number, Summary> {
  const at = (time: string) => localTime(Date.parse(time), clock)
  const parts = new Map<number, Summary>()
  const add = (part: number, metric: string, statistics: Statistics) => parts.set(part, { ...parts.get(part), [metric]: statistics })
  for (const { part, metric, count, mean, min, max, min_time: minTime, max_time: maxTime } of gauges) {
    add(part, metric, { count, unit: unitOf(metric), mean, min, min_time: at(minTime), max, max_time: at(maxTime) })
  }
  for (const { part, metric, count, total, reboot_count: reboots } of counters) {
    add(part, metric, { count, unit: unitOf(metric), ...(total !== null && { total }), ...(reboots > 0 && { reboot_count: reboots }) })
  }
  return new Map([...parts].map(([part, summary]) => [part, inOrder(summary, role)]))
}

export function monthReport (head: RadioHead, month: RadioMonth & { daily: RadioDay[] }): RadioMonthReport {
  return { report_type: 'monthly', ...head, ...month }
}

/** A year from its months. */
export function yearReport (head: RadioHead, { year, resolution }: { year: number, resolution: Resolution }, monthly: RadioMonth[]): RadioYearReport {
  return { report_type: 'yearly', ...head, year, resolution, months_with_data: monthly.length, summary: combine(monthly.map(({ summary }) => summary), head.role), monthly }
}

/** Means weigh by how many readings they stand for; of equal ends the earlier counts. */
function combine (parts: Summary[], role: Role): Summary {
  const all: Summary = {}
  for (const part of parts) {
    for (const [metric, next] of Object.entries(part)) {
      const known = all[metric]
      all[metric] = known === undefined ? next : join(known, next)
    }
  }
  return inOrder(all, role)
}

function join (a: Statistics, b: Statistics): Statistics {
  const totals = [a.total, b.total].filter((total) => total !== undefined)
  const reboots = (a.reboot_count ?? 0) + (b.reboot_count ?? 0)
  const low = (b.min ?? Infinity) < (a.min ?? Infinity) ? b : a
  const high = (b.max ?? -Infinity) > (a.max ?? -Infinity) ? b : a
  return {
    count: a.count + b.count,
    unit: a.unit,
    ...(a.mean !== undefined && b.mean !== undefined && { mean: (a.mean * a.count + b.mean * b.count) / (a.count + b.count) }),
    ...(low.min !== undefined && { min: low.min, min_time: low.min_time! }),
    ...(high.max !== undefined && { max: high.max, max_time: high.max_time! }),
    ...(totals.length > 0 && { total: totals.reduce((sum, total) => sum + total, 0) }),
    ...(reboots > 0 && { reboot_count: reboots }),
  }
}

function inOrder (metrics: Summary, role: Role): Summary {
  return Object.fromEntries(reportMetrics[role].flatMap((metric) => metrics[metric] === undefined ? [] : [[metric, metrics[metric]]]))
}

/** Where the columns of both roles' tables come from. */
export const columnMetrics = {
  companion: { battery: batteryMetrics[0]!, uptime: uptimeMetrics[0]!, received: 'recv', sent: 'sent' },
  repeater: { battery: batteryMetrics[1]!, uptime: uptimeMetrics[1]!, received: 'nb_recv', sent: 'nb_sent' },
} as const
