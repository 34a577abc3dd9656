/* eslint-disable sql/constants -- tables as the database's own catalogue names them */
import type pg from 'pg'
import type { Retention } from '../retention.js'
import type { Job } from './job.js'

/** Rejected messages are for people to look at: a flood of bad bodies must not fill the disk. */
export const rejectedLimits = { days: 30, rows: 100_000, bytes: 1_000_000_000 }

const dropOldRejected = 'delete from rejected_messages where received_at < now() - $1 * interval \'1 day\''

// Ids grow without gaps worth counting, so that this needs no count.
const dropSurplusRejected = 'delete from rejected_messages where id <= (select max(id) from rejected_messages) - $1'

const measureRejected = "select pg_total_relation_size('rejected_messages') > $1 as is_large"

// octet_length reads the length only, not the body. 200: the rest of a row.
const dropHeavyRejected = `
  delete from rejected_messages where id <= (
    select max(id) from (
      select id, sum(octet_length(body) + 200) over (order by id desc) as newer_bytes from rejected_messages
    ) as sizes where newer_bytes > $1)`

const dropOldIncidents = "delete from incidents where state = 'closed' and ended_at < now() - $1::interval"
const dropOldJournal = 'delete from incident_journal where at < now() - $1::interval'

// While its incident is open, what came of its opening decides what is told of it later.
const dropOldOutbox = `
  delete from outbox o where settled_at < now() - interval '30 days'
    and not exists (select from incidents i where i.id = o.incident_id and i.state <> 'closed')`

const dropOldNotifications = "delete from notifications where coalesce(sent_at, failed_at) < now() - interval '30 days'"

// An address tells its node for a day only (messages.md); a week is for people who look.
const dropOldAddresses = "delete from node_addresses where seen_at < now() - interval '7 days'"

/** Upkeep that no policy of TimescaleDB does, on every database. */
export function housekeepingJobs ({ daily }: Retention): Job[] {
  const jobs: Job[] = [
    { name: 'drop old rejected messages', every: '1 minute', run: dropRejected },
    {
      name: 'drop old notifications',
      every: '1 day',
      run: async (client) => {
        await client.query(dropOldOutbox)
        await client.query(dropOldNotifications)
      },
    },
    { name: 'drop old addresses', every: '1 day', run: async (client) => { await client.query(dropOldAddresses) } },
  ]
  if (daily !== null) {
    jobs.push({
      name: 'drop old incidents',
      every: '1 day',
      run: async (client) => {
        await client.query(dropOldIncidents, [daily])
        await client.query(dropOldJournal, [daily])
      },
    })
  }
  return jobs
}

async function dropRejected (client: pg.Client): Promise<void> {
  await client.query(dropOldRejected, [rejectedLimits.days])
  await client.query(dropSurplusRejected, [rejectedLimits.rows])
  const { rows: [size] } = await client.query(measureRejected, [rejectedLimits.bytes])
  if (size?.is_large === true) await client.query(dropHeavyRejected, [rejectedLimits.bytes])
}

/** The day's chunks of what grows fastest, and the tables that the issue engine changes at every slot. */
const selectWritten = `
select chunk::text as name from unnest(array['path_probe', 'hop_quality', 'agent_health']) as hypertable,
  lateral show_chunks(hypertable::regclass, newer_than => now() - interval '1 day') as chunk
union all select unnest(array['link_minute', 'bad_window', 'path_route', 'rule_state', 'incidents'])`

/** A chunk is new each day: until it is analysed, the planner knows nothing of it, and may take the index that reads everybody's rows of a second. */
async function analyzeWritten (client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(selectWritten)
  for (const { name } of rows) await client.query(`analyze ${name}`)
}

/** Less than this opens in no time: our own bookkeeping writes some kilobytes a minute. */
const checkpointAfterBytes = 1024 * 1024

/** The embedded database has no background processes: nothing checkpoints, and nothing vacuums or analyses. */
export function embeddedJobs (): Job[] {
  let checkpointed = '0/0'
  return [
    {
      name: 'checkpoint',
      every: '1 minute',
      run: async (client) => {
        const { rows: [wal] } = await client.query<{ moved: boolean }>(
          'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1) > $2 as moved', [checkpointed, checkpointAfterBytes])
        if (wal?.moved !== true) return
        await client.query('checkpoint')
        const { rows: [place] } = await client.query<{ lsn: string }>('select pg_current_wal_insert_lsn()::text as lsn')
        checkpointed = place?.lsn ?? checkpointed
      },
    },
    { name: 'analyze what is written', every: '10 minutes', run: analyzeWritten },
    { name: 'vacuum and analyze', every: '1 day', run: async (client) => { await client.query('vacuum (analyze, skip_locked)') } },
  ]
}
