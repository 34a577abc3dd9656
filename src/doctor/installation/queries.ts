import type { Pool } from 'pg'
import { ok, problem, warning, type Finding } from '../finding.js'

const slowS = 30

const selectSlow = `
  select pid, application_name as name, extract(epoch from clock_timestamp() - query_start)::integer as s, left(regexp_replace(query, '\\s+', ' ', 'g'), 100) as query
  from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and backend_type = 'client backend'
    and query_start < clock_timestamp() - interval '${slowS} seconds' order by s desc limit 3`

const selectInvalid = 'select indexrelid::regclass::text as name from pg_index where not indisvalid order by 1 limit 5'

// The planner takes a table it knows nothing of for a small one.
const selectUnknown = `
  select format('%I.%I', schemaname, relname) as name, n_live_tup::integer as rows from pg_stat_user_tables
  where n_live_tup > 50000 and last_analyze is null and last_autoanalyze is null and relname !~ '^compress_' order by n_live_tup desc limit 5`

/** What makes answers slow: statements that run on, indexes that failed, tables the planner knows nothing of. */
export async function checkQueries (db: Pool): Promise<Finding[]> {
  const check = 'queries'
  const { rows: slow } = await db.query<{ pid: number, name: string, s: number, query: string }>(selectSlow)
  const findings = slow.map(({ pid, name, s, query }) => warning(check, `${name || 'a program'} has run a statement for ${s} s: ${query}`, `End it: meshmon sql "select pg_cancel_backend(${pid})"`, 'See how it is worked out: meshmon sql "explain (analyze, buffers) …"'))
  const { rows: invalid } = await db.query<{ name: string }>(selectInvalid)
  findings.push(...invalid.map(({ name }) => problem(check, `the index ${name} is not valid and serves nobody`, `Make it anew: meshmon sql "reindex index ${name}"`)))
  const { rows: unknown } = await db.query<{ name: string, rows: number }>(selectUnknown)
  findings.push(...unknown.map(({ name, rows }) => warning(check, `${name} has ${rows} rows and was never analysed`, `Do it now: meshmon sql "analyze ${name}"`)))
  return findings.length > 0 ? findings : [ok(check, 'no slow statement, no bad index')]
}
