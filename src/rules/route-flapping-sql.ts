import { keepMs } from './digests.js'
import { hopEtx } from './links-sql.js'
import { arrivedWindows, atOfPlace, earliestBefore, followedPaths, isHopList, placeOfArrival, slotSpan } from './path-sql.js'
import type { FlapSettings } from './route-flapping.js'
import type { Slot, Statement, Watched } from './rule.js'
import { isoOf, spanOf, timeMs } from './sql.js'

/** Windows that are brought of a path that nothing is remembered of. */
const lookBackRows = 32
/** path_route reaches two hours back, in buckets of 10 min: where windows are in so few of them, the last ones reach further. */
const sparseBuckets = 7

/** The windows of a path before one of its rows, as far as they can count. */
function earlier (columns: string, row: string): string {
  return `
      select ${columns} from path_probe
      where src = ${row}.src and dst = ${row}.dst and time < ${row}.time and time > ${row}.time - $10::float8 * interval '1 second' and time > $12 and time <= $2
        and received_at <= ${atOfPlace} and ${isHopList('route')}
      order by time desc limit ${lookBackRows}`
}

/**
 * $5: windows that arrived up to then come for followed paths only; $6, $7: followed paths; $8: whether there are several slots;
 * $9: hop lists that open; $10, $11: seconds of the last windows, and of the window; $12: no look-up needs older rows, told apart so that the planner sees it;
 * $13: nor older rows of path_route, of which a replay has many that are deleted and can't be removed before it ends.
 *
 * A path may be of interest where path_route and what arrived since it was filled have enough lists between them, or where path_route has too
 * little to tell. It is where its last windows and those that arrived have enough: then all of these come, as memory may begin at any of them
 * (and, with several slots, end in between), each that changes the list with those before it. Paths that arrived are not joined with each other:
 * where the planner expects few rows it would compare all with all.
 */
const text = `
  with arrived as materialized (
    ${arrivedWindows('route, hashtextextended(route::text, 0) as hash', isHopList('route'))}
  ), followed as (
    select * from unnest($6::text[], $7::text[]) as followed (src, dst)
  ), path as (
    select src, dst, min(time) as time, max(${placeOfArrival}) as place, array_agg(hash) as hashes from arrived group by src, dst having bool_or(arrival > $5)
  ), wanted as (
    select src, dst, true as is_followed from followed
    union all
    select src, dst, false from path
    where (src, dst) not in (select src, dst from followed) and (
      select count(distinct hash) >= $9 or count(distinct bucket) <= ${sparseBuckets} from (
        select hash, bucket from path_route where src = path.src and dst = path.dst and bucket >= $13 and cardinality(route) > 1
        union all
        select unnest(hashes), null
      ) list
    ) and $9 <= (
      select count(distinct hash) from (
        select hashtextextended(route::text, 0) as hash from (${earlier('route', 'path')}) earlier
        union all
        select unnest(hashes)
      ) list
    )
  ), placed as (
    select *, lag(hash) over (partition by src, dst order by time) as hash_before, ${placeOfArrival} as place
    from arrived join wanted using (src, dst) where is_followed or arrival > $5
  )
  select ${timeMs(atOfPlace)} as at_ms, src, dst, ${timeMs('placed.time')} as time_ms, route, before.windows as before, hops.known as hops
  from placed
  left join lateral (
    select json_agg(json_build_array(${timeMs('time')}, route) order by time) as windows
    from (${earlier('time, route', 'placed')}) earlier
    where placed.hash_before is distinct from placed.hash and (not placed.is_followed or $8)
  ) before on true
  left join lateral (
    select json_agg(json_build_array(from_node, to_node, lq, nlq, etx)) as known
    from (
      select distinct on (from_node, to_node) from_node, to_node, lq, nlq, ${hopEtx} as etx from hop_quality
      where src = placed.src and dst = placed.dst and time <= placed.time and time > placed.time - $11::float8 * interval '1 second' and time > $12 and time <= $2
        and received_at <= ${atOfPlace} and not route_cost and ${hopEtx} is not null
      order by from_node, to_node, time desc
    ) newest
  ) hops on true
  order by src, dst, placed.time`

export function flapStatement (slots: Slot[], watched: Watched[], { open_lists: openLists, last_s: lastS, window_s: windowS }: FlapSettings): Statement {
  const { sinceMs } = spanOf(slots)
  const earliest = [earliestBefore(slots, Math.max(lastS, windowS)), isoOf(sinceMs - keepMs)]
  return { text, values: [...slotSpan(slots), isoOf(sinceMs), ...followedPaths(watched), slots.length > 1, openLists, lastS, windowS, ...earliest] }
}
