import { arrived, hopEtx, isCounted, isTurned, medium } from './links-sql.js'
import { timeMs } from './sql.js'

/*
 * $1, $2, $3: as in `arrived`. $4: the moments judged. $5 to $10: watched links, which are followed, and which need no baseline any more. $11: lq that opens;
 * $12, $13, $14: seconds of now, of few rows, of the baseline; $15: rows needed; $16: rows taken before where the baseline has too few.
 * $17, $18, $19: how far back rows of now, of before and hours can lie, as constants: what lies in other chunks is then not even planned.
 *
 * known_links says in which directions and under which link types a link was ever seen, so that every look at its rows is one range of
 * hop_quality_link. `offset 0` keeps it so: left to itself the planner reads the rows of all links of half an hour. What says whether a look is
 * needed stands inside of it: in the condition of the join it would come after it. The day before takes the most, 2 ms a link.
 */
const hop = `time, lq, nlq, ${hopEtx} as etx, signal_dbm, noise_dbm`
const turnedHop = 'time, case when turned then nlq else lq end as lq, case when turned then lq else nlq end as nlq, etx, signal_dbm, noise_dbm'
const isLow = 'now.n >= $15::integer and least(now.lq, now.nlq) < $11::float8'

export const statement = `
with slot as materialized (select at from unnest($4::timestamptz[]) as slot (at)),
link as materialized (
  select a, b, medium, max(after) as after, bool_or(has_baseline) as has_baseline from (
    select case when turned then to_node else from_node end as a, case when turned then from_node else to_node end as b, medium, null::timestamptz as after, true as is_wanted, false as has_baseline
    from (${arrived((where) => `select from_node, to_node, ${isTurned} as turned, ${medium} as medium from hop_quality where ${where} and ${isCounted} and least(lq, nlq) < $11::float8`)}) low
    union all
    select * from unnest($5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::boolean[], $10::boolean[]) as watched
  ) candidate
  group by a, b, medium having bool_or(is_wanted)
),
way as materialized (
  select a, b, medium, after, has_baseline, from_node, to_node, link_type, turned
  from link cross join lateral (
    select from_node, to_node, link_type, ${medium} as its_medium, false as turned from known_links where from_node = a and to_node = b
    union all
    select from_node, to_node, link_type, ${medium}, true from known_links where from_node = b and to_node = a and a <> b
  ) known where its_medium = medium
),
recent as materialized (
  select a, b, medium, ${turnedHop}
  from way cross join lateral (
    select ${hop} from hop_quality hop
    where hop.from_node = way.from_node and hop.to_node = way.to_node and hop.link_type = way.link_type and ${isCounted}
      and time > $17 and time <= $2 and received_at <= $2
    offset 0
  ) hop
  where after is null or time > after
),
wide as materialized (
  select at, a, b, medium, ${aggregates('time')}, at - make_interval(secs => $12) as border
  from slot join recent on time > at - make_interval(secs => $12) and time <= at
  group by at, a, b, medium
),
few as (
  select lacking.at, lacking.a, lacking.b, lacking.medium, now.*, oldest - interval '1 microsecond' as border
  from (
    select at, a, b, medium, after from slot cross join link
    where (at, a, b, medium) not in (select at, a, b, medium from wide where n >= $15::integer)
  ) lacking
  cross join lateral (
    select ${aggregates('time')} from (
      select ${turnedHop}
      from way cross join lateral (
        select ${hop} from hop_quality hop
        where hop.from_node = way.from_node and hop.to_node = way.to_node and hop.link_type = way.link_type and ${isCounted}
          and time > $17 and time > at - make_interval(secs => $13) and time > coalesce(lacking.after, '-infinity') and time <= at and received_at <= $2
        order by time desc limit $15::integer
      ) hop
      where way.a = lacking.a and way.b = lacking.b and way.medium = lacking.medium
      order by time desc limit $15::integer
    ) row
  ) now
  where now.n > 0
)
select ${timeMs('at')} as at_ms, now.a, now.b, now.medium, now.n, now.lq, now.nlq, now.etx, ${timeMs('oldest')} as oldest_ms, ${timeMs('newest')} as newest_ms,
  ${timeMs('oldest_low')} as oldest_low_ms, ${timeMs('newest_low')} as newest_low_ms, now.signal_dbm, now.noise_dbm,
  coalesce(earlier.n, hour.n)::integer as before_n, coalesce(earlier.lq, hour.lq) as before_lq, coalesce(earlier.nlq, hour.nlq) as before_nlq, coalesce(earlier.etx, hour.etx) as before_etx,
  coalesce(earlier.signal_dbm, hour.signal_dbm) as before_signal_dbm, coalesce(earlier.noise_dbm, hour.noise_dbm) as before_noise_dbm,
  day.etx as day_etx, coalesce(hour.points, '[]') as points
from (select * from wide where n >= $15::integer union all select * from few) now
join link on link.a = now.a and link.b = now.b and link.medium = now.medium
left join lateral (
  select sum(n) filter (where is_before) as n, sum(lq) filter (where is_before) / sum(n) filter (where is_before) as lq, sum(nlq) filter (where is_before) / sum(n) filter (where is_before) as nlq,
    sum(etx) filter (where is_before) / sum(n) filter (where is_before) as etx,
    sum(signal_dbm) filter (where is_before) / nullif(sum(signal_n) filter (where is_before), 0) as signal_dbm, sum(noise_dbm) filter (where is_before) / nullif(sum(noise_n) filter (where is_before), 0) as noise_dbm,
    json_agg(json_build_array(${timeMs('minute')}, least(lq, nlq) / n) order by minute) as points
  from (
    select *, minute <= border - interval '1 minute' as is_before from link_minute known
    where known.a = now.a and known.b = now.b and known.medium = now.medium and minute > border - make_interval(secs => $14) - interval '1 minute' and minute <= at
      and ${isLow}
    offset 0
  ) minute
) hour on true
left join lateral (
  select count(*) as n, avg(lq) as lq, avg(nlq) as nlq, avg(etx) as etx, avg(signal_dbm) as signal_dbm, avg(noise_dbm) as noise_dbm from (
    select ${turnedHop}
    from way cross join lateral (
      select ${hop} from hop_quality hop
      where hop.from_node = way.from_node and hop.to_node = way.to_node and hop.link_type = way.link_type and ${isCounted}
        and time <= border and time <= $2 and time > $18 and received_at <= $2
      order by time desc limit $16::integer
    ) hop
    where way.a = now.a and way.b = now.b and way.medium = now.medium and ${isLow} and not link.has_baseline and coalesce(hour.n, 0) < $15::integer
    order by time desc limit $16::integer
  ) row
  having count(*) > 0
) earlier on true
left join lateral (
  select sum(etx * n) / sum(n) as etx
  from way cross join lateral (
    select case when etx_n > 0 then etx_n else n end as n, case when etx_n > 0 then etx_avg else 1 / greatest(lq_avg * nlq_avg, 0.01) end as etx
    from hop_quality_hourly hourly
    where hourly.from_node = way.from_node and hourly.to_node = way.to_node and hourly.link_type = way.link_type
      and bucket > $19 and bucket > border - interval '25 hours' and bucket <= border - interval '1 hour'
    offset 0
  ) hourly
  where way.a = now.a and way.b = now.b and way.medium = now.medium and etx is not null and ${isLow} and not link.has_baseline
) day on true
order by at`

/** What a span of rows comes to. */
function aggregates (time: string): string {
  return `count(*)::integer as n, min(${time}) as oldest, max(${time}) as newest, min(${time}) filter (where least(lq, nlq) < $11::float8) as oldest_low,
    max(${time}) filter (where least(lq, nlq) < $11::float8) as newest_low,
    avg(lq) as lq, avg(nlq) as nlq, avg(etx) as etx, avg(signal_dbm) as signal_dbm, avg(noise_dbm) as noise_dbm`
}
