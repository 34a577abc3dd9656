import type { Pool } from 'pg'
import { type IncidentRow, issueColumns, toIssue } from '../../incidents/issue.js'
import { formatSubject, parseLink, parseRoute, type Scope } from '../../incidents/subject.js'
import { decodeCursor, makePage, type Page } from '../paging.js'
import { Refused } from '../refused.js'
import type { IssueBody, IssueDetailBody, IssueReferenceBody } from '../schemas/issues.js'
import { findMaintenance } from './maintenance.js'
import { findNames } from './names.js'
import { select } from './select.js'

interface JournalRow { at: string, from_state: string, to_state: string, evidence: Record<string, unknown> | null }

export interface IssueFilter {
  status: 'open' | 'closed' | 'all'
  since?: string | null
  until?: string | null
  severity?: string
  kind?: string
  node?: string
  link?: string
  route?: string
  limit: number
  cursor?: string
}

const selectIssues = `
select ${issueColumns} from incidents
where ($1::text = 'all' or ($1 = 'open' and state <> 'closed') or ($1 = 'closed' and state = 'closed'))
  and ($2::timestamptz is null or started_at >= $2)
  and ($3::timestamptz is null or started_at < $3)
  and ($4::text is null or severity = $4)
  and ($5::text is null or kind = $5)
  and ($6::jsonb[] is null or scope @> any ($6))
  and ($7::text is null or subject = $7)
  and ($8::timestamptz is null or (started_at, id) < ($8, $9::text))
order by started_at desc, id desc limit $10`

const selectIssue = `select ${issueColumns} from incidents where id = $1`

const selectAffected = `select ${issueColumns} from incidents where caused_by = $1 order by started_at desc, id desc limit 1000`

/** The newest, should there be more than anybody reads. */
const selectTimeline = `
select at, from_state, to_state, evidence
from (select * from incident_journal where incident_id = $1 order by at desc, id desc limit 1000) newest
order by at, id`

const selectOpenOf = `
select subject, id, kind, severity from incidents
where state <> 'closed' and subject = any($1::text[]) order by started_at desc, id desc`

/** Issues, newest start first. */
export async function listIssues (db: Pool, filter: IssueFilter): Promise<Page<IssueBody>> {
  const after = decodeCursor(filter.cursor, ['time', 'text'])
  const { node, subject } = await findObject(db, filter)
  const rows = await select<IncidentRow>(db, selectIssues, [
    filter.status, filter.since, filter.until, filter.severity, filter.kind, node && placesOf(node), subject, ...after, filter.limit + 1,
  ])
  const { rows: shown, next } = makePage(rows, filter.limit, (row) => [row.started_at, row.id])
  return { rows: shown.map(toIssue), next }
}

/** Undefined where there is none. */
export async function findIssue (db: Pool, id: string): Promise<IssueBody | undefined> {
  const [row] = await select<IncidentRow>(db, selectIssue, [id])
  return row && toIssue(row)
}

/** An issue with its timeline, what it causes and the work announced for it; undefined where there is none. */
export async function findIssueDetail (db: Pool, id: string, nowMs: number): Promise<IssueDetailBody | undefined> {
  const [row] = await select<IncidentRow>(db, selectIssue, [id])
  if (row === undefined) return undefined
  const timeline = await select<JournalRow>(db, selectTimeline, [id])
  const affected = await select<IncidentRow>(db, selectAffected, [id])
  return {
    ...toIssue(row),
    timeline: timeline.map(({ at, from_state: from, to_state: to, evidence }) => ({ at, from, to, evidence })),
    affected: affected.map(toIssue),
    maintenance: row.state === 'closed' ? [] : await findMaintenance(db, row.scope, nowMs),
  }
}

/** Open issues by subject, for lists that show them beside what they are about. */
export async function findOpenIssues (db: Pool, subjects: string[]): Promise<Map<string, IssueReferenceBody[]>> {
  const rows = await select<IssueReferenceBody & { subject: string }>(db, selectOpenOf, [subjects])
  const bySubject = new Map<string, IssueReferenceBody[]>()
  for (const { subject, ...issue } of rows) bySubject.set(subject, [...bySubject.get(subject) ?? [], issue])
  return bySubject
}

/** The scopes that name a node. */
function placesOf (node: string): string[] {
  return ['node', 'src', 'dst', 'a', 'b'].map((place) => JSON.stringify({ [place]: node }))
}

/** The node and the subject that a filter names, in the stored spelling; a name never seen stays as it is and matches nothing. */
async function findObject (db: Pool, { node, link, route }: IssueFilter): Promise<{ node: string | undefined, subject: string | undefined }> {
  if (link !== undefined && route !== undefined) throw new Refused(400, 'link and route exclude each other: an issue is about one of them')
  const scope = link !== undefined ? parseLink(link) : route !== undefined ? parseRoute(route) : undefined
  if (scope === null) throw new Refused(400, link !== undefined ? 'link: must be a--b or a--b@medium' : 'route: must be src,dst')
  const ends = scope === undefined ? [] : scope.type === 'link' ? [scope.a, scope.b] : [scope.src, scope.dst]
  const given = [...(node === undefined ? [] : [node]), ...ends]
  if (given.length === 0) return { node: undefined, subject: undefined }
  const found = await findNames(db, given)
  const spelled = given.map((name, i) => found[i] ?? name)
  const [from = '', to = ''] = spelled.slice(-2)
  const named: Scope | undefined = scope?.type === 'link' ? { ...scope, a: from, b: to } : scope && { ...scope, src: from, dst: to }
  return { node: node === undefined ? undefined : spelled[0], subject: named && formatSubject(named) }
}
