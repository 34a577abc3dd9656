import type { Pool } from 'pg'
import type { Health } from '../../incidents/health.js'
import { findMeshHealth } from '../queries/health.js'
import { type IncidentRow, issueColumns, toIssue } from '../../incidents/issue.js'
import { select } from '../queries/select.js'
import type { IssueBody } from '../schemas/issues.js'

export type IssueEvent = 'issue.opened' | 'issue.updated' | 'issue.closed'

/** An entry of the journal; `issue` is null where the entry is of none that is still there (a pending run). */
export interface Entry { id: number, event: IssueEvent, issue: IssueBody | null }

/** Where events come from. */
export interface Feed {
  /** The newest id of the journal, 0 while it is empty. */
  newest (): Promise<number>
  /** False for an id that never was, and for one that was deleted. */
  has (id: number): Promise<boolean>
  /** Up to `limit` entries after that id, the oldest first. Entries are committed in the order of their ids (slot-lock.ts). */
  read (afterId: number, limit: number): Promise<Entry[]>
  health (): Promise<Health>
}

const selectNewest = 'select coalesce(max(id), 0) as id from incident_journal'
const selectOne = 'select id from incident_journal where id = $1'

const selectEntries = `
select entry.id as entry_id, entry.from_state, entry.to_state, issue.*
from (select id, incident_id, from_state, to_state from incident_journal where id > $1 order by id limit $2) entry
left join lateral (select ${issueColumns} from incidents where incidents.id = entry.incident_id) issue on true
order by entry.id`

interface EntryRow { entry_id: number, from_state: string, to_state: string }
type Row = EntryRow & (IncidentRow | { [Column in keyof IncidentRow]: null })

export function createFeed (db: Pool, unknownAfterS: () => number, now: () => number): Feed {
  return {
    async newest () {
      const [row] = await select<{ id: number }>(db, selectNewest)
      return row?.id ?? 0
    },
    has: async (id) => (await select(db, selectOne, [id])).length > 0,
    read: async (afterId, limit) => (await select<Row>(db, selectEntries, [afterId, limit])).map(toEntry),
    health: () => findMeshHealth(db, unknownAfterS(), now()),
  }
}

function toEntry ({ entry_id: id, from_state: from, to_state: to, ...row }: Row): Entry {
  return { id, event: eventOf(from, to), issue: row.id === null ? null : toIssue(row) }
}

function eventOf (from: string, to: string): IssueEvent {
  if (to === 'closed') return 'issue.closed'
  return from === 'clear' || from === 'pending' ? 'issue.opened' : 'issue.updated'
}
