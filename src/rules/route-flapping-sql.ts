import { hopEtx } from './links-sql.js'
import { arrivedWindows, atOfPlace, earliestBefore, isHopList, placeOfArrival, slotSpan, watchedPaths } from './path-sql.js'
import type { FlapSettings } from './route-flapping.js'
import type { Slot, Statement, Watched } from './rule.js'
import { isoOf, spanOf, timeMs } from './sql.js'

/** Windows that are brought of a path that nothing is remembered of. */
const lookBackRows = 32
/** path_route reaches two hours back, in buckets of 10 min: where windows are in so few of them, the last ones reach further. */
const sparseBuckets = 7

/**
 * $5: windows that arrived up to then come for watched paths only; $6, $7, $8: watched paths and whether something is remembered of them;
 * $9: whether there are several slots; $10: hop lists that open; $11, $12: seconds of the last windows, and of the window;
 * $13: no look-up needs older rows, told apart so that the planner sees it.
 *
 * A path is of interest where path_route and what arrived since it was filled have enough lists between them, or where path_route has too
 * little to tell. Only what is of interest has its hops looked up. Its windows matter where those before have enough lists as well; with several slots memory may end in between, so they all come.
 */
const text = `
  with arrived as materialized (
    ${arrivedWindows('route, hashtextextended(route::text, 0) as hash', isHopList('route'))}
  ), watched as (
    select * from unnest($6::text[], $7::text[], $8::boolean[]) as w (src, dst, is_remembered)
  ), fresh as (
    select distinct src, dst from arrived where arrival > $5
  ), lists as (
    select src, dst, hash, bucket from path_route join fresh using (src, dst) where cardinality(route) > 1
    union all
    select src, dst, hash, null from arrived join fresh using (src, dst)
  ), wanted as (
    select src, dst from lists group by src, dst having count(distinct hash) >= $10 or count(distinct bucket) <= ${sparseBuckets}
    union
    select src, dst from watched
  ), placed as (
    select arrived.*, watched.src is not null as is_watched, coalesce(is_remembered, false) as is_remembered,
      lag(hash) over (partition by src, dst order by time) as hash_before, ${placeOfArrival} as place
    from arrived join wanted using (src, dst) left join watched using (src, dst)
  )
  select ${timeMs(atOfPlace)} as at_ms, src, dst, ${timeMs('placed.time')} as time_ms, route, before.windows as before, hops.known as hops
  from placed
  left join lateral (
    select json_agg(json_build_array(${timeMs('time')}, route) order by time) as windows, count(distinct route) filter (where route <> placed.route) + 1 as lists
    from (
      select time, route from path_probe
      where placed.hash_before is distinct from placed.hash and (not placed.is_remembered or $9) and (placed.is_watched or placed.arrival > $5)
        and src = placed.src and dst = placed.dst and time < placed.time and time > placed.time - $11::float8 * interval '1 second' and time > $13 and time <= $2
        and received_at <= ${atOfPlace} and ${isHopList('route')}
      order by time desc limit ${lookBackRows}
    ) earlier
  ) before on true
  left join lateral (
    select json_agg(json_build_array(from_node, to_node, lq, nlq, etx)) as known
    from (
      select distinct on (from_node, to_node) from_node, to_node, lq, nlq, ${hopEtx} as etx from hop_quality
      where (placed.is_watched or (placed.arrival > $5 and ($9 or before.lists >= $10)))
        and src = placed.src and dst = placed.dst and time <= placed.time and time > placed.time - $12::float8 * interval '1 second' and time > $13 and time <= $2
        and received_at <= ${atOfPlace} and not route_cost and ${hopEtx} is not null
      order by from_node, to_node, time desc
    ) newest
  ) hops on true
  where is_watched or (arrival > $5 and ($9 or before.lists >= $10))
  order by src, dst, placed.time`

export function flapStatement (slots: Slot[], watched: Watched[], { open_lists: openLists, last_s: lastS, window_s: windowS }: FlapSettings): Statement {
  const paths = watched.filter(({ scope }) => scope.type === 'path')
  // A closed incident's subject is watched for a day, with or without memory.
  const remembered = paths.map(({ afterMs }) => afterMs === null)
  return { text, values: [...slotSpan(slots), isoOf(spanOf(slots).sinceMs), ...watchedPaths(paths), remembered, slots.length > 1, openLists, lastS, windowS, earliestBefore(slots, Math.max(lastS, windowS))] }
}
