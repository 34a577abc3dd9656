/* eslint-disable sql/constants -- rollups and tables of a list in the code */
import type { ClientBase, Pool } from 'pg'
import { detectEdition } from '../database/edition.js'
import { refreshSpan } from '../database/late-rows.js'
import { rollups } from '../database/relations.js'
import { rollupReach, type Retention } from '../database/retention.js'
import type { ArchivedTable } from './tables.js'

/*
 * Buckets whose raw rows are gone come from the archive and must stay. A new continuous aggregate takes every bucket for
 * outdated, so that a refresh would delete them: it is refreshed while it is empty, after which only buckets that raw rows are
 * stored for are outdated.
 */

// The end of time would take in the rows that come after the restore.
const validate = (name: string): string => `
  select format('call refresh_continuous_aggregate(%L, timestamptz ''2000-01-01 00:00+00'', %L::timestamptz)', '${name}', now() - interval '1 hour') as call`

/** Prepares the empty continuous aggregates for rows of the archive. */
export async function openRollups (client: ClientBase, tables: ArchivedTable[]): Promise<void> {
  for (const { name } of tables.filter(({ isRollup }) => isRollup)) {
    const { rows: [row] } = await client.query<{ call: string }>(validate(name))
    if (row !== undefined) await client.query(row.call)
  }
}

// A refresh of years without rows: it changes none and takes note of the newest bucket, where the aggregate then ends and raw rows go on.
const noteNewest = (name: string): string => `call refresh_continuous_aggregate('${name}', timestamptz '1998-01-01 00:00+00', timestamptz '1999-01-01 00:00+00')`

const selectSpan = (source: string): string => `
  select (date_trunc('day', lower, 'UTC') + case when lower > oldest then interval '1 day' else '0' end)::text as oldest,
    (date_trunc('day', newest, 'UTC') + interval '1 day')::text as newest
  from (select min(time) as oldest, max(time) as newest from ${source}) as stored, greatest(oldest, now() - least($1::interval, $2::interval)) as lower
  where newest > lower`

const dayMs = 86_400_000
const spanMs = 10 * dayMs

/** Makes the buckets of the stored raw rows anew, as far back as any refresh goes. */
export async function refreshRollups (pool: Pool, client: ClientBase, retention: Retention): Promise<void> {
  if (await detectEdition(client) === 'community') for (const { name } of rollups) await client.query(noteNewest(name))
  for (const source of new Set(rollups.map(({ source }) => source))) {
    const reaches: string[] = []
    for (const rollup of rollups.filter((one) => one.source === source)) reaches.push((await rollupReach(client, rollup, retention)).reach)
    const { rows: [span] } = await client.query<{ oldest: string, newest: string }>(selectSpan(source), reaches)
    if (span === undefined) continue
    const oldestMs = Date.parse(span.oldest)
    for (let toMs = Date.parse(span.newest); toMs > oldestMs; toMs -= spanMs) {
      await refreshSpan(pool, source, [isoOf(Math.max(oldestMs, toMs - spanMs)), isoOf(toMs)])
    }
  }
}

function isoOf (ms: number): string {
  return new Date(ms).toISOString()
}
