import { arrived, isTurned, medium } from './links-sql.js'
import { timeMs } from './sql.js'

/** Babel's cost of what cannot be reached. */
const noRoute = 65_535

/** What a hop row of a report says: routes go over the link, its neighbour is heard though none does (a better way is taken), or neither. */
const state = `case when txcost >= ${noRoute} or rxcost >= ${noRoute} then 'down' when routable then 'up'
  when lq > 0 and coalesce(nlq, 1) > 0 then case when routable is null then 'up' else 'heard' end else 'down' end`

/** A report that tells of links: one without `neighbors_seen` does not (messages/aredn/links.ts), and what it does not name is not missing. */
const tellsLinks = "source = 'sysinfo' and neighbors_seen is not null"

/*
 * $1, $2, $3: as in `arrived`. $4: the moments judged. $5 to $8: watched links. $9: seconds that reports count; $10: reports of each end that are looked at.
 * $11: the oldest report that is looked at, as a constant: other chunks are then not even planned.
 * Of interest are links that a new report lacks, or has as down, though they were up in the look-back: each known way of a reporting node is one look-up.
 * Of a watched link nothing is new without a report of one of its ends. Names keep their own collation: by another no index would serve.
 * Of a node with hundreds of links many may go down at once: `connected` is found once for each end.
 */
export const statement = `
with slot as materialized (select at from unnest($4::timestamptz[]) as slot (at)),
report as materialized (
  ${arrived((where) => `select node, time from agent_health where ${where} and ${tellsLinks}`)}
),
missed as (
  select distinct known.from_node, known.to_node, ${medium} as medium
  from report join known_links known on known.from_node = report.node and known.to_node <> report.node
  where not exists (
    select from hop_quality hop
    where hop.from_node = known.from_node and hop.to_node = known.to_node and hop.link_type = known.link_type and hop.time = report.time and hop.time > $11 and hop.time <= $2
      and ${state} <> 'down'
    offset 0
  ) and exists (
    select from hop_quality hop
    where hop.from_node = known.from_node and hop.to_node = known.to_node and hop.link_type = known.link_type
      and hop.time < report.time and hop.time > report.time - make_interval(secs => $9) and hop.time > $11 and hop.time <= $2 and ${state} = 'up'
    offset 0
  )
),
link as materialized (
  select a, b, medium, max(after) as after from (
    select case when ${isTurned} then to_node else from_node end as a, case when ${isTurned} then from_node else to_node end as b, medium, null::timestamptz as after from missed
    union all
    select * from unnest($5::text[], $6::text[], $7::text[], $8::timestamptz[]) as watched (a, b, medium, after)
    where a in (select node from report) or b in (select node from report)
  ) candidate
  group by a, b, medium
),
node as materialized (select a as name from link union select b from link),
way as materialized (
  select name, from_node, to_node, link_type from node join known_links on from_node = name
  union all
  select name, from_node, to_node, link_type from node join known_links on to_node = name where from_node <> name
),
connected as materialized (
  select at, name, max(told.time) as time
  from slot cross join way
  cross join lateral (
    select newest.time from (
      select time from agent_health health
      where health.node = way.from_node and ${tellsLinks} and time > $11 and time > at - make_interval(secs => $9) and time <= at and time <= $2 and received_at <= at
      order by time desc limit 1
    ) newest
    join lateral (
      select from hop_quality hop
      where hop.from_node = way.from_node and hop.to_node = way.to_node and hop.link_type = way.link_type and hop.time = newest.time and hop.time > $11 and hop.time <= $2
        and ${state} <> 'down'
      limit 1
    ) hop on true
    offset 0
  ) told
  group by at, name
)
select ${timeMs('slot.at')} as at_ms, link.a, link.b, link.medium, of_a.reports as reports_a, of_b.reports as reports_b,
  ${timeMs('connected_a.time')} as connected_a_ms, ${timeMs('connected_b.time')} as connected_b_ms
from slot cross join link
cross join lateral (${reportsOf('link.a', 'link.b')}) of_a
cross join lateral (${reportsOf('link.b', 'link.a')}) of_b
left join connected connected_a on connected_a.at = slot.at and connected_a.name = link.a
left join connected connected_b on connected_b.at = slot.at and connected_b.name = link.b
order by slot.at`

/** The newest reports of one end, newest first, with what each says of the link. */
function reportsOf (from: string, to: string): string {
  return `
  select coalesce(json_agg(json_build_array(${timeMs('time')}, coalesce(said.state, 'absent')) order by time desc), '[]') as reports
  from (
    select time from agent_health health
    where health.node = ${from} and ${tellsLinks} and time > $11 and time > slot.at - make_interval(secs => $9) and time <= slot.at and time <= $2 and received_at <= slot.at
      and (link.after is null or time > link.after)
    order by time desc limit $10::integer
  ) report
  left join lateral (
    select hop.state
    from (select link_type from known_links where from_node = ${from} and to_node = ${to} and ${medium} = link.medium) known
    cross join lateral (
      select ${state} as state from hop_quality hop
      where hop.from_node = ${from} and hop.to_node = ${to} and hop.link_type = known.link_type and hop.time = report.time and hop.time > $11 and hop.time <= $2
      limit 1
    ) hop
    order by state desc limit 1
  ) said on true`
}
