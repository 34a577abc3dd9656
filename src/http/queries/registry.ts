import type { Pool } from 'pg'
import { decodeCursor, makePage, type Page } from '../paging.js'
import type { ParticipantBody } from '../schemas/nodes.js'
import { before } from '../time.js'
import { findNames } from './names.js'
import { select } from './select.js'

/** The address that a node reports of itself goes before the one it sent from. */
const columns = "id as key, name as id, coalesce(info ->> 'ip', address, name) as host, nullif(last_seen, 'epoch') as last_seen, pinned"

/** Radios take no part: a worker's address is not theirs. */
const selectParticipants = `
select ${columns} from nodes
where kind = 'router' and retired_at is null and (pinned or last_seen > $1) and ($2::bigint is null or id < $2)
order by key desc limit $3`

/** last_seen 'epoch' says that the node was never heard. Two statements in one: the name gets its spelling, then the node its row. */
const pinNode = `
with spelled as (
  insert into names (folded, name) values ($1, $2) on conflict (folded) do update set name = names.name returning name
)
insert into nodes as n (name, kind, address, first_seen, last_seen, pinned)
select name, 'router', $3, $4::timestamptz, 'epoch', true from spelled
on conflict (lower(name), kind) do update set pinned = true, address = coalesce(excluded.address, n.address), retired_at = null
returning ${columns}`

/** One that was never heard leaves the lists with its pin. */
const unpinNode = `
update nodes set pinned = false, retired_at = case when last_seen = 'epoch' then $1::timestamptz else retired_at end
where lower(name) = lower($2) and kind = 'router' and pinned returning id`

type Row = ParticipantBody & { key: number }

/** Nodes heard within 24 hours, and pinned ones; the newest first. */
export async function listParticipants (db: Pool, { limit, cursor }: { limit: number, cursor?: string }, nowMs: number): Promise<Page<ParticipantBody>> {
  const after = decodeCursor(cursor, ['integer'])
  const rows = await select<Row>(db, selectParticipants, [before(nowMs, 86_400), ...after, limit + 1])
  const { rows: shown, next } = makePage(rows, limit, ({ key }) => [key])
  return { rows: shown.map(({ key, ...participant }) => participant), next }
}

export async function pin (db: Pool, { id, host }: { id: string, host?: string }, nowMs: number): Promise<ParticipantBody> {
  const [row] = await select<Row>(db, pinNode, [id.toLowerCase(), id, host, before(nowMs, 0)])
  if (row === undefined) throw new Error('an upsert gives its row')
  const { key, ...participant } = row
  return participant
}

/** False where no such node is pinned. */
export async function unpin (db: Pool, name: string, nowMs: number): Promise<boolean> {
  const [spelled] = await findNames(db, [name])
  const rows = await select(db, unpinNode, [before(nowMs, 0), spelled ?? name])
  return rows.length > 0
}
