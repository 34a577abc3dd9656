import type { Pool } from 'pg'
import { batteryMetrics, uptimeMetrics } from '../../radio/metrics.js'
import type { CounterRow, GaugeRow, Resolution, YearRows } from '../../reports/radio-report.js'
import { metricsOf, type MonthQuery } from './report-radio.js'
import { select } from './select.js'

const widths: Readonly<Record<Resolution, { ms: number, width: string, half: string }>> = {
  hourly: { ms: 3_600_000, width: "interval '1 hour'", half: "interval '30 minutes'" },
  daily: { ms: 86_400_000, width: "interval '1 day'", half: "interval '12 hours'" },
}

/**
 * Aggregates of $1, a radio, between the first and the last of $3; those of $4, in which a month ends, as single readings where these are
 * kept. `at` says where a piece counts: a whole one at its middle.
 */
const piecesOf = (resolution: Resolution, metrics: string) => {
  const { width, half } = widths[resolution]
  const readings = (metric: string, start: string) => `radio_metrics r where r.node = $1 and ${metric} and r.time >= ${start} and r.time < ${start} + ${width}`
  return `
select * from (
  select metric, bucket + ${half} as at, bucket as start, bucket + ${width} as until, n, avg, min, max, first, last from radio_metrics_${resolution} whole
  where node = $1 and metric = any(${metrics}) and bucket > ($3::timestamptz[])[1] - ${width} and bucket < ($3::timestamptz[])[cardinality($3)]
    and not (bucket = any($4::timestamptz[]) and exists (select from ${readings('r.metric = whole.metric', 'bucket')}))
  union all
  select metric, time, time, time + interval '1 microsecond', 1, value, value, value, value, value from unnest($4::timestamptz[]) as edge (start)
  cross join lateral (select metric, time, value from ${readings(`r.metric = any(${metrics})`, 'edge.start')}) reading
) piece where at >= ($3::timestamptz[])[1] and at < ($3::timestamptz[])[cardinality($3)]`
}

/**
 * $2: gauges, $3: when the months begin and the last ends; $5 to $7: what holds the battery's voltage, its chemistry and cells: the charge is
 * that of each piece's mean, least and greatest voltage. Ends have the time of the reading where that is still kept, else that of its piece.
 */
const selectGaugesOf = (resolution: Resolution) => `
with piece as (select *, width_bucket(at, $3::timestamptz[]) - 1 as part from (${piecesOf(resolution, '$2::text[]')}) pieces), shown as (
  select metric, part, start, until, n, avg, min, max from piece
  union all
  select 'bat_pct', part, start, until, n, bat_pct(avg, $6, $7::int), bat_pct(min, $6, $7::int), bat_pct(max, $6, $7::int)
  from piece where metric = any($5::text[]) and bat_pct(avg, $6, $7::int) is not null
), monthly as (
  select metric, part, case when metric = 'bat_pct' then $5::text[] else array[metric] end as sources, sum(n)::int as count, sum(avg * n) / sum(n) as mean,
    min(min) as min, (array_agg(start order by min, start))[1] as min_start, (array_agg(until order by min, start))[1] as min_until,
    max(max) as max, (array_agg(start order by max desc, start))[1] as max_start, (array_agg(until order by max desc, start))[1] as max_until
  from shown group by metric, part
)
select metric, part, count, mean, min, coalesce(lowest.time, min_start) as min_time, max, coalesce(highest.time, max_start) as max_time
from monthly
left join lateral (${endOf('min', 'value')}) lowest on true
left join lateral (${endOf('max', 'value desc')}) highest on true
order by metric, part`

function endOf (end: 'min' | 'max', order: string): string {
  return `select time from radio_metrics r where r.node = $1 and r.metric = any(sources) and r.time >= ${end}_start and r.time < ${end}_until order by ${order}, time limit 1`
}

/**
 * $2: counters, $3: midnights, the first a day before the year; $5: what tells uptime, $6: counters of 16 bits, $7: when the months begin. As in the
 * report of a month; of a whole piece the first and last reading and the ends are known, so that two starts within one count as one.
 */
const selectCountersOf = (resolution: Resolution) => `
with piece as (
  select *, width_bucket(at, $3::timestamptz[]) - 2 as day, max(first) filter (where metric = any($5::text[])) over slot as up_first,
    max(last) filter (where metric = any($5::text[])) over slot as up_last, max(max) filter (where metric = any($5::text[])) over slot as up_max
  from (${piecesOf(resolution, '$2::text[] || $5::text[]')}) pieces window slot as (partition by start)
), step as (
  select metric, at, day, n, first, last, max, max > last or last < first as fell, up_last < up_first or up_max > up_last as restarted,
    day - lag(day) over past <= 1 as adjoins, first - lag(last) over past as growth, up_first < lag(up_last) over past as restarted_before
  from piece where metric = any($2::text[]) window past as (partition by metric order by start)
), grown as (
  select metric, width_bucket(at, $7::timestamptz[]) - 1 as part, n,
    case
      when not coalesce(adjoins, false) then null
      when restarted_before then first
      when growth >= 0 then growth
      when metric = any($6::text[]) and not restarted_before then growth + 65536
      else first
    end as before,
    case
      when n = 1 then null
      when not fell and not coalesce(restarted, false) then last - first
      when metric = any($6::text[]) and not restarted then last - first + 65536
      else last + case when max > last then max - first else 0 end
    end as within,
    (coalesce(adjoins and coalesce(restarted_before, growth < 0), false))::int + (coalesce(restarted, fell))::int as reboots
  from step where day >= 0
)
select metric, part, sum(n)::int as count, sum(coalesce(before, 0) + coalesce(within, 0)) filter (where before is not null or within is not null) as total, sum(reboots)::int as reboot_count
from grown group by metric, part order by metric, part`

/** $2: metrics, $3: midnights, $5: when the months begin. */
const selectDaysOf = (resolution: Resolution) => `
select width_bucket(at, $5::timestamptz[]) - 1 as part, count(distinct width_bucket(at, $3::timestamptz[]))::int as days from (${piecesOf(resolution, '$2::text[]')}) pieces
group by part order by part`

const statementsOf = (resolution: Resolution) => ({ gauges: selectGaugesOf(resolution), counters: selectCountersOf(resolution), days: selectDaysOf(resolution) })
const statements = { hourly: statementsOf('hourly'), daily: statementsOf('daily') }

/** As `readRadioMonth`, of a year; `months`: when its months begin and the last one ends. Reads aggregates, and readings only of those that a month ends in. */
export async function readRadioYear (db: Pool, { radio, battery, midnights, months, resolution }: MonthQuery & { months: number[], resolution: Resolution }): Promise<YearRows> {
  const { gauges, counters, short } = metricsOf(radio.kind)
  const iso = (times: number[]) => times.map((timeMs) => new Date(timeMs).toISOString())
  const { ms } = widths[resolution]
  const edges = iso(months.filter((timeMs) => timeMs % ms !== 0).map((timeMs) => Math.floor(timeMs / ms) * ms))
  const sql = statements[resolution]
  return {
    gauges: await select<GaugeRow>(db, sql.gauges, [radio.id, gauges, iso(months), edges, batteryMetrics, battery.chemistry, battery.cells]),
    counters: await select<CounterRow>(db, sql.counters, [radio.id, counters, iso(midnights), edges, uptimeMetrics, short, iso(months)]),
    days: await select<{ part: number, days: number }>(db, sql.days, [radio.id, [...gauges, ...counters], iso(midnights.slice(1)), edges, iso(months)]),
  }
}
