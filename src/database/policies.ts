import type { Queryable } from './edition.js'
import { measurements, rollups } from './relations.js'
import { resolveRetention, rollupReach, type RetentionSettings } from './retention.js'

type PolicyKind = 'retention' | 'compression' | 'refresh'

/** One policy that should stand; `after` null means it should not. */
interface Policy {
  kind: PolicyKind
  relation: string
  after: string | null
  every: string
}

/** How TimescaleDB names each kind of job, and the setting in its config that holds the interval. */
const jobs: Record<PolicyKind, { proc: string, setting: string }> = {
  retention: { proc: 'policy_retention', setting: 'drop_after' },
  compression: { proc: 'policy_compression', setting: 'compress_after' },
  refresh: { proc: 'policy_refresh_continuous_aggregate', setting: 'start_offset' },
}

const add: Record<PolicyKind, string> = {
  retention: 'select add_retention_policy($1::regclass, $2::interval, schedule_interval => $3::interval)',
  compression: 'select add_compression_policy($1::regclass, $2::interval, schedule_interval => $3::interval)',
  refresh: "select add_continuous_aggregate_policy($1::regclass, $2::interval, interval '1 hour', schedule_interval => $3::interval)",
}

// A rollup's jobs are listed under its own name or, by other versions, under that of the hypertable that holds its buckets.
const findJobs = `
  select job_id, proc_name, coalesce(a.view_name, j.hypertable_name)::text as relation, config
  from timescaledb_information.jobs j
  left join timescaledb_information.continuous_aggregates a
    on j.hypertable_name in (a.view_name, a.materialization_hypertable_name)
  where proc_name = any ($1)`

const changeJob = 'select alter_job($1::integer, config => jsonb_set($2::jsonb, array[$3], to_jsonb($4::text)))'
const removeJob = 'select delete_job($1::integer)'

/** A policy that is not as the settings want it. `before` null: it is missing. */
interface Change { policy: Policy, job: Record<string, unknown> | undefined, before: string | null }

/**
 * Makes the policies of the Community edition follow the settings. Says what it changed, one line each; nothing where all stand already.
 * The Apache edition has no policies: its maintenance task reads the settings itself.
 * @throws an Error that names a setting which is no interval.
 */
export async function applyPolicies (db: Queryable, settings: RetentionSettings): Promise<string[]> {
  const changes = await findChanges(db, settings)
  for (const { policy, job } of changes) {
    if (policy.after === null) await db.query(removeJob, [job?.job_id])
    else if (job === undefined) await db.query(add[policy.kind], [policy.relation, policy.after, policy.every])
    else await db.query(changeJob, [job.job_id, JSON.stringify(job.config), jobs[policy.kind].setting, policy.after])
  }
  return changes.map(describeChange)
}

/** What `applyPolicies` would change, one line each. */
export async function comparePolicies (db: Queryable, settings: RetentionSettings): Promise<string[]> {
  return (await findChanges(db, settings)).map(describeChange)
}

async function findChanges (db: Queryable, settings: RetentionSettings): Promise<Change[]> {
  const wanted = await wantedPolicies(db, settings)
  const { rows: found } = await db.query(findJobs, [Object.values(jobs).map(({ proc }) => proc)])
  return wanted.map((policy): Change => {
    const { proc, setting } = jobs[policy.kind]
    const job = found.find((row) => row.proc_name === proc && row.relation === policy.relation)
    return { policy, job, before: job === undefined ? null : intervalOf(job.config, setting) }
  }).filter(({ policy, before }) => before !== policy.after)
}

const describeChange = ({ policy: { kind, relation, after }, before }: Change): string => `${kind} of ${relation}: ${before ?? 'none'} -> ${after ?? 'none'}`

async function wantedPolicies (db: Queryable, settings: RetentionSettings): Promise<Policy[]> {
  const retention = await resolveRetention(db, settings)
  const { compressAfter } = retention
  const wanted: Policy[] = []
  for (const { name, keep, isCompressed } of measurements) {
    wanted.push({ kind: 'retention', relation: name, after: retention[keep], every: '1 day' })
    if (isCompressed) wanted.push({ kind: 'compression', relation: name, after: compressAfter, every: '6 hours' })
  }
  for (const rollup of rollups) {
    const { reach, beyondReach } = await rollupReach(db, rollup, retention)
    wanted.push({ kind: 'refresh', relation: rollup.name, after: reach, every: rollup.refreshEvery })
    wanted.push({ kind: 'compression', relation: rollup.name, after: compressAfter && beyondReach, every: '1 day' })
    wanted.push({ kind: 'retention', relation: rollup.name, after: retention[rollup.keep], every: '1 day' })
  }
  return wanted
}

function intervalOf (config: unknown, setting: string): string | null {
  const value = typeof config === 'object' && config !== null ? Object.entries(config).find(([key]) => key === setting)?.[1] : undefined
  return typeof value === 'string' ? value : null
}
