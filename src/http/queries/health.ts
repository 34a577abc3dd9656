import type { Pool } from 'pg'
import { overallHealth, type Health, type NodeCount, type OpenCount } from '../../incidents/health.js'
import { before } from '../time.js'
import { nodeStatus } from './nodes.js'
import { select } from './select.js'

const openCounts = `
select severity, category, ack is not null as acknowledged, stale, in_maintenance, count(*)::integer as n
from incidents where state <> 'closed' group by 1, 2, 3, 4, 5`

/** `$1` is now, `$2` the seconds after which nothing is known. */
const nodeCounts = `
select status, status <> 'dead' and coalesce(usual_gap_s, 0) <= $2 as due, last_heard > $1::timestamptz - $2 * interval '1 second' as heard, count(*)::integer as n
from (select usual_gap_s, greatest(last_seen, last_time) as last_heard, ${nodeStatus} as status from nodes where retired_at is null) node
group by 1, 2, 3`

/** How the mesh is, at `nowMs`. */
export async function findMeshHealth (db: Pool, unknownAfterS: number, nowMs: number): Promise<Health> {
  const incidents = await select<OpenCount>(db, openCounts)
  const nodes = await select<NodeCount>(db, nodeCounts, [before(nowMs, 0), unknownAfterS])
  return overallHealth(incidents, nodes)
}
