import type { Pool } from 'pg'
import { decodeCursor, makePage, type Page } from '../paging.js'
import type { CrashBody, CrashPatternsBody } from '../schemas/crashes.js'
import { before } from '../time.js'
import { findNames } from './names.js'
import { select } from './select.js'

export interface CrashFilter { node?: string, since: string | null, limit: number, cursor?: string }

const selectCrashes = `
select node, time, signal, signal_name, description, thread_id, last_operation, uptime_at_crash_s, memory_at_crash_mb, cpu_at_crash_pct,
  crash_count_24h, restart_count, active_calls, backtrace, context
from crash_reports
where ($1::text is null or node = $1) and ($2::timestamptz is null or time >= $2)
  and ($3::timestamptz is null or time <= $3) and ($3::timestamptz is null or (time, node) < ($3, $4::text))
order by time desc, node desc limit $5`

const selectPatterns = `
with crash as (
  select c.node, coalesce(signal_name, signal::text) as signal, nullif(thread_id, '') as thread, nullif(last_operation, '') as operation, n.version
  from crash_reports c left join nodes n on lower(n.name) = lower(c.node) and n.kind = 'router'
  where time >= $1 and time < $2
)
select case grouping(signal, thread, operation, version) when 7 then 'signal' when 11 then 'thread' when 13 then 'operation' when 14 then 'version' else 'all' end as by,
  coalesce(signal, thread, operation, version) as value, count(*) as crashes, count(distinct node) as nodes
from crash group by grouping sets ((signal), (thread), (operation), (version), ())
order by crashes desc, value nulls last`

type By = 'signal' | 'thread' | 'operation' | 'version'
type Count = CrashPatternsBody[By][number]

/** Crashes, newest first. */
export async function listCrashes (db: Pool, { node, since, limit, cursor }: CrashFilter): Promise<Page<CrashBody>> {
  const after = decodeCursor(cursor, ['time', 'text'])
  const [spelled] = node === undefined ? [] : await findNames(db, [node])
  const rows = await select<CrashBody>(db, selectCrashes, [spelled ?? node, since, ...after, limit + 1])
  return makePage(rows, limit, (row) => [row.time, row.node])
}

/** Crashes of the time up to now, counted by what they share. */
export async function findPatterns (db: Pool, timeframeS: number, nowMs: number): Promise<CrashPatternsBody> {
  const [from, to] = [before(nowMs, timeframeS), before(nowMs, 0)]
  const rows = await select<Count & { by: By | 'all' }>(db, selectPatterns, [from, to])
  const of = (by: By): Count[] => rows.filter((row) => row.by === by).map(({ by: _, ...count }) => count)
  const all = rows.find(({ by }) => by === 'all')
  return {
    from, to, crashes: all?.crashes ?? 0, nodes: all?.nodes ?? 0, signal: of('signal'), thread: of('thread'), operation: of('operation'), version: of('version'),
  }
}
