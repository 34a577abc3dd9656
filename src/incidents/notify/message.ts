import { type IncidentRow, type Issue, toIssue } from '../issue.js'
import { titleOf } from '../title.js'
import type { Scope } from '../subject.js'
import type { OutboxEvent, Part, Told } from './plan.js'
import { clip, describeIssue, headline, describeSummary } from './text.js'

export type Severity = Told['severity']
export type MessageEvent = OutboxEvent | 'daily' | 'summary' | 'test'

/** An issue in a list. */
export interface Brief {
  id: string
  kind: string
  title: string
  severity: Severity
  url: string | null
}

export interface SummaryGroup { event: OutboxEvent, kind: string, count: number, worst: Severity, first: string[] }

export interface Summary {
  issues: number
  events: Partial<Record<OutboxEvent, number>>
  /** Most first. */
  groups: SummaryGroup[]
  /** The worst of what is not a path's: what the others may come from. */
  causes: Brief[]
  /** Nodes that most of the issues are about. */
  nodes: Array<{ node: string, count: number }>
}

/** What a webhook and the command get as JSON: docs/notifications.md. `sent_at` is added when it is sent. */
export interface Message {
  version: 1
  /** The same however often it is sent. */
  key: string
  event: MessageEvent
  at: string
  severity: Severity
  title: string
  /** For people, several lines. */
  text: string
  url: string | null
  /** As in GET /issues. */
  issue: Issue | null
  /** Issues that `issue` causes and that have no message of their own; of a daily message those of its rule. At most 50. */
  affected: Brief[]
  affected_count: number
  summary: Summary | null
}

export interface Affected { incidents: Array<Pick<Told, 'id' | 'kind' | 'scope' | 'severity'>>, count: number }

type Base = Pick<Message, 'key'> & { atMs: number, publicUrl: string | undefined }

const listed = 50

/** The message of one transition. */
export function issueMessage ({ key, atMs, publicUrl }: Base, event: OutboxEvent, incident: IncidentRow, affected: Affected): Message {
  const issue = toIssue(incident)
  const briefs = affected.incidents.slice(0, listed).map((one) => briefOf(one, publicUrl))
  const url = issueUrl(publicUrl, incident.id)
  return {
    version: 1, key, event, at: toIso(atMs), severity: incident.severity, title: headline(event, issue.severity, issue.title),
    text: describeIssue({ event, issue, affected: briefs, affectedCount: affected.count, url }),
    url, issue, affected: briefs, affected_count: affected.count, summary: null,
  }
}

/** The message of a rule's day, with what is open of that rule so far. */
export function dailyMessage ({ key, atMs, publicUrl }: Base, kind: string, affected: Affected): Message {
  const briefs = affected.incidents.slice(0, listed).map((one) => briefOf(one, publicUrl))
  const url = publicUrl === undefined ? null : `${publicUrl}/ui/issues?kind=${encodeURIComponent(kind)}`
  const what = titleOf(kind, { type: 'collector' })
  const [only] = briefs
  return {
    version: 1, key, event: 'daily', at: toIso(atMs), severity: worstOf(affected.incidents),
    title: affected.count === 1 && only ? only.title : `${what}: ${affected.count.toLocaleString('en-US')} nodes`,
    text: [
      ...briefs.map(({ title }) => `- ${title}`), ...(affected.count > briefs.length ? [`- and ${(affected.count - briefs.length).toLocaleString('en-US')} more`] : []),
      'The quality of the data is told of once a day and rule; what comes later today is in the list of issues.', ...(url === null ? [] : [url]),
    ].join('\n'),
    url, issue: null, affected: briefs, affected_count: affected.count, summary: null,
  }
}

/** One message in place of many. */
export function summaryMessage ({ key, atMs, publicUrl }: Base, parts: Part[]): Message {
  const summary = summarise(parts, publicUrl)
  const url = publicUrl === undefined ? null : `${publicUrl}/ui/issues`
  const { title, text } = describeSummary(summary, url)
  const severity = worstOf(parts.map(({ incident }) => incident))
  return { version: 1, key, event: 'summary', at: toIso(atMs), severity, title, text, url, issue: null, affected: [], affected_count: 0, summary }
}

export function testMessage ({ key, atMs, publicUrl }: Base): Message {
  return {
    version: 1, key, event: 'test', at: toIso(atMs), severity: 'minor', title: 'meshmon: test message',
    text: 'Sent by "meshmon notify test". Messages of issues come the same way.', url: publicUrl ?? null,
    issue: null, affected: [], affected_count: 0, summary: null,
  }
}

function summarise (parts: Part[], publicUrl: string | undefined): Summary {
  const events: Summary['events'] = {}
  const groups = new Map<string, SummaryGroup>()
  const nodes = new Map<string, number>()
  for (const { event, incident } of parts) {
    events[event] = (events[event] ?? 0) + 1
    for (const node of nodesOf(incident.scope)) nodes.set(node, (nodes.get(node) ?? 0) + 1)
    const key = `${event} ${incident.kind}`
    const group = groups.get(key) ?? { event, kind: incident.kind, count: 0, worst: incident.severity, first: [] }
    const first = group.first.length < 5 ? [...group.first, clip(titleOf(incident.kind, incident.scope), 400)] : group.first
    groups.set(key, { ...group, count: group.count + 1, worst: worstOf([{ severity: group.worst }, incident]), first })
  }
  return {
    issues: new Set(parts.map(({ incident }) => incident.id)).size,
    events,
    groups: [...groups.values()].sort((a, b) => b.count - a.count).slice(0, 30),
    causes: parts.filter(({ event, incident }) => event !== 'closed' && incident.scope.type !== 'path' && incident.category !== 'data_quality')
      .map(({ incident }) => incident).sort((a, b) => rank(b.severity) - rank(a.severity)).slice(0, 5).map((incident) => briefOf(incident, publicUrl)),
    nodes: [...nodes].map(([node, count]) => ({ node, count })).filter(({ count }) => count > 1).sort((a, b) => b.count - a.count).slice(0, 5),
  }
}

function nodesOf (scope: Scope): string[] {
  switch (scope.type) {
    case 'path': return [scope.src, scope.dst]
    case 'link': return [scope.a, scope.b]
    case 'node': return [scope.node]
    case 'collector': return []
  }
}

function briefOf ({ id, kind, scope, severity }: Affected['incidents'][number], publicUrl: string | undefined): Brief {
  return { id, kind, title: titleOf(kind, scope), severity, url: issueUrl(publicUrl, id) }
}

function issueUrl (publicUrl: string | undefined, id: string): string | null {
  return publicUrl === undefined ? null : `${publicUrl}/ui/issues/${encodeURIComponent(id)}`
}

function worstOf (incidents: Array<{ severity: Severity }>): Severity {
  return incidents.reduce<Severity>((worst, { severity }) => rank(severity) > rank(worst) ? severity : worst, 'minor')
}

function rank (severity: Severity): number {
  return ['minor', 'major', 'critical'].indexOf(severity)
}

function toIso (ms: number): string {
  return new Date(ms).toISOString()
}
