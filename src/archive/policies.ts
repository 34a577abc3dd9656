import type { ClientBase } from 'pg'

const ours = ['policy_retention', 'policy_compression', 'policy_refresh_continuous_aggregate']

const pause = 'select alter_job(job_id, scheduled => false) from timescaledb_information.jobs where proc_name = any ($1)'

// What is older than it is kept may be looked at for a day: somebody has just restored it.
const resume = `
  select alter_job(job_id, scheduled => true, next_start => now() + case proc_name when 'policy_retention' then interval '1 day' else '1 minute' end)
  from timescaledb_information.jobs where proc_name = any ($1)`

/** Keeps the server from refreshing, compressing and dropping what is being filled. */
export async function pausePolicies (client: ClientBase): Promise<void> {
  await client.query(pause, [ours])
}

export async function resumePolicies (client: ClientBase): Promise<void> {
  await client.query(resume, [ours])
}
