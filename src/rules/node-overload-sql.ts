import { arrived } from './links-sql.js'
import { timeMs } from './sql.js'

/*
 * $1, $2, $3: as in `arrived`. $4: the moments judged. $5, $6, $7: watched nodes, the end of what must not count, and whether they are followed. $8, $9: CPU load and load
 * average that are of interest. $10, $11: seconds back for reports and for bad windows; $12, $13: how many of each are kept. $14: the oldest
 * report that is looked at, as a constant: other chunks are then not even planned.
 * A path's ends are on its route, whether the agent knew it or not. Routes are taken apart only where a node is of interest.
 */
export const statement = `
with slot as materialized (select at from unnest($4::timestamptz[]) as slot (at)),
node as materialized (
  select node, max(after) as after from (
    ${arrived((where) => `select node, null::timestamptz as after, true as is_wanted from agent_health where ${where} and (cpu_pct > $8::float8 or (cpu_pct is null and load1 > $9::float8))`)}
    union all
    select * from unnest($5::text[], $6::timestamptz[], $7::boolean[]) as watched
  ) candidate
  group by node having bool_or(is_wanted)
),
hit as materialized (
  select distinct node, time, src, dst, jitter_ms, loss_pct
  from bad_window cross join lateral jsonb_array_elements_text(route || jsonb_build_array(src, dst)) as step (name)
  join node on node = name
  where time > (select min(at) from slot) - make_interval(secs => $11) and time <= $2
)
select ${timeMs('at')} as at_ms, node, reports, windows
from slot cross join node
cross join lateral (
  select json_agg(json_build_array(${timeMs('time')}, cpu_pct, load1) order by time) as reports from (
    select time, cpu_pct, load1 from agent_health health
    where health.node = node.node and time > at - make_interval(secs => $10) and time <= at and time > $14 and time <= $2 and received_at <= at and (after is null or time > after)
      and (cpu_pct is not null or load1 is not null)
    order by time desc limit $12::integer
  ) report
) health
cross join lateral (
  select coalesce(json_agg(json_build_array(${timeMs('time')}, src, dst, jitter_ms, loss_pct) order by time), '[]') as windows from (
    select * from hit where hit.node = node.node and time > at - make_interval(secs => $11) and time <= at order by time desc limit $13::integer
  ) newest
) bad
where reports is not null
order by at`
