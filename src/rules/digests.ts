import { arrived, hopEtx, isCounted, isStatus, isTurned, medium } from './links-sql.js'
import type { Statement } from './rule.js'
import type { General } from './settings/general.js'
import { commitMs, isoOf } from './sql.js'

/** When a window is bad, and its worst hop bad enough to be named. */
export type BadWindow = Pick<General, 'bad_jitter_ms' | 'bad_loss_pct' | 'bad_status_loss_pct' | 'min_etx'>

/** A table that the engine keeps of what arrived, so that rules need not read raw rows of hours. */
export interface Digest {
  table: string
  /** How often it is filled; 0: at every slot. */
  everyMs: number
  keepMs: number
  /** How far before its first slot the engine must have filled it. */
  lookBackMs: number
  /**
   * Takes what arrived after `sinceMs` and up to `atMs`, be it seconds or a day. `link_minute` adds up, so that the same span must never be
   * taken twice: in one transaction with the note of how far it came. The others may take a span again.
   */
  fill (sinceMs: number, atMs: number, settings: BadWindow): Statement
  /** Removes what no rule looks at any more. */
  prune (atMs: number): Statement
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** No rule looks further back in a digest. */
export const keepMs = 2 * hourMs

function pruneBy (table: string, time: string): Digest['prune'] {
  return (atMs) => ({ text: `delete from ${table} where ${time} < $1`, values: [isoOf(atMs - keepMs)] })
}

function span (sinceMs: number, atMs: number): string[] {
  return [isoOf(sinceMs), isoOf(atMs), isoOf(sinceMs - dayMs)]
}

const fillLinkMinute = `
  insert into link_minute as known (a, b, medium, minute, n, lq, nlq, etx, signal_n, signal_dbm, noise_n, noise_dbm)
  select case when turned then to_node else from_node end, case when turned then from_node else to_node end, medium, minute,
    count(*), sum(case when turned then nlq else lq end), sum(case when turned then lq else nlq end), sum(etx),
    count(signal_dbm), sum(signal_dbm), count(noise_dbm), sum(noise_dbm)
  from (
    ${arrived((where) => `
    select from_node, to_node, ${isTurned} as turned, ${medium} as medium, date_trunc('minute', time) as minute, lq, nlq, ${hopEtx} as etx, signal_dbm, noise_dbm
    from hop_quality where ${where} and ${isCounted}`)}
  ) hop
  group by 1, 2, 3, 4
  on conflict (a, b, medium, minute) do update set
    n = known.n + excluded.n, lq = known.lq + excluded.lq, nlq = known.nlq + excluded.nlq, etx = known.etx + excluded.etx,
    signal_n = known.signal_n + excluded.signal_n, signal_dbm = coalesce(known.signal_dbm + excluded.signal_dbm, known.signal_dbm, excluded.signal_dbm),
    noise_n = known.noise_n + excluded.noise_n, noise_dbm = coalesce(known.noise_dbm + excluded.noise_dbm, known.noise_dbm, excluded.noise_dbm)`

/** Of one window; a hop index is one byte. */
const mostHops = 256

/**
 * $4: jitter, $5: loss, $6: loss of network_status, $7: etx. Hop rows may come after their window: it is then judged again. (Those whose
 * time was still to come need no look-up of their own: their window has the same time.) The order by hop_index makes the planner take the index by path,
 * also where the table has no statistics yet; by that of time alone each look-up reads the hops of everybody's windows of that second.
 */
const fillBadWindow = `
  with bad as (
    ${arrived((where) => `
    select src, dst, time, case when timing_usable then jitter_ms end as jitter_ms, case when loss_usable then loss_pct end as loss_pct, route
    from path_probe
    where ${where} and dst not like 'phone:%'
      and ((timing_usable and jitter_ms > $4::float8) or (loss_usable and case when ${isStatus} then loss_pct >= $6::float8 else loss_pct > $5::float8 end))`)}
    union all
    select known.src, known.dst, known.time, known.jitter_ms, known.loss_pct, known.route
    from hop_quality hop
    join bad_window known on (known.src, known.dst, known.time) = (hop.src, hop.dst, hop.time)
    where hop.received_at > $1 and hop.received_at <= $2 and hop.time <= $2 and hop.time > $3 and not route_cost
  )
  insert into bad_window as known (src, dst, time, jitter_ms, loss_pct, route, a, b, medium, etx)
  select bad.src, bad.dst, bad.time, jitter_ms, loss_pct, route, a, b, medium, etx
  from (select distinct on (src, dst, time) * from bad order by src, dst, time) bad
  left join lateral (
    select case when ${isTurned} then to_node else from_node end as a, case when ${isTurned} then from_node else to_node end as b, ${medium} as medium,
      ${hopEtx} as etx
    from (
      select from_node, to_node, link_type, hop_index, lq, nlq, etx from hop_quality
      where src = bad.src and dst = bad.dst and time = bad.time and time > $3 and time <= $2 and received_at <= $2 and not route_cost
      order by hop_index limit ${mostHops}
    ) hop
    where ${hopEtx} >= $7::float8
    order by ${hopEtx} desc, least(lq, nlq), hop_index limit 1
  ) worst on true
  on conflict (src, dst, time) do update set a = excluded.a, b = excluded.b, medium = excluded.medium, etx = excluded.etx
  where known.etx is distinct from excluded.etx or known.a is distinct from excluded.a or known.b is distinct from excluded.b`

/** Where the agent knew no route, the path still has its ends: an empty one stands for it. */
const fillPathRoute = `
  insert into path_route as known (src, dst, bucket, hash, route, last_time)
  select src, dst, bucket, hash, array(select jsonb_array_elements_text(nodes)), last_time
  from (
    select src, dst, bucket, hashtextextended(route::text, 0) as hash, route as nodes, max(time) as last_time
    from (
      ${arrived((where) => `
      select src, dst, time, time_bucket(interval '10 minutes', time) as bucket, case when route = '["unknown"]' then '[]' else route end as route
      from path_probe where ${where} and dst not like 'phone:%'`)}
    ) probe
    group by src, dst, bucket, route
  ) fresh
  on conflict (src, dst, bucket, hash) do update set last_time = excluded.last_time where known.last_time < excluded.last_time`

/** In the order they are to be filled. What adds up, or is not read to the second, waits until late rows are visible; bad_window takes the span again. */
export const digests: readonly Digest[] = [
  {
    table: 'link_minute',
    everyMs: minuteMs,
    keepMs,
    lookBackMs: 100 * minuteMs,
    fill: (sinceMs, atMs) => ({ text: fillLinkMinute, values: span(sinceMs - commitMs, atMs - commitMs) }),
    prune: pruneBy('link_minute', 'minute'),
  },
  {
    table: 'bad_window',
    everyMs: 0,
    keepMs,
    lookBackMs: 30 * minuteMs,
    fill: (sinceMs, atMs, { bad_jitter_ms: jitterMs, bad_loss_pct: lossPct, bad_status_loss_pct: statusLossPct, min_etx: minEtx }) => ({
      text: fillBadWindow, values: [...span(sinceMs - commitMs, atMs), jitterMs, lossPct, statusLossPct, minEtx],
    }),
    prune: pruneBy('bad_window', 'time'),
  },
  {
    table: 'path_route',
    everyMs: 0,
    keepMs,
    lookBackMs: hourMs,
    fill: (sinceMs, atMs) => ({ text: fillPathRoute, values: span(sinceMs - commitMs, atMs - commitMs) }),
    prune: pruneBy('path_route', 'bucket'),
  },
]
