import type { Pool } from 'pg'
import type { IssueFilterForm, IssuesDocument } from '../../dashboard/pages/issues.js'
import { encodeCursor } from '../paging.js'
import { listIssues } from '../queries/issues.js'
import { select } from '../queries/select.js'

const perPage = 100
const selectKinds = 'select distinct kind from incidents order by kind'

/** Issues a page at a time, newest start first, and the kinds there are. */
export async function readIssues (db: Pool, form: IssueFilterForm, cursor: string | undefined): Promise<IssuesDocument> {
  const { rows, next } = await listIssues(db, { ...form, limit: perPage, ...(cursor !== undefined && { cursor }) })
  const kinds = await select<{ kind: string }>(db, selectKinds)
  return { form, issues: rows, kinds: kinds.map(({ kind }) => kind), next: next && encodeCursor(next) }
}
