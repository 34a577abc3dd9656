import { Type, type Static } from 'typebox'
import { longestSubject, Name, object, oneOf, text, Time, time } from './common.js'
import type { MaintenanceBody } from './maintenance.js'

export const severities = ['minor', 'major', 'critical'] as const

/** Flat, with the fields of each type optional: a union costs a validation per element when it is written. */
export const Scope = Type.Object({
  type: oneOf(['path', 'link', 'node', 'collector']),
  src: Type.Optional(Type.String()),
  dst: Type.Optional(Type.String()),
  a: Type.Optional(Type.String()),
  b: Type.Optional(Type.String()),
  medium: Type.Optional(Type.String()),
  node: Type.Optional(Type.String()),
}, { $id: 'Scope', description: 'What an issue is about: path {src, dst}, link {a, b, medium}, node {node} or the collector' })

const issue = {
  id: Type.String(),
  kind: Type.String({ description: 'The rule that opened it, such as rf_quality_drop' }),
  title: Type.String(),
  category: oneOf(['network', 'node', 'data_quality', 'radio']),
  subject: Type.String({ description: 'src>dst, a--b, a--b@medium or a node' }),
  scope: Type.Ref('Scope'),
  status: oneOf(['open', 'closing', 'closed']),
  severity: oneOf(severities),
  impact: object,
  cause: text,
  next_steps: Type.Array(Type.String()),
  evidence: object,
  started_at: Time,
  opened_at: Time,
  ended_at: time,
  resolution: text,
  caused_by: text,
  acknowledged: Type.Boolean(),
  ack: Type.Unsafe<Record<string, unknown> | null>({ type: ['object', 'null'], additionalProperties: true, description: 'by, at, note' }),
  in_maintenance: Type.Boolean(),
  stale: Type.Boolean(),
}

export const Issue = Type.Object(issue, { $id: 'Issue' })

export const Transition = Type.Object({
  at: Time,
  from: Type.String(),
  to: Type.String(),
  evidence: Type.Unsafe<Record<string, unknown> | null>({ type: ['object', 'null'], additionalProperties: true }),
}, { $id: 'Transition', description: 'One change of state, with what caused it' })

export const IssueDetail = Type.Object({
  ...issue,
  timeline: Type.Array(Type.Ref('Transition'), { description: 'Oldest first' }),
  affected: Type.Array(Type.Ref('Issue'), { description: 'Issues that this one causes' }),
  maintenance: Type.Array(Type.Ref('Maintenance'), { description: 'Announced work that covers it now; none of a closed issue' }),
}, { $id: 'IssueDetail' })

export const IssueReference = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  severity: oneOf(severities),
}, { $id: 'IssueReference', description: 'An open issue' })

export type ScopeBody = Static<typeof Scope>
export type IssueBody = Omit<Static<typeof Issue>, 'scope'> & { scope: ScopeBody }
export type IssueDetailBody = Omit<Static<typeof IssueDetail>, 'scope' | 'timeline' | 'affected' | 'maintenance'> & { scope: ScopeBody, timeline: Static<typeof Transition>[], affected: IssueBody[], maintenance: MaintenanceBody[] }
export type IssueReferenceBody = Static<typeof IssueReference>

export const issueId = Type.Object({ id: Type.String({ minLength: 1, maxLength: 600, pattern: '^[^\\u0000]*$' }) })

export const objectFilters = {
  node: Type.Optional(Name),
  link: Type.Optional(Type.String({ maxLength: longestSubject, description: 'a--b, or a--b@medium for other media than radio; ends in any order' })),
  route: Type.Optional(Type.String({ maxLength: longestSubject, description: 'src,dst' })),
}

export const issueSchemas = [Scope, Issue, Transition, IssueDetail, IssueReference]
