import type { Pool } from 'pg'
import { before } from '../time.js'
import { nodeStatus } from './nodes.js'
import { select } from './select.js'

const nodesByStatus = `
select ${nodeStatus} as status, count(*)::integer as n from nodes where retired_at is null group by 1`

const openIssues = `
select kind, severity, count(*)::integer as n from incidents where state <> 'closed' group by 1, 2`

export async function countNodes (db: Pool, nowMs: number): Promise<{ status: string, n: number }[]> {
  return await select(db, nodesByStatus, [before(nowMs, 0)])
}

export async function countIssues (db: Pool): Promise<{ kind: string, severity: string, n: number }[]> {
  return await select(db, openIssues)
}
