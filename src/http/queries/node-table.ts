import type { Pool } from 'pg'
import { batteryMetrics } from '../../radio/metrics.js'
import type { NodeRow } from '../../dashboard/pages/nodes.js'
import { before } from '../time.js'
import { nodeStatus } from './nodes.js'
import { select } from './select.js'

/** What a node last said of itself longer ago than that says nothing of now. */
const figuresS = 48 * 3600
const weekS = 7 * 86_400

/**
 * One row a node, with its newest figures. $2: since when figures count, $3: since when crashes do, $4: metrics of batteries. A radio that says nothing of its
 * battery has one Li-ion cell.
 */
const selectNodeTable = `
with crashed as (
  select node, count(*)::int as n from crash_reports where time > $3 and time <= $1::timestamptz group by node
), named as (
  select place.value as node, jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'severity', severity) order by started_at desc, id desc) as issues
  from incidents cross join lateral jsonb_each_text(scope) as place (key, value)
  where state <> 'closed' and place.key in ('node', 'src', 'dst', 'a', 'b') group by place.value
)
select name as id, kind, version, model, last_seen, crashes, issues, cpu_pct, free_mem_mb, load1,
  bat_pct(battery.value, coalesce(settings ->> 'chemistry', 'liion'), coalesce((settings ->> 'cells')::int, 1)) as bat_pct,
  case when retired_at is not null then 'retired' else status end as status
from (
  select name, kind, version, model, nullif(last_seen, 'epoch') as last_seen, retired_at, nodes.battery as settings, ${nodeStatus} as status,
    coalesce(crashed.n, 0) as crashes, coalesce(named.issues, '[]') as issues
  from nodes left join crashed on crashed.node = name left join named on named.node = name
) node
left join lateral (
  select cpu_pct, free_mem_mb, load1 from agent_health h where kind = 'router' and h.node = name and time > $2 order by time desc limit 1
) health on true
left join lateral (
  select value from radio_metrics r where kind <> 'router' and r.node = name and metric = any($4::text[]) and time > $2 order by time desc limit 1
) battery on true
order by name collate "C" limit $5`

/** Nodes for a table, retired ones too; one more than `most` where there are more. */
export async function listNodeTable (db: Pool, most: number, nowMs: number): Promise<NodeRow[]> {
  return await select<NodeRow>(db, selectNodeTable, [before(nowMs, 0), before(nowMs, figuresS), before(nowMs, weekS), batteryMetrics, most + 1])
}
