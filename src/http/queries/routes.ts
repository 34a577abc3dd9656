import type { Pool } from 'pg'
import { mediumOf } from '../../incidents/subject.js'
import type { HopBody, RouteChangeBody } from '../schemas/paths.js'
import { before } from '../time.js'
import { lookBackS } from './paths.js'
import { select } from './select.js'

const hourS = 3600
const mostPaths = 100
const mostChanges = 30

const selectHops = `
select from_node as from, to_node as to, link_type as medium, lq, nlq, case when not route_cost then etx end as etx, rtt_ms, signal_dbm, signal_dbm - noise_dbm as snr_db
from hop_quality where src = $1 and dst = $2 and time = $3 order by hop_index`

/** A route that is not known is no other route. */
const selectChanges = `
select time, route from (
  select time, route, lag(route) over (order by time) as prior from path_probe
  where src = $1 and dst = $2 and time > $3 and jsonb_array_length(route) > 1
) walked where route <> prior order by time desc limit ${mostChanges}`

/** Of a link's reports, those that belong to a measurement of a path. */
const selectPathsOver = `
select src, dst from (
  select distinct src, dst from hop_quality
  where ((from_node = $1 and to_node = $2) or (from_node = $2 and to_node = $1)) and time > $4 and link_type = any(case $3 when 'rf' then array['rf', '', 'unknown'] else array[$3] end)
) pair
where exists (select from path_probe p where p.src = pair.src and p.dst = pair.dst and p.time > $4) order by src, dst limit ${mostPaths}`

/** The hops of a window: each step of its route with what was reported of it. */
export async function listHops (db: Pool, { src, dst }: { src: string, dst: string }, { time, route }: { time: string, route: string[] }): Promise<HopBody[]> {
  const rows = (await select<HopBody>(db, selectHops, [src, dst, time])).map((row) => ({ ...row, medium: mediumOf(row.medium) }))
  return route.slice(1).map((to, i) => {
    const from = route[i] ?? ''
    return rows.find((row) => row.from === from && row.to === to) ?? { from, to, medium: mediumOf(null), lq: null, nlq: null, etx: null, rtt_ms: null, signal_dbm: null, snr_db: null }
  })
}

/** Of the last day, newest first. */
export async function listRouteChanges (db: Pool, { src, dst }: { src: string, dst: string }, nowMs: number): Promise<RouteChangeBody[]> {
  return await select<RouteChangeBody>(db, selectChanges, [src, dst, before(nowMs, lookBackS)])
}

/** Paths that ran over a link within the last hour. */
export async function listPathsOver (db: Pool, { a, b, medium }: { a: string, b: string, medium: string }, nowMs: number): Promise<{ src: string, dst: string }[]> {
  return await select(db, selectPathsOver, [a, b, medium, before(nowMs, hourS)])
}
