import type { ClientBase, Pool } from 'pg'
import type { Severity } from '../rules/rule.js'
import type { Scope } from './subject.js'

/** An incident that is not closed, as the database has it. */
export interface OpenRow {
  id: string
  kind: string
  subject: string
  scope: Scope
  severity: Severity
  caused_by: string | null
  in_maintenance: boolean
  stale: boolean
}

const selectOpen = "select id, kind, subject, scope, severity, caused_by, in_maintenance, stale from incidents where state <> 'closed'"

const selectClosed = "select id, ended_at from incidents where id = any($1::text[]) and state = 'closed'"

/** All incidents that are not closed, by id. */
export async function loadOpen (db: Pool | ClientBase): Promise<Map<string, OpenRow>> {
  const { rows } = await db.query<OpenRow>(selectOpen)
  return new Map(rows.map((row) => [row.id, row]))
}

/** Those of the given incidents that are closed, with their end. */
export async function loadClosed (db: Pool | ClientBase, ids: string[]): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string, ended_at: string }>(selectClosed, [ids])
  return new Map(rows.map(({ id, ended_at: endedAt }) => [id, Date.parse(endedAt)]))
}
