import type { Pool } from 'pg'
import { type IncidentRow, issueColumns, toIssue } from '../../incidents/issue.js'
import { uptimeMetrics } from '../../radio/metrics.js'
import type { IssueBody } from '../schemas/issues.js'
import { before } from '../time.js'
import { select } from './select.js'

const weekS = 7 * 86_400
/** Hours with a restart that are looked at closely: with the hour before each, 48 hours of raw rows. */
const mostRestarts = 24
export const mostEvents = 200

export interface RestartRow { node: string, time: string, up_for_s: number | null }
export interface BreakerRow { node: string, time: string, event: string, reason: string | null }

/**
 * Hours in which an uptime fell or a count of restarts rose, from the aggregate; when it was, from the raw rows of that hour and of the one reported before.
 * $1: nodes, $2: since when. A boot is `uptime` before the first report after it, yet after the last one before. An uptime of whole minutes may fall by one.
 */
const restartsOf = (hours: string, reports: (of: string) => string) => `
with hour as (
  select node, bucket, low, high, restarts, lag(bucket) over reported as earlier, lag(high) over reported as before, lag(restarts) over reported as restarts_before
  from (${hours}) known window reported as (partition by node order by bucket)
), suspect as (
  select node, bucket, coalesce(earlier, bucket) as earlier from hour
  where low < before - 60 or high - low > 3660 or restarts > restarts_before order by bucket desc limit ${mostRestarts}
), report as (
  select distinct told.* from suspect cross join lateral (
    ${reports("time >= suspect.bucket and time < suspect.bucket + interval '1 hour'")}
    union all
    ${reports("time >= suspect.earlier and time < suspect.earlier + interval '1 hour'")}
  ) told
), followed as (
  select *, lag(time) over follow as time_before, lag(uptime) over follow as was, lag(restarts) over follow as restarts_before
  from report window follow as (partition by node, source order by time)
)
select node, greatest(time - make_interval(secs => uptime), time_before) as time, was as up_for_s
from followed where uptime < was - 60 or restarts > restarts_before
order by 2 desc limit ${mostRestarts}`

const selectNodeRestarts = restartsOf(
  `select node, bucket, uptime_seconds_min as low, uptime_seconds_max as high, restart_count_max as restarts
  from agent_health_hourly where node = any($1::text[]) and bucket >= $2::timestamptz and uptime_seconds_n > 0`,
  (of) => `select node, source, time, uptime_seconds::float8 as uptime, restart_count as restarts from agent_health where node = suspect.node and uptime_seconds is not null and ${of}`)

const selectRadioRestarts = restartsOf(
  `select node, bucket, min as low, greatest(first, max) as high, null::int as restarts
  from radio_metrics_hourly where node = any($1::text[]) and metric = any($3::text[]) and bucket >= $2::timestamptz`,
  (of) => `select node, metric as source, time, value as uptime, null::int as restarts from radio_metrics where node = suspect.node and metric = any($3) and ${of}`)

const selectIssues = `
select ${issueColumns} from incidents
where scope @> any ($1::jsonb[]) and (started_at >= $2::timestamptz or ended_at >= $2 or state <> 'closed')
order by greatest(started_at, ended_at) desc, id desc limit ${mostEvents}`

const selectBreakers = `
select node, time, event, reason from worker_event
where node = any($1::text[]) and time >= $2::timestamptz and event in ('breaker_open', 'breaker_closed', 'login_failed')
order by time desc limit ${mostEvents}`

/** Restarts of routers and radios in the last 7 days, as far back as raw rows are kept. */
export async function listRestarts (db: Pool, { nodes, radios }: { nodes: string[], radios: string[] }, nowMs: number): Promise<RestartRow[]> {
  const [ofNodes, ofRadios] = await Promise.all([
    select<RestartRow>(db, selectNodeRestarts, [nodes, before(nowMs, weekS)]),
    select<RestartRow>(db, selectRadioRestarts, [radios, before(nowMs, weekS), uptimeMetrics]),
  ])
  return [...ofNodes, ...ofRadios]
}

/** Issues of the nodes, and of paths and links that end at one: open ones and those that began or ended in the last 7 days. */
export async function listIssuesAt (db: Pool, nodes: string[], nowMs: number): Promise<IssueBody[]> {
  const scopes = nodes.flatMap((node) => ['node', 'src', 'dst', 'a', 'b'].map((place) => JSON.stringify({ [place]: node })))
  return (await select<IncidentRow>(db, selectIssues, [scopes, before(nowMs, weekS)])).map(toIssue)
}

/** When the radio worker gave a radio up, and when it took it on again, in the last 7 days. */
export async function listBreakers (db: Pool, radios: string[], nowMs: number): Promise<BreakerRow[]> {
  return await select<BreakerRow>(db, selectBreakers, [radios, before(nowMs, weekS)])
}
