/* eslint-disable sql/constants -- schema names of numbers, tables of a list in the code, times of Date */
import type pg from 'pg'
import { digests, type BadWindow } from './digests.js'
import { crosses } from './marks.js'
import { isoOf } from './sql.js'

/** Tables that a replay sees as if each row had arrived at its own time. */
const observed = ['path_probe', 'hop_quality', 'agent_health', 'crash_reports', 'phone_test', 'worker_event', 'radio_metrics']

/** Where a replay works: views and tables of its own in front of the live ones, which it only reads. */
export interface Scratch {
  /** Runs statements on one state of the database. On the embedded database measurements are written between two turns. */
  turn<T> (work: (tables: Tables) => Promise<T>): Promise<T>
}

export interface Tables {
  /** Statements see the history by the time of its rows. */
  past: pg.ClientBase
  /** Runs statements on the live tables: rules that go by receipt. */
  live<T> (work: () => Promise<T>): Promise<T>
}

export interface ScratchSpan {
  /** No row before this is seen. */
  fromMs: number
  toMs: number
}

const dayMs = 24 * 3_600_000
/** What is deleted stays in the indexes until the transaction ends: each time it is walked over. */
const pruneEveryMs = 3_600_000
/** Leftovers of a process that was killed are older than any replay. */
const leftoverMs = 6 * 3_600_000

/**
 * Makes the scratch tables, runs `work`, and removes them. On a server all of it is one transaction that is rolled back: work sees one state
 * of the database, and nobody sees the scratch. The embedded database is one session, where a transaction holds everybody up: there each turn is a
 * transaction, and the scratch a schema that is dropped at the end.
 */
export async function withScratch<T> (client: pg.Client, span: ScratchSpan, work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const { rows: [row] } = await client.query<{ is_embedded: boolean, path: string }>("select version() ~ 'emcc' as is_embedded, current_setting('search_path') as path")
  const { is_embedded: isEmbedded, path } = row!
  return await (isEmbedded ? inTurns : inOneTransaction)(client, { ...span, path }, work)
}

interface Place extends ScratchSpan { path: string }

async function inOneTransaction<T> (client: pg.Client, { path, ...span }: Place, work: (scratch: Scratch) => Promise<T>): Promise<T> {
  await client.query('begin isolation level repeatable read')
  try {
    await createScratch(client, { schema: 'pg_temp', kind: '', span })
    await client.query('set transaction read only')
    const tables = switching(client, { past: `pg_temp, ${path}`, live: `${path}, pg_temp` })
    return await work({ turn: async (work) => await work(tables) })
  } finally {
    await client.query('rollback').catch(() => {})
  }
}

async function inTurns<T> (client: pg.Client, { path, ...span }: Place, work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const startMs = Date.now()
  const schema = `replay_${startMs}_${Math.floor(Math.random() * 1e6)}`
  await dropLeftovers(client, startMs - leftoverMs)
  const past = `${schema}, ${path}`
  const tables = switching(client, { past, live: path })
  const turn: Scratch['turn'] = async (work) => {
    await client.query(`begin; set local search_path = ${past}`)
    try {
      const result = await work(tables)
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback').catch(() => {})
      throw error
    }
  }
  await client.query(`create schema ${schema}`)
  try {
    await createScratch(client, { schema, kind: 'unlogged', span })
    return await work({ turn })
  } finally {
    await client.query(`drop schema ${schema} cascade`).catch(() => {})
  }
}

function switching (client: pg.Client, { past, live }: { past: string, live: string }): Tables {
  return {
    past: client,
    async live (work) {
      await client.query(`set local search_path = ${live}`)
      const result = await work()
      await client.query(`set local search_path = ${past}`)
      return result
    },
  }
}

const selectLeftovers = "select nspname as name from pg_namespace where nspname ~ '^replay_[0-9]+_[0-9]+$' and split_part(nspname, '_', 2)::int8 < $1"

async function dropLeftovers (client: pg.Client, beforeMs: number): Promise<void> {
  const { rows } = await client.query<{ name: string }>(selectLeftovers, [beforeMs])
  for (const { name } of rows) await client.query(`drop schema ${name} cascade`)
}

const selectColumns = `
select attname as name from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and not attisdropped order by attnum`

async function createScratch (client: pg.Client, { schema, kind, span }: { schema: string, kind: string, span: ScratchSpan }): Promise<void> {
  for (const table of observed) {
    const { rows } = await client.query<{ name: string }>(selectColumns, [table])
    const columns = rows.map(({ name }) => name === 'received_at' ? 'time as received_at' : name)
    await client.query(`create view ${schema}.${table} as select ${columns.join(', ')} from ${table} where time > '${isoOf(span.fromMs)}' and time <= '${isoOf(span.toMs)}'`)
  }
  await client.query(`create ${kind} table ${schema}.hop_quality_hourly (like hop_quality_hourly)`)
  await client.query(`create index on ${schema}.hop_quality_hourly (from_node, to_node, link_type, bucket)`)
  for (const { table } of digests) await client.query(`create ${kind} table ${schema}.${table} (like ${table} including all)`)
}

/** Hourly means of links as of the hours that were over then, made of raw rows: what rule 1 reads of hop_quality_hourly. */
const fillHours = `
insert into hop_quality_hourly (bucket, from_node, to_node, link_type, n, lq_avg, nlq_avg, etx_n, etx_avg)
select time_bucket(interval '1 hour', time), from_node, to_node, link_type, count(*), avg(lq), avg(nlq),
  count(etx) filter (where not route_cost), avg(etx) filter (where not route_cost)
from hop_quality where time >= time_bucket(interval '1 hour', $1::timestamptz) and time < time_bucket(interval '1 hour', $2::timestamptz)
group by 1, 2, 3, 4`

/** Fills the digests with what happened after `sinceMs` and up to `atMs`, and removes what no slot looks at any more. */
export async function fillDigests (client: pg.ClientBase, { sinceMs, atMs, isFirst }: { sinceMs: number, atMs: number, isFirst: boolean }, settings: BadWindow): Promise<void> {
  await client.query(fillHours, [isoOf(isFirst ? sinceMs - dayMs : sinceMs), isoOf(atMs)])
  for (const { fill, prune, lookBackMs } of digests) {
    const { text, values } = fill(isFirst ? sinceMs - lookBackMs : sinceMs, atMs, settings)
    await client.query(text, values)
    if (!crosses(sinceMs, atMs, pruneEveryMs)) continue
    const old = prune(sinceMs)
    await client.query(old.text, old.values)
  }
}
