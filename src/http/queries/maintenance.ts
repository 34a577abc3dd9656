import type { Pool } from 'pg'
import { covers } from '../../incidents/maintenance.js'
import type { Scope } from '../../incidents/subject.js'
import { decodeCursor, makePage, type Page } from '../paging.js'
import { Refused } from '../refused.js'
import type { MaintenanceBody } from '../schemas/maintenance.js'
import { select } from './select.js'

/** At once and to come: the engine holds each against each open incident. */
const mostAnnounced = 1000

const columns = 'id, subject, pattern, starts_at as "from", ends_at as until, reason, created_by as by, created_at'

const selectMaintenance = `
select ${columns} from maintenance
where ($1::timestamptz is null or ends_at > $1) and ($2::bigint is null or id < $2)
order by id desc limit $3`

const insertMaintenance = `
insert into maintenance (subject, pattern, starts_at, ends_at, reason, created_by, created_at)
select $1, $2, $3, $4, $5, $6, $7
where (select count(*) from maintenance where ends_at > $7) < ${mostAnnounced}
returning ${columns}`

const deleteMaintenance = 'delete from maintenance where id = $1 returning id'

export interface NewMaintenance { subject: string | null, pattern: string | null, from: string, until: string, reason?: string, by?: string }

/** Newest entry first: what is in force or to come, or all there ever was. */
export async function listMaintenance (db: Pool, { all, limit, cursor }: { all: boolean, limit: number, cursor?: string }, nowMs: number): Promise<Page<MaintenanceBody>> {
  const after = decodeCursor(cursor, ['integer'])
  const rows = await select<MaintenanceBody>(db, selectMaintenance, [all ? null : isoOf(nowMs), ...after, limit + 1])
  return makePage(rows, limit, ({ id }) => [id])
}

/** What is in force for that scope. */
export async function findMaintenance (db: Pool, scope: Scope, nowMs: number): Promise<MaintenanceBody[]> {
  const { rows } = await listMaintenance(db, { all: false, limit: mostAnnounced }, nowMs)
  return rows.filter(({ subject, pattern, from, until }) => covers({ subject, pattern, fromMs: Date.parse(from), untilMs: Date.parse(until) }, scope, nowMs))
}

export async function announce (db: Pool, { subject, pattern, from, until, reason, by }: NewMaintenance, nowMs: number): Promise<MaintenanceBody> {
  const [row] = await select<MaintenanceBody>(db, insertMaintenance, [subject, pattern, from, until, reason, by, isoOf(nowMs)])
  if (row === undefined) throw new Refused(409, `there are ${mostAnnounced} announced already; delete some, or cover several with one pattern`)
  return row
}

/** False where there is none. */
export async function callOff (db: Pool, id: number): Promise<boolean> {
  const rows = await select(db, deleteMaintenance, [id])
  return rows.length > 0
}

function isoOf (ms: number): string {
  return new Date(ms).toISOString()
}
