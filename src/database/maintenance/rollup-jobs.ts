/* eslint-disable sql/constants -- rollups of a list in the code */
import type pg from 'pg'
import { measurements, rollups, type Rollup } from '../relations.js'
import { rollupReach, type Retention } from '../retention.js'
import type { Job } from './job.js'

/*
 * The Apache edition has neither policies nor continuous aggregates. Each insert marks the buckets it touches in touched_buckets, in its
 * own transaction; a mark is deleted in the transaction that makes the bucket anew, and only marks that this transaction sees.
 * docs/decisions/rollups-without-continuous-aggregates.md
 */

/** Held while marks are deleted: merging them must not delete one while a refresh deletes the one it is the same as. */
const marksLock = 7_734_003
const lockMarks = `select pg_advisory_xact_lock(${marksLock})`

const mergeMarks = `
  with gone as (delete from touched_buckets returning rollup, bucket)
  insert into touched_buckets (rollup, bucket) select distinct rollup, bucket from gone`

const forgetOldMarks = 'delete from touched_buckets where rollup = $1 and bucket < now() - $2::interval'

const findFinished = `
  select distinct bucket::text from touched_buckets
  where rollup = $1 and bucket + $2::interval <= now() - interval '1 hour'
  order by bucket desc`

const dropChunks = 'select drop_chunks($1::regclass, older_than => $2::interval)'

/** The policies of the Community edition as jobs of ours. */
export function rollupJobs (retention: Retention): Job[] {
  return [
    { name: 'merge marks', every: '1 minute', run: (client) => inTransaction(client, [lockMarks, mergeMarks]) },
    ...rollups.map((rollup): Job => ({ name: `refresh ${rollup.name}`, every: rollup.refreshEvery, run: (client) => refresh(client, rollup, retention) })),
    ...measurements.flatMap(({ name, keep }) => dropOld(name, name, retention[keep])),
    ...rollups.flatMap(({ name, keep }) => dropOld(name, `${name}_stored`, retention[keep])),
  ]
}

/** Makes finished buckets that rows have touched, each in a transaction; marks beyond the reach of a refresh go unheeded. */
async function refresh (client: pg.Client, rollup: Rollup, retention: Retention): Promise<void> {
  const { name, width } = rollup
  const { reach } = await rollupReach(client, rollup, retention)
  await client.query(forgetOldMarks, [name, reach])
  const { rows } = await client.query<{ bucket: string }>(findFinished, [name, width])
  for (const { bucket } of rows) await remakeBuckets(client, rollup, [bucket])
}

/** Makes finished buckets in one transaction; they are named by their start, as PostgreSQL writes it. */
export async function remakeBuckets (client: pg.Client, { name }: Rollup, buckets: string[]): Promise<void> {
  const these = `array['${buckets.join("','")}']::timestamptz[]`
  await inTransaction(client, [
    lockMarks,
    `delete from touched_buckets where rollup = '${name}' and bucket = any(${these})`,
    `delete from ${name}_stored where bucket = any(${these})`,
    `insert into ${name}_stored select live.* from unnest(${these}) as made(bucket) cross join lateral ${name}_live(made.bucket) live`,
  ])
}

function dropOld (name: string, table: string, keep: string | null): Job[] {
  if (keep === null) return []
  return [{ name: `drop old ${name}`, every: '1 day', isPatient: true, run: async (client) => { await client.query(dropChunks, [table, keep]) } }]
}

async function inTransaction (client: pg.Client, statements: string[]): Promise<void> {
  await client.query('begin')
  try {
    for (const statement of statements) await client.query(statement)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
