import type { Pool } from 'pg'
import type { LinkRow } from '../../reports/mesh-links.js'
import type { CrashRow, IncidentRow, MeshRows, NodeRow, PathDayRow, PathRow } from '../../reports/mesh-report.js'
import { select } from './select.js'

/** When a bucket counts: a day, which begins at midnight UTC, at its noon. */
const moments = { hourly: 'bucket', daily: 'bucket + interval \'12 hours\'' } as const
const margins = { hourly: '0 hours', daily: '12 hours' } as const

/** $1: midnights, the first a day before the period; $2: how much of each day of the period has passed, in days. */
function selectPaths (source: 'hourly' | 'daily'): string {
  return `
with path_day as (
  select src, dst, width_bucket(${moments[source]}, $1::timestamptz[]) - 2 as day, sum(n)::float8 as n,
    sum(loss_pct_avg * loss_pct_n) / nullif(sum(loss_pct_n), 0) as loss, sum(rtt_ms_avg * rtt_ms_n) / nullif(sum(rtt_ms_n), 0) as rtt
  from path_probe_${source}
  where bucket >= ($1::timestamptz[])[1] - interval '${margins[source]}' and bucket < ($1::timestamptz[])[cardinality($1)] - interval '${margins[source]}'
  group by 1, 2, 3
), pace as (
  select src, dst, percentile_cont(0.5) within group (order by n / ($2::float8[])[day + 1]) as usual
  from path_day where day >= 0 and ($2::float8[])[day + 1] > 0 group by src, dst
), scored as (
  select src, dst, day, n, loss, rtt, case when day >= 0 then least(1, n / (0.9 * usual * ($2::float8[])[day + 1])) end as share
  from path_day join pace using (src, dst) where day < 0 or ($2::float8[])[day + 1] > 0
)
select src, dst, day, sum(n) filter (where day >= 0) as windows, min(day) as first_day, (array_agg(share order by day))[1] as first_share,
  sum(loss * n) filter (where day >= 0) / nullif(sum(n) filter (where day >= 0 and loss is not null), 0) as loss_pct,
  sum(rtt * n) filter (where day >= 0) / nullif(sum(n) filter (where day >= 0 and rtt is not null), 0) as rtt_ms,
  sum(($2::float8[])[day + 1] * share * (1 - coalesce(loss, 0) / 100)) filter (where day >= 0) as available
from scored group by grouping sets ((src, dst), (day)) having sum(n) filter (where day >= 0) > 0`
}

/** $1, $2: both ends. */
function selectLinks (source: 'hourly' | 'daily'): string {
  const mean = (name: string) => `sum(${name}_avg * ${name}_n) / nullif(sum(${name}_n), 0) as ${name}, sum(${name}_n)::float8 as ${name}_n`
  return `
select from_node, to_node, link_type, ${['lq', 'nlq', 'etx'].map(mean).join(', ')} from hop_quality_${source}
where bucket >= $1::timestamptz - interval '${margins[source]}' and bucket < $2::timestamptz - interval '${margins[source]}' and from_node <> to_node
group by from_node, to_node, link_type`
}

const statements = {
  hourly: { paths: selectPaths('hourly'), links: selectLinks('hourly') },
  daily: { paths: selectPaths('daily'), links: selectLinks('daily') },
}

const lasted = 'extract(epoch from least(coalesce(ended_at, $2), $2) - greatest(started_at, $1))'
/** $1, $2: both ends, the second not after now. */
const overlapping = 'started_at < $2::timestamptz and (ended_at is null or ended_at > $1::timestamptz)'

const selectNodes = `
select name as node, kind, first_seen, retired_at, coalesce(silent_s, 0)::float8 as silent_s from nodes
left join (
  select scope ->> 'node' as node, sum(${lasted}) as silent_s from incidents
  where kind in ('node_silent', 'repeater_unreachable') and ${overlapping} group by 1
) silence on silence.node = nodes.name
where first_seen < $2 and (retired_at is null or retired_at > $1) order by id limit 20000`

const selectIncidents = `
select kind, (count(*) filter (where started_at >= $1))::int as opened, (count(*) filter (where started_at >= $1 and caused_by is not null))::int as consequences,
  (count(*) filter (where ended_at is null or ended_at > $2))::int as open_at_end, sum(${lasted})::float8 as duration_s, max(${lasted})::float8 as longest_s,
  (count(*) filter (where resolution = 'recovered' and ended_at <= $2))::int as recovered,
  coalesce(sum(extract(epoch from ended_at - started_at)) filter (where resolution = 'recovered' and ended_at <= $2), 0)::float8 as repair_s
from incidents where ${overlapping} group by kind order by kind`

const selectIncidentDays = `
select width_bucket(started_at, $1::timestamptz[]) - 1 as day, count(*)::int as opened from incidents
where started_at >= ($1::timestamptz[])[1] and started_at < ($1::timestamptz[])[cardinality($1)] group by 1 order by 1`

const selectCrashes = 'select node, count(*)::int as crashes from crash_reports where time >= $1 and time < $2 group by node order by crashes desc, node limit 20'

/** When the oldest that a report of the mesh shows began. */
const selectFirst = `
select least((select bucket from path_probe_daily order by bucket limit 1), (select bucket from hop_quality_daily order by bucket limit 1),
  (select started_at from incidents order by started_at limit 1)) as time`

/** Which spans ($1, $2) hold anything. */
const selectFilled = `
select n::int as n from unnest($1::timestamptz[], $2::timestamptz[]) with ordinality as span (start, stop, n)
where exists (select from path_probe_daily where bucket >= start - interval '12 hours' and bucket < stop - interval '12 hours')
  or exists (select from hop_quality_daily where bucket >= start - interval '12 hours' and bucket < stop - interval '12 hours')
  or exists (select from incidents where started_at >= start and started_at < stop)
order by n`

export interface MeshQuery {
  resolution: 'hourly' | 'daily'
  /** Milliseconds since 1970: the midnight before the period, that of each of its days, and the one that ends it. */
  midnights: number[]
  /** How much of each day has passed, in days. */
  elapsed: number[]
  nowMs: number
}

/** What a report of the mesh is made of: from aggregates and incidents, never from raw rows. */
export async function readMesh (db: Pool, { resolution, midnights, elapsed, nowMs }: MeshQuery): Promise<MeshRows> {
  const iso = (timeMs: number) => new Date(timeMs).toISOString()
  const [first = 0, last = 0] = [midnights[1], midnights.at(-1)]
  const ends = [iso(first), iso(Math.min(last, nowMs))]
  const times = midnights.map(iso)
  const rows = await select<(PathRow & { day: null }) | (PathDayRow & { src: null })>(db, statements[resolution].paths, [times, elapsed])
  return {
    paths: rows.filter((row) => row.src !== null),
    pathDays: rows.filter((row) => row.src === null),
    links: await select<LinkRow>(db, statements[resolution].links, [iso(first), iso(last)]),
    nodes: await select<NodeRow>(db, selectNodes, ends),
    incidents: await select<IncidentRow>(db, selectIncidents, ends),
    incidentDays: await select<{ day: number, opened: number }>(db, selectIncidentDays, [times.slice(1)]),
    crashes: await select<CrashRow>(db, selectCrashes, ends),
  }
}

/** When the oldest that a report of the mesh could show happened; null where there is nothing. */
export async function findFirstOfMesh (db: Pool): Promise<string | null> {
  const [row] = await select<{ time: string | null }>(db, selectFirst)
  return row?.time ?? null
}

/** Those of the spans in which a path or a link was measured, or an issue began. */
export async function findFilledSpansOfMesh<S extends { fromMs: number, toMs: number }> (db: Pool, spans: S[]): Promise<S[]> {
  const iso = (timeMs: number) => new Date(timeMs).toISOString()
  const rows = await select<{ n: number }>(db, selectFilled, [spans.map(({ fromMs }) => iso(fromMs)), spans.map(({ toMs }) => iso(toMs))])
  return rows.flatMap(({ n }) => spans[n - 1] ?? [])
}
