import type { Pool } from 'pg'
import { groupPlaces, type Place, type Placed } from '../../places/group.js'
import type { Site } from '../../places/sites.js'
import type { IssueReferenceBody } from '../schemas/issues.js'
import { before } from '../time.js'
import { nodeStatus } from './nodes.js'
import { select } from './select.js'

/** Of more nodes the others stand alone: those that the file names come first. */
const mostNodes = 5000

export interface PlaceMember extends Placed { status: 'active' | 'inactive' | 'dead', last_seen: string | null }

const selectMembers = `
select name as id, kind, lat, lon, nullif(last_seen, 'epoch') as last_seen, ${nodeStatus} as status
from nodes
where retired_at is null and (lower(name) = any($2::text[]) or (lat is not null and lon is not null))
order by lower(name) = any($2) desc, name collate "C", kind limit $3`

/** Every place there is, by name. Retired nodes stand nowhere. */
export async function listPlaces (db: Pool, sites: readonly Site[], nowMs: number): Promise<Place<PlaceMember>[]> {
  const named = sites.flatMap(({ nodes, radios }) => [...nodes, ...radios]).map((name) => name.toLowerCase())
  return groupPlaces(sites, await select<PlaceMember>(db, selectMembers, [before(nowMs, 0), [...new Set(named)], mostNodes]))
}

/** Tells of a node in which place it stands; null where in none. */
export async function readPlaceNames (db: Pool, sites: readonly Site[], nowMs: number): Promise<(node: { id: string, kind: string }) => string | null> {
  const places = await listPlaces(db, sites, nowMs)
  const names = new Map<string, string>(places.flatMap(({ name, members }) => members.map(({ kind, id }) => [`${kind} ${id}`, name] as const)))
  return ({ kind, id }) => names.get(`${kind} ${id}`) ?? null
}

const selectOpen = `
select place.value as node, id, kind, severity from incidents cross join lateral jsonb_each_text(scope) as place (key, value)
where state <> 'closed' and place.key in ('node', 'src', 'dst', 'a', 'b') and place.value = any($1::text[])
order by started_at desc, id desc limit 5000`

/** Open issues of nodes, and of the paths and links that end at one. */
export async function listOpenIssuesAt (db: Pool, nodes: string[]): Promise<Map<string, IssueReferenceBody[]>> {
  const byNode = new Map<string, IssueReferenceBody[]>()
  for (const { node, ...issue } of await select<IssueReferenceBody & { node: string }>(db, selectOpen, [nodes])) byNode.set(node, [...byNode.get(node) ?? [], issue])
  return byNode
}
