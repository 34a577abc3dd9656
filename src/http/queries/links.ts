import type { Pool } from 'pg'
import { formatSubject, orderEnds } from '../../incidents/subject.js'
import { keepFor, type ReadAt } from '../keep-for.js'
import { decodeCursor, makePage, type Page } from '../paging.js'
import { linkSampleRows, type LinkBody, type LinkEndBody, type LinkHourBody, type LinkReadingBody } from '../schemas/paths.js'
import { before } from '../time.js'
import { findOpenIssues } from './issues.js'
import { lookBackS } from './paths.js'
import { select } from './select.js'

const hourS = 3600
/** Pairs of nodes on one map. */
export const mostPairs = 5000
/** Pairs on the page of a node. */
const mostOfNode = 1000

interface Pair { from_node: string, to_node: string }

type StateRow = LinkReadingBody & LinkHourBody & { pair: number, medium: string, end_a: LinkEndBody | null, end_b: LinkEndBody | null }

/** A pair known from both ends is kept once: from the end that sorts first. $1, $2: the pair to start with, which is taken again: it may have media left. */
const selectPairs = `
select from_node, to_node from known_links known
where ($1::text is null or (from_node, to_node) >= ($1, $2::text)) and from_node <> to_node
  and (from_node < to_node or not exists (select from known_links turned where (turned.from_node, turned.to_node) = (known.to_node, known.from_node)))
group by from_node, to_node order by from_node, to_node limit $3`

const selectPairsOfNode = `
select distinct least(from_node, to_node) as from_node, greatest(from_node, to_node) as to_node from known_links
where $1 in (from_node, to_node) and from_node <> to_node order by 1, 2 limit $2`

/** Both directions as seen from a: the newest rows of each. $3: look-back, $4: an hour ago, $5: how many rows. */
const selectStates = `
with report as (
  select way.pair, case when hop.link_type in ('', 'unknown') then 'rf' else hop.link_type end as medium, time, time > $4 as in_hour,
    case when turned then nlq else lq end as lq, case when turned then lq else nlq end as nlq,
    case when not route_cost then etx end as etx, rtt_ms, signal_dbm, noise_dbm, tx_bitrate_mbps,
    case when turned then txcost else rxcost end as rxcost, case when turned then rxcost else txcost end as txcost, quality, routable, turned,
    jsonb_build_object(
      'time', to_char(time at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'lq', lq, 'signal_dbm', signal_dbm, 'noise_dbm', noise_dbm, 'snr_db', signal_dbm - noise_dbm,
      'tx_bitrate_mbps', tx_bitrate_mbps, 'rxcost', rxcost, 'txcost', txcost, 'quality', quality, 'routable', routable) as own
  from (
    select n as pair, a as from_node, b as to_node, false as turned from unnest($1::text[], $2::text[]) with ordinality as u(a, b, n)
    union all select n, b, a, true from unnest($1::text[], $2::text[]) with ordinality as u(a, b, n)
  ) way
  join known_links known using (from_node, to_node)
  cross join lateral (
    select * from hop_quality h
    where h.from_node = known.from_node and h.to_node = known.to_node and h.link_type = known.link_type and h.time > $3 order by time desc limit $5
  ) hop
)
select pair::int as pair, medium, max(time) as time, last(lq, time) as lq, last(nlq, time) as nlq, last(etx, time) as etx, last(rtt_ms, time) as rtt_ms,
  last(signal_dbm, time) as signal_dbm, last(noise_dbm, time) as noise_dbm, last(tx_bitrate_mbps, time) as tx_bitrate_mbps,
  last(signal_dbm - noise_dbm, time) as snr_db, last(rxcost, time) as rxcost, last(txcost, time) as txcost, last(quality, time) as quality,
  last(routable, time) as routable, last(own, time) filter (where not turned) as end_a, last(own, time) filter (where turned) as end_b,
  count(*) filter (where in_hour) as n, avg(lq) filter (where in_hour) as lq_avg, avg(nlq) filter (where in_hour) as nlq_avg,
  avg(etx) filter (where in_hour) as etx_avg, percentile_cont(0.95) within group (order by etx) filter (where in_hour) as etx_p95,
  avg(rtt_ms) filter (where in_hour) as rtt_ms_avg, percentile_cont(0.95) within group (order by rtt_ms) filter (where in_hour) as rtt_ms_p95
from report group by pair, medium order by pair, medium collate "C"`

/** Links with a report in the last day, by name: an order by time would change while somebody pages through it. */
export async function listLinks (db: Pool, { limit, cursor }: { limit: number, cursor?: string }, nowMs: number): Promise<Page<LinkBody>> {
  const [from, to, medium] = decodeCursor(cursor, ['text', 'text', 'text'])
  const isShown = ({ pair, link }: State) => pair.from_node === from && pair.to_node === to && link.medium <= String(medium)
  const states: State[] = []
  // Pairs may be silent: as many are looked at as it takes to know whether there is another page.
  for (let start: Pair | undefined, isLast = false; !isLast && states.length <= limit;) {
    const pairs = await select<Pair>(db, selectPairs, [start?.from_node ?? from, start?.to_node ?? to, limit + 2])
    const fresh = pairs.filter((pair) => pair.from_node !== start?.from_node || pair.to_node !== start.to_node)
    states.push(...(await selectStatesOf(db, fresh, { rows: linkSampleRows, nowMs })).filter((state) => !isShown(state)))
    start = pairs.at(-1)
    isLast = pairs.length < limit + 2
  }
  const { rows, next } = makePage(states, limit, ({ pair, link }) => [pair.from_node, pair.to_node, link.medium])
  return { rows: await addIssues(db, rows), next }
}

/** Links that end at a node. */
export async function listLinksOf (db: Pool, node: string, nowMs: number): Promise<LinkBody[]> {
  const pairs = await select<Pair>(db, selectPairsOfNode, [node, mostOfNode])
  return await addIssues(db, await selectStatesOf(db, pairs, { rows: linkSampleRows, nowMs }))
}

/** Links between two nodes, one for each medium. */
export async function listLinksBetween (db: Pool, { a, b }: { a: string, b: string }, nowMs: number): Promise<LinkBody[]> {
  return await addIssues(db, await selectStatesOf(db, [{ from_node: a, to_node: b }], { rows: linkSampleRows, nowMs }))
}

/** All links, for a map: told by the newest report of each direction, with the issues that are open. */
export type ListAllLinks = ReadAt<LinkBody[]>

/** Reports are read once in `keptMs`, issues each time. */
export function createLinkList (db: Pool, keptMs: number): ListAllLinks {
  const readStates = keepFor(keptMs, async (nowMs) => await selectStatesOf(db, await select<Pair>(db, selectPairs, [null, null, mostPairs]), { rows: 1, nowMs }))
  return async (nowMs) => await addIssues(db, await readStates(nowMs))
}

interface State { pair: Pair, link: Omit<LinkBody, 'open_issues'> }

async function selectStatesOf (db: Pool, pairs: Pair[], { rows: rowsPerWay, nowMs }: { rows: number, nowMs: number }): Promise<State[]> {
  if (pairs.length === 0) return []
  const ends = pairs.map(({ from_node: from, to_node: to }) => orderEnds(from, to))
  const rows = await select<StateRow>(db, selectStates, [ends.map(({ a }) => a), ends.map(({ b }) => b), before(nowMs, lookBackS), before(nowMs, hourS), rowsPerWay])
  return rows.flatMap((row) => {
    const pair = pairs[row.pair - 1]
    return pair === undefined ? [] : [{ pair, link: toLink(row, orderEnds(pair.from_node, pair.to_node)) }]
  })
}

async function addIssues (db: Pool, states: State[]): Promise<LinkBody[]> {
  const subjectOf = ({ link: { a, b, medium } }: State) => formatSubject({ type: 'link', a, b, medium })
  const issues = await findOpenIssues(db, states.map(subjectOf))
  return states.map((state) => ({ ...state.link, open_issues: issues.get(subjectOf(state)) ?? [] }))
}

export function toLink (row: StateRow, { a, b }: { a: string, b: string }): State['link'] {
  const {
    pair: _, medium, end_a: endA, end_b: endB, n, lq_avg: lqAvg, nlq_avg: nlqAvg, etx_avg: etxAvg, etx_p95: etxP95, rtt_ms_avg: rttAvg, rtt_ms_p95: rttP95, ...last
  } = row
  return { a, b, medium, last, ends: { a: endA, b: endB }, hour: { n, lq_avg: lqAvg, nlq_avg: nlqAvg, etx_avg: etxAvg, etx_p95: etxP95, rtt_ms_avg: rttAvg, rtt_ms_p95: rttP95 } }
}
