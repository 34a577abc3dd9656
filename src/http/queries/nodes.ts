import type { Pool } from 'pg'
import { withTransaction } from '../../database/transaction.js'
import { tellClosed, type ClosedByHand } from '../../incidents/actions.js'
import { lockSlot } from '../../incidents/slot-lock.js'
import { decodeCursor, makePage, type Page } from '../paging.js'
import type { HealthBody, NodeBody, NodeRecordBody } from '../schemas/nodes.js'
import { before } from '../time.js'
import { findNames } from './names.js'
import { select } from './select.js'

interface NodeRow extends NodeBody { key: number }

export interface NodeFilter { status?: NodeBody['status'], pushedSince?: string | null, limit: number, cursor?: string }

/** Silent as rule 8 has it: nothing for 30 minutes and for three usual gaps. `$1` is the moment that counts as now. */
export const nodeStatus = `
  case
    when greatest(last_seen, last_time) > $1::timestamptz - greatest(1800, 3 * coalesce(usual_gap_s, 0)) * interval '1 second' then 'active'
    when greatest(last_seen, last_time) > $1::timestamptz - interval '24 hours' then 'inactive'
    else 'dead'
  end`

/** A node entered by hand has last_seen 'epoch' until it is heard. */
const described = `
select id as key, name as id, kind, coalesce(info ->> 'ip', address) as host, first_seen, nullif(last_seen, 'epoch') as last_seen, version, model, lat, lon, elevation_m,
  info ->> 'grid_square' as grid_square, site, pinned, retired_at, last_time, usual_gap_s, info, ${nodeStatus} as status
from nodes`

const selectNodes = `
select key, id, kind, status, host, first_seen, last_seen, version, model, lat, lon, elevation_m, grid_square, site, pinned
from (${described} where retired_at is null and ($2::bigint is null or nodes.id < $2) and ($5::timestamptz is null or last_push >= $5)) node
where $3::text is null or status = $3
order by key desc limit $4`

/** A router before a radio of the same name. */
const selectNode = `
select * from (${described} where lower(name) = lower($2)) node
order by retired_at is not null, kind <> 'router', key limit 1`

const selectHealth = `
select time, source, cpu_pct, mem_mb, free_mem_mb, load1, queue_len, neighbors_seen, uptime_seconds, restart_count, threads_responsive,
  health_score, reporting_reason, routing_daemon, details
from agent_health where node = $1 and time > $2 order by time desc limit 1`

/**
 * The issues about the node itself close with it, and those of links that went down with it: no report will ever say that they are up again.
 * All else about its paths and links ends as their data does.
 */
const retireNode = `
with retired as (
  update nodes set retired_at = $1::timestamptz, pinned = false where lower(name) = lower($2) and retired_at is null returning name
), open as (
  select id, kind, subject, state, stale, in_maintenance from incidents
  where state <> 'closed' and (
    (scope ->> 'type' = 'node' and scope ->> 'node' in (select name from retired)) or
    (kind = 'link_down' and (scope ->> 'a' in (select name from retired) or scope ->> 'b' in (select name from retired)))
  )
  for update
), closed as (
  update incidents i set state = 'closed', resolution = 'retired', ended_at = greatest($1, started_at + interval '1 millisecond'), updated_at = $1
  from open where i.id = open.id
), written as (
  insert into incident_journal (incident_id, rule, subject, at, from_state, to_state, evidence)
  select id, kind, subject, $1, state, 'closed', '{"resolution": "retired"}' from open
)
select to_jsonb(open) as closed from retired left join open on true`

/** Nodes that are not retired, the newest one first: an order by last_seen would change while somebody pages through it. */
export async function listNodes (db: Pool, filter: NodeFilter, nowMs: number): Promise<Page<NodeBody>> {
  const after = decodeCursor(filter.cursor, ['integer'])
  const rows = await select<NodeRow>(db, selectNodes, [before(nowMs, 0), ...after, filter.status, filter.limit + 1, filter.pushedSince])
  const { rows: shown, next } = makePage(rows, filter.limit, ({ key }) => [key])
  return { rows: shown.map(({ key, ...node }) => node), next }
}

/** A node, retired ones too; undefined where no message came from it. */
export async function findNode (db: Pool, name: string, nowMs: number): Promise<NodeRecordBody | undefined> {
  const [spelled] = await findNames(db, [name])
  const rows = await select<NodeRecordBody & { key: number }>(db, selectNode, [before(nowMs, 0), spelled ?? name])
  return rows.map(({ key, ...node }) => node)[0]
}

/** The newest report of the last 7 days. */
export async function findHealth (db: Pool, node: string, nowMs: number): Promise<HealthBody | undefined> {
  const rows = await select<HealthBody>(db, selectHealth, [node, before(nowMs, 7 * 86_400)])
  return rows[0]
}

/** Takes a node off the lists and closes its issues; its data stays, and a new message brings it back. False where there is none. */
export async function retire (db: Pool, name: string, nowMs: number): Promise<boolean> {
  const [spelled] = await findNames(db, [name])
  return await withTransaction(db, async (client) => {
    await lockSlot(client)
    const { rows } = await client.query<{ closed: ClosedByHand | null }>(retireNode, [before(nowMs, 0), spelled ?? name])
    await tellClosed(client, rows.flatMap(({ closed }) => closed ?? []), nowMs)
    return rows.length > 0
  })
}
