import type { Pool } from 'pg'
import { batteryMetrics, describeMetric, uptimeMetrics } from '../../radio/metrics.js'
import { reportMetrics, type CounterRow, type GaugeRow, type PartRows, type Role } from '../../reports/radio-report.js'
import { select } from './select.js'

/** One radio as a report names it. */
export interface ReportRadio {
  id: string
  kind: Role
  model: string | null
  battery: Record<string, unknown> | null
  info: Record<string, unknown> | null
  site: string | null
  lat: number | null
  lon: number | null
  elevation_m: number | null
}

const selectRadios = `
select name as id, kind, model, battery, info, site, lat, lon, elevation_m from nodes
where kind <> 'router' and ($1::text is null or lower(name) = lower($1)) order by kind, lower(name) limit 1000`

/** $1: radio, $2: metrics, $3: midnights, the first that of the period. Readings of one value stand together: the charge is computed of each, and the first of equal ends counts. */
const selectGauges = `
with reading as (
  select metric, width_bucket(time, $3::timestamptz[]) - 1 as day, value, count(*) as n, min(time) as first_at from radio_metrics
  where node = $1 and metric = any($2::text[]) and time >= ($3::timestamptz[])[1] and time < ($3::timestamptz[])[cardinality($3)]
  group by 1, 2, 3
), shown as (
  select metric, day, value, n, first_at from reading
  union all
  select 'bat_pct', day, bat_pct(value, $5, $6::int), n, first_at from reading where metric = any($4::text[]) and bat_pct(value, $5, $6::int) is not null
)
select metric, day as part, sum(n)::int as count, sum(value * n) / sum(n) as mean,
  min(value) as min, (array_agg(first_at order by value, first_at))[1] as min_time,
  max(value) as max, (array_agg(first_at order by value desc, first_at))[1] as max_time
from shown group by metric, day order by metric, day`

/**
 * $3: midnights, the first a day before the period. A counter that fell while uptime grew has wrapped if it has 16 bits ($5); if uptime
 * fell, or is not known, the radio started anew and has counted from 0. What grew over more than one midnight is no day's.
 */
const selectCounters = `
with reading as (
  select metric, time, value, width_bucket(time, $3::timestamptz[]) - 2 as day,
    max(value) filter (where metric = any($4::text[])) over (partition by time) as uptime
  from radio_metrics
  where node = $1 and metric = any($2::text[] || $4::text[]) and time >= ($3::timestamptz[])[1] and time < ($3::timestamptz[])[cardinality($3)]
), step as (
  select metric, day, value, value - lag(value) over past as growth, uptime < lag(uptime) over past as restarted, day - lag(day) over past <= 1 as adjoins
  from reading where metric = any($2::text[]) window past as (partition by metric order by time)
)
select metric, day as part, count(*)::int as count,
  sum(case
    when restarted then value
    when growth >= 0 then growth
    when metric = any($5::text[]) and not restarted then growth + 65536
    else value
  end) filter (where adjoins) as total,
  (count(*) filter (where adjoins and coalesce(restarted, growth < 0)))::int as reboot_count
from step where day >= 0 group by metric, day order by metric, day`

const selectFirst = `
select radio.node, min(first.time) as time from unnest($1::text[]) as radio (node)
cross join unnest($2::text[]) as wanted (metric)
cross join lateral (select time from radio_metrics r where r.node = radio.node and r.metric = wanted.metric order by time limit 1) first
group by radio.node`

/** Which of these spans hold a reading. */
const selectFilled = `
select span.node, span.n::int as n
from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) with ordinality as span (node, start, stop, n)
where exists (
  select from unnest($4::text[]) as wanted (metric)
  cross join lateral (select from radio_metrics r where r.node = span.node and r.metric = wanted.metric and r.time >= span.start and r.time < span.stop limit 1) reading
) order by n`

/** Radios, retired ones too: all, or those of a name. */
export async function listReportRadios (db: Pool, name: string | null): Promise<ReportRadio[]> {
  return await select<ReportRadio>(db, selectRadios, [name])
}

export interface MonthQuery {
  radio: { id: string, kind: Role }
  battery: { chemistry: string, cells: number }
  /** Milliseconds since 1970: the midnight before the month, that of each of its days, and the one that ends it. */
  midnights: number[]
}

/** What the days of a month hold of one radio. Reads its raw rows. */
export async function readRadioMonth (db: Pool, { radio, battery, midnights }: MonthQuery): Promise<PartRows> {
  const { gauges, counters, short } = metricsOf(radio.kind)
  const times = midnights.map((timeMs) => new Date(timeMs).toISOString())
  return {
    gauges: await select<GaugeRow>(db, selectGauges, [radio.id, gauges, times.slice(1), batteryMetrics, battery.chemistry, battery.cells]),
    counters: await select<CounterRow>(db, selectCounters, [radio.id, counters, times, uptimeMetrics, short]),
  }
}

/** What a role's reports read: gauges as they are stored, counters, those of 16 bits among them. */
export function metricsOf (role: Role): { gauges: string[], counters: string[], short: string[] } {
  const metrics = reportMetrics[role]
  const counters = metrics.filter((metric) => describeMetric(metric).counterBits !== undefined)
  return {
    gauges: metrics.filter((metric) => !counters.includes(metric) && metric !== 'bat_pct'),
    counters,
    short: counters.filter((metric) => describeMetric(metric).counterBits === 16),
  }
}

/** When the first reading of each radio was taken that reports show. */
export async function findFirstReadings (db: Pool, nodes: string[]): Promise<Map<string, string>> {
  const rows = await select<{ node: string, time: string }>(db, selectFirst, [nodes, anyOf])
  return new Map(rows.map(({ node, time }) => [node, time]))
}

const anyOf = [...new Set([...reportMetrics.companion, ...reportMetrics.repeater])].filter((metric) => metric !== 'bat_pct')

export interface Span { node: string, fromMs: number, toMs: number }

/** Those of the spans in which the radio sent something that reports show. */
export async function findFilledSpans<S extends Span> (db: Pool, spans: S[]): Promise<S[]> {
  const iso = (timeMs: number) => new Date(timeMs).toISOString()
  const rows = await select<{ n: number }>(db, selectFilled, [spans.map(({ node }) => node), spans.map(({ fromMs }) => iso(fromMs)), spans.map(({ toMs }) => iso(toMs)), anyOf])
  return rows.flatMap(({ n }) => spans[n - 1] ?? [])
}
