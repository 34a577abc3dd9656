/* eslint-disable sql/constants -- views, times and job ids as the database's own catalogue gives them */
import type pg from 'pg'
import type { Job } from './job.js'

interface Policy {
  id: number
  kind: 'refresh' | 'compress' | 'drop old'
  relation: string
  every: string
}

// In this order, so that a rollup is made before its raw rows are compressed or dropped.
const findPolicies = `
  select job_id as id, kind, coalesce(a.view_name, j.hypertable_name)::text as relation, schedule_interval::text as every
  from timescaledb_information.jobs j
  join (values (1, 'policy_refresh_continuous_aggregate', 'refresh'), (2, 'policy_compression', 'compress'), (3, 'policy_retention', 'drop old'))
    as known (place, proc_name, kind) using (proc_name)
  left join timescaledb_information.continuous_aggregates a
    on j.hypertable_name in (a.view_name, a.materialization_hypertable_name)
  where scheduled
  order by place, job_id`

const findOldChunks = `
  select show_chunks(format('%I', $1::text)::regclass, older_than => (config->>'compress_after')::interval)::text as chunk
  from timescaledb_information.jobs where job_id = $2`

// Newest first, of 1, 2, 4, 8 … whole days, the unfinished day with the newest: a refresh of all at once would hold up the inserts of a
// database of one session for long after a backfill, one per day costs some 10 ms each where nothing has changed.
const findRefreshWindows = `
  select start::text, stop::text
  from timescaledb_information.jobs,
  lateral (select now() - (config->>'end_offset')::interval as upper, now() - (config->>'start_offset')::interval as lower) as reach,
  lateral (select time_bucket(interval '1 day', upper) - interval '1 day' as newest, time_bucket(interval '1 day', lower) + interval '1 day' as oldest) as days,
  generate_series(0, 20) as power,
  lateral (select
    greatest(oldest, newest - (2 ^ power - 1) * interval '1 day') as start,
    case power when 0 then upper else newest - (2 ^ (power - 1) - 1) * interval '1 day' end as stop) as windows
  where job_id = $1 and start < stop
  order by power`

/** The policies of the database as jobs of ours, for a server that has no background workers to run them. */
export async function policyJobs (pool: pg.Pool): Promise<Job[]> {
  const { rows } = await pool.query<Policy>(findPolicies)
  return rows.map((policy) => ({
    name: `${policy.kind} ${policy.relation}`, every: policy.every, isPatient: policy.kind === 'drop old', run: (client) => run[policy.kind](client, policy),
  }))
}

const run: Record<Policy['kind'], (client: pg.Client, policy: Policy) => Promise<void>> = {
  refresh: async (client, { id, relation }) => {
    const { rows } = await client.query<{ start: string, stop: string }>(findRefreshWindows, [id])
    for (const { start, stop } of rows) await client.query(`call refresh_continuous_aggregate('${relation}', '${start}', '${stop}')`)
  },
  compress: async (client, { id, relation }) => {
    const { rows } = await client.query<{ chunk: string }>(findOldChunks, [relation, id])
    for (const { chunk } of rows) await client.query('select compress_chunk($1::regclass, if_not_compressed => true)', [chunk])
  },
  'drop old': async (client, { id }) => { await client.query(`call run_job(${id})`) },
}
