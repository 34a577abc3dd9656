import type { Pool } from 'pg'
import { detectEdition } from '../../database/edition.js'
import { rollups } from '../../database/relations.js'
import { ok, warning, type Finding } from '../finding.js'

/** A refresh leaves out the newest hour, and four of them may fail or wait. */
const grace = "interval '1 hour' + 4 * r.every::interval"

const sources = [...new Set(rollups.map(({ source }) => source))]

// Raw rows that no refresh has taken in though it should have: beyond the watermark a query reads all of them each time.
const selectStaleContinuous = `
  select r.name, case when w.until > '2000-01-01' then to_char(w.until at time zone 'UTC', 'YYYY-MM-DD HH24:MI') end as until
  from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as r (name, source, width, every)
  join timescaledb_information.continuous_aggregates a on a.view_name = r.name
  join _timescaledb_catalog.hypertable h on h.table_name = a.materialization_hypertable_name
  cross join lateral (
    select _timescaledb_functions.to_timestamp(_timescaledb_functions.cagg_watermark(h.id)) as until, time_bucket(r.width::interval, now() - (${grace})) as due
  ) w
  where case r.source ${sources.map((source) => `when '${source}' then exists (select from ${source} where time >= w.until and time < w.due and received_at < now() - (${grace}))`).join(' ')} end
  order by r.name`

const selectStaleOrdinary = `
  select r.name, to_char(min(t.bucket) at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as until
  from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as r (name, source, width, every)
  join touched_buckets t on t.rollup = r.name and t.bucket + r.width::interval < now() - (${grace})
  left join job_runs run on run.job = 'refresh ' || r.name
  where coalesce(run.started_at, (select min(run_on) at time zone current_setting('timezone') from schema_migrations)) < now() - (${grace})
  group by r.name order by r.name`

/** Hourly and daily statistics: made of all but the newest rows. Charts of weeks and months read these. */
export async function checkRollups (db: Pool): Promise<Finding> {
  const check = 'aggregates'
  const statement = await detectEdition(db) === 'apache' ? selectStaleOrdinary : selectStaleContinuous
  const { rows: stale } = await db.query<{ name: string, until: string | null }>(statement,
    [rollups.map(({ name }) => name), rollups.map(({ source }) => source), rollups.map(({ width }) => width), rollups.map(({ refreshEvery }) => refreshEvery)])
  if (stale.length === 0) return ok(check, `${rollups.length} hourly and daily aggregates are fresh`)
  const remedy = statement === selectStaleOrdinary
    ? 'Only a collector that runs makes them; start it: make start'
    : `Refresh it: meshmon sql "call refresh_continuous_aggregate('${stale[0]?.name}', now() - interval '80 days', now() - interval '1 hour')"`
  return warning(check, `${stale.length} are behind: ${stale.map(({ name, until }) => `${name} ${until === null ? 'was never made' : `since ${until} UTC`}`).join(', ')}; answers stay right, but charts of long spans are slow`, remedy,
    'Then see why the job does not: meshmon sql "select * from job_runs where job like \'refresh%\'"')
}
