/* eslint-disable sql/constants -- rollups of a list in the code, and a call that the database wrote */
import type pg from 'pg'
import { detectEdition, type Edition, type Queryable } from './edition.js'
import { withLongConnection } from './long-connection.js'
import { remakeBuckets } from './maintenance/rollup-jobs.js'
import { rollups, type Rollup } from './relations.js'

/** From and to, RFC 3339, both midnights UTC. */
export type Span = readonly [string, string]

/** A refresh of some weeks takes seconds; on a small computer with much beside it, minutes. */
const limitMs = 30 * 60_000
/** Buckets made in one transaction: a commit takes longer than a bucket. */
const together = 100

// The newest buckets are not finished: the task of the database makes them.
const callRefresh = `
  select format('call refresh_continuous_aggregate(%L, %L, %L)', $1::text, $2::timestamptz, least($3::timestamptz, now() - interval '1 hour')) as call
  where $2::timestamptz + $4::interval <= now() - interval '1 hour'`

const findFinished = (source: string): string => `
  select distinct time_bucket($3::interval, time)::text as bucket from ${source}
  where time >= $1::timestamptz and time < $2::timestamptz and time_bucket($3::interval, time) + $3::interval <= now() - interval '1 hour'`

/**
 * Makes the hourly and daily rollups of rows that arrived late, however old: the task of the database does so within its reach only.
 * Buckets are made from the rows of everybody that are there now.
 */
export async function refreshSpan (pool: pg.Pool, source: Rollup['source'], span: Span): Promise<void> {
  await withLongConnection(pool, limitMs, async (client) => {
    const edition = await detectEdition(client)
    for (const rollup of rollups.filter((one) => one.source === source)) await refresh[edition](client, rollup, span)
  })
}

const refresh: Record<Edition, (client: pg.Client, rollup: Rollup, span: Span) => Promise<void>> = {
  community: async (client, { name, width }, span) => {
    const { rows: [row] } = await client.query<{ call: string }>(callRefresh, [name, ...span, width])
    if (row) await client.query(row.call)
  },
  apache: async (client, rollup, span) => {
    const { rows } = await client.query<{ bucket: string }>(findFinished(rollup.source), [...span, rollup.width])
    const buckets = rows.map(({ bucket }) => bucket)
    for (let done = 0; done < buckets.length; done += together) await remakeBuckets(client, rollup, buckets.slice(done, done + together))
  },
}

const postponePolicies = `
  select alter_job(j.job_id, next_start => greatest(s.next_start, now() + interval '1 hour'))
  from timescaledb_information.jobs j
  left join timescaledb_information.job_stats s using (job_id)
  left join timescaledb_information.continuous_aggregates a on j.hypertable_name in (a.view_name, a.materialization_hypertable_name)
  where j.proc_name = 'policy_retention' and coalesce(a.view_name, j.hypertable_name) = any($1)`

// A job of ours that has never run counts as run now: it is due a day later.
const postponeJobs = `
  insert into job_runs (job, started_at, leased_until) select 'drop old ' || name, now(), now() + interval '1 hour' from unnest($1::text[]) as name
  on conflict (job) do update set leased_until = greatest(job_runs.leased_until, excluded.leased_until)`

/** Keeps old rows of a table and of its rollups from being dropped within the next hour, by whatever task. */
export async function postponeRetention (db: Queryable, source: Rollup['source']): Promise<void> {
  const names = [source, ...rollups.filter((one) => one.source === source).map(({ name }) => name)]
  await db.query(postponeJobs, [names])
  if (await detectEdition(db) === 'community') await db.query(postponePolicies, [names])
}

const selectLostRaw = (source: string, keys: string[]): string => `
  select exists (
    select from ${source}_daily d where bucket >= $1::timestamptz and bucket < $2::timestamptz and not exists (
      select from ${source} r where ${keys.map((key) => `r.${key} = d.${key}`).join(' and ')} and r.time >= d.bucket and r.time < d.bucket + interval '1 day')
  ) as is_lost`

/** Whether the daily figures of a span are all that is left of some rows: to make them anew would lose them. */
export async function findLostRaw (db: Queryable, source: 'radio_metrics', span: Span): Promise<boolean> {
  const { rows: [row] } = await db.query(selectLostRaw(source, ['node', 'metric']), [...span])
  return row?.is_lost === true
}

const decompress = `
  select decompress_chunk(format('%I.%I', chunk_schema, chunk_name)::regclass, if_compressed => true)
  from timescaledb_information.chunks
  where hypertable_name = $1 and is_compressed and range_start < $3::timestamptz and range_end > $2::timestamptz`

/** Makes compressed rows of a span ordinary ones, so that many can be added to them; the policy compresses them again. */
export async function openSpan (pool: pg.Pool, source: Rollup['source'], span: Span): Promise<void> {
  await withLongConnection(pool, limitMs, async (client) => {
    if (await detectEdition(client) === 'community') await client.query(decompress, [source, ...span])
  })
}
