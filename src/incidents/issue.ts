import type { Category, Severity } from '../rules/rule.js'
import type { Scope } from './subject.js'
import { titleOf } from './title.js'

/** A row of `incidents` by `issueColumns`, its times as RFC 3339. */
export interface IncidentRow {
  id: string
  kind: string
  category: Category
  subject: string
  scope: Scope
  state: 'open' | 'closing' | 'closed'
  severity: Severity
  impact: Record<string, unknown>
  cause: string | null
  next_steps: string[] | null
  evidence: Record<string, unknown> | null
  started_at: string
  opened_at: string
  ended_at: string | null
  resolution: string | null
  caused_by: string | null
  ack: Record<string, unknown> | null
  stale: boolean
  in_maintenance: boolean
}

export const issueColumns = `id, kind, category, subject, scope, state, severity, impact, cause, next_steps, evidence, started_at, opened_at, ended_at,
  resolution, caused_by, ack, stale, in_maintenance`

/** An incident as the API and messages show it. */
export type Issue = ReturnType<typeof toIssue>

export function toIssue ({ state, next_steps: steps, evidence, ...row }: IncidentRow) {
  return { ...row, title: titleOf(row.kind, row.scope), status: state, next_steps: steps ?? [], evidence: evidence ?? {}, acknowledged: row.ack !== null }
}
