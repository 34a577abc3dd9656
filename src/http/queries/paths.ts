import type { Pool } from 'pg'
import { formatSubject } from '../../incidents/subject.js'
import { decodeCursor, makePage, type Page } from '../paging.js'
import type { IssueReferenceBody } from '../schemas/issues.js'
import type { PathBody, PathHourBody, WindowBody } from '../schemas/paths.js'
import { before } from '../time.js'
import { findOpenIssues } from './issues.js'
import { findNames } from './names.js'
import { select } from './select.js'

/** A path without a window in this time has no current state. Two chunks of a day at most. */
export const lookBackS = 86_400
const hourS = 3600
/** Ends of a node's paths; more is not a list anybody reads. */
const mostOfNode = 1000
/** Paths that are looked at to find some of them. */
const mostWalked = 20_000

interface Pair { src: string, dst: string }

interface StateRow extends Pair, WindowBody, PathHourBody {
  hop_index: number | null
  from_node: string
  to_node: string
  link_type: string
  hop_lq: number | null
  hop_nlq: number | null
  hop_etx: number
}

/** One index look-up per path: 3,000 paths have 6 million rows a day. */
const walkPaths = `
with recursive pair (src, dst, n) as (
  (select src, dst, 1 from path_probe
   where time > $1 and ($2::text is null or (src, dst) > ($2, $3::text)) order by src, dst limit 1)
  union all
  select next.src, next.dst, n + 1 from pair
  cross join lateral (
    select p.src, p.dst from path_probe p
    where p.time > $1 and (p.src, p.dst) > (pair.src, pair.dst) order by p.src, p.dst limit 1
  ) next
  where n < $4
)`

const selectPairs = `${walkPaths} select src, dst from pair order by src, dst`

const selectPairsOfNode = `${walkPaths} select src, dst from pair where $5 in (src, dst) order by src, dst limit ${mostOfNode}`

/** $5: a node that the path starts or ends at, $6: part of a name in lower case. */
const selectPairsNamed = `
${walkPaths} select src, dst from pair
where ($5::text is null or $5 in (src, dst)) and ($6::text is null or position($6 in lower(src)) > 0 or position($6 in lower(dst)) > 0)
order by src, dst limit $7`

/** Worst hop: rules.md, vocabulary. $3: look-back, $4: an hour ago. */
const selectStates = `
select pair.src, pair.dst, last.*, hour.*, hop.*
from unnest($1::text[], $2::text[]) with ordinality as pair (src, dst, n)
cross join lateral (
  select time, route, rtt_ms, jitter_ms, loss_pct, window_s, timing_usable, loss_usable
  from path_probe p where p.src = pair.src and p.dst = pair.dst and time > $3 order by time desc limit 1
) last
cross join lateral (
  select count(*) as n,
    avg(rtt_ms) filter (where timing_usable) as rtt_ms_avg,
    percentile_cont(0.95) within group (order by rtt_ms) filter (where timing_usable) as rtt_ms_p95,
    avg(jitter_ms) filter (where timing_usable) as jitter_ms_avg,
    percentile_cont(0.95) within group (order by jitter_ms) filter (where timing_usable) as jitter_ms_p95,
    avg(loss_pct) filter (where loss_usable) as loss_pct_avg,
    percentile_cont(0.95) within group (order by loss_pct) filter (where loss_usable) as loss_pct_p95
  from path_probe p where p.src = pair.src and p.dst = pair.dst and time > $4
) hour
left join lateral (
  select hop_index, from_node, to_node, link_type, lq as hop_lq, nlq as hop_nlq, coalesce(etx, 1 / greatest(lq * nlq, 0.01)) as hop_etx
  from hop_quality h
  where h.src = pair.src and h.dst = pair.dst and h.time = last.time and h.time > $3 and not route_cost
    and (etx is not null or lq * nlq is not null) and coalesce(etx, 1 / greatest(lq * nlq, 0.01)) >= 1.25
  order by hop_etx desc, least(lq, nlq), hop_index limit 1
) hop on true
order by pair.n`

/** Paths with a window in the last day, by name: an order by time would change while somebody pages through it. */
export async function listPaths (db: Pool, { limit, cursor }: { limit: number, cursor?: string }, nowMs: number): Promise<Page<PathBody>> {
  const after = decodeCursor(cursor, ['text', 'text'])
  const pairs = await select<Pair>(db, selectPairs, [before(nowMs, lookBackS), ...after, limit + 1])
  const { rows, next } = makePage(pairs, limit, ({ src, dst }) => [src, dst])
  return { rows: await describePaths(db, rows, nowMs), next }
}

/** Paths that start or end at a node. */
export async function listPathsOf (db: Pool, node: string, nowMs: number): Promise<PathBody[]> {
  const pairs = await select<Pair>(db, selectPairsOfNode, [before(nowMs, lookBackS), null, null, mostWalked, node])
  return await describePaths(db, pairs, nowMs)
}

/** Ends of the paths of a table, those with such names; one more than `most` where there are more. */
export async function listPairsNamed (db: Pool, { q, node, most }: { q?: string | undefined, node?: string | undefined, most: number }, nowMs: number): Promise<Pair[]> {
  const [spelled] = node === undefined ? [] : await findNames(db, [node])
  return await select<Pair>(db, selectPairsNamed, [before(nowMs, lookBackS), null, null, mostWalked, spelled ?? node, q?.toLowerCase(), most + 1])
}

/** The newest window of one path; undefined where the last day has none. */
export async function findPath (db: Pool, pair: Pair, nowMs: number): Promise<PathBody | undefined> {
  const [path] = await describePaths(db, [pair], nowMs)
  return path
}

/** Those of the paths that have a window in the last day, in their order. */
export async function describePaths (db: Pool, pairs: Pair[], nowMs: number): Promise<PathBody[]> {
  if (pairs.length === 0) return []
  const rows = await select<StateRow>(db, selectStates, [
    pairs.map(({ src }) => src), pairs.map(({ dst }) => dst), before(nowMs, lookBackS), before(nowMs, hourS),
  ])
  const subjectOf = ({ src, dst }: Pair) => formatSubject({ type: 'path', src, dst })
  const issues = await findOpenIssues(db, rows.map(subjectOf))
  return rows.map((row) => toPath(row, issues.get(subjectOf(row)) ?? []))
}

export function toPath (row: StateRow, issues: IssueReferenceBody[]): PathBody {
  const { time, route, rtt_ms: rtt, jitter_ms: jitter, loss_pct: loss, window_s: window, timing_usable: timing, loss_usable: lossUsable } = row
  return {
    src: row.src,
    dst: row.dst,
    last: { time, route, rtt_ms: rtt, jitter_ms: jitter, loss_pct: loss, window_s: window, timing_usable: timing, loss_usable: lossUsable },
    hour: {
      n: row.n,
      rtt_ms_avg: row.rtt_ms_avg,
      rtt_ms_p95: row.rtt_ms_p95,
      jitter_ms_avg: row.jitter_ms_avg,
      jitter_ms_p95: row.jitter_ms_p95,
      loss_pct_avg: row.loss_pct_avg,
      loss_pct_p95: row.loss_pct_p95,
    },
    worst_hop: row.hop_index === null
      ? null
      : { hop_index: row.hop_index, from: row.from_node, to: row.to_node, link_type: row.link_type, lq: row.hop_lq, nlq: row.hop_nlq, etx: row.hop_etx },
    open_issues: issues,
  }
}
