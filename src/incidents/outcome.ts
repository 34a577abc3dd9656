import type { Category, OpenIncident, Phase, Severity } from '../rules/rule.js'
import { isoOf } from '../rules/sql.js'
import type { Change } from '../rules/state.js'
import { type Transition, wantsMessage } from './notify/wants.js'
import type { OpenRow } from './open.js'
import type { QueuedMessage } from './outbox.js'
import type { Scope } from './subject.js'

/** A subject's transition, with what it is about. */
export interface IncidentChange extends Change { rule: string, subject: string, scope: Scope }

/** An incident that is not closed after this slot, with what is known around it. */
export interface Standing {
  kind: string
  subject: string
  scope: Scope
  phase: Phase
  incident: OpenIncident
  /** Its finding or its phase is not what the database has. */
  isChanged: boolean
}

/** What is known around the incidents of a slot, by id. An absent impact stays as it was. */
export interface Surroundings {
  atMs: number
  foldWaitMs: number
  /** By rule. */
  categories: ReadonlyMap<string, Category>
  /** What the database had open. */
  before: Map<string, OpenRow>
  causedBy: Map<string, string>
  inMaintenance: Set<string>
  impact: Map<string, object>
}

export interface OpenedRow {
  id: string, kind: string, category: Category, subject: string, scope: Scope, state: string, severity: Severity, impact: object, cause: string
  next_steps: string[], evidence: object, started_at: string, opened_at: string, ended_at: string | null, resolution: string | null
  caused_by: string | null, stale: boolean, in_maintenance: boolean
}

export interface UpdatedRow {
  id: string, state: string, severity: Severity, cause: string | null, next_steps: string[] | null, evidence: object | null
  impact: object | null, caused_by: string | null, stale: boolean, in_maintenance: boolean
}

export interface ClosedRow { id: string, ended_at: string, resolution: string }

export interface JournalRow {
  incident_id: string | null, rule: string, subject: string, at: string, from_state: string, to_state: string, evidence: object | null
}

/** All that one slot writes about incidents. */
export interface Outcome { closed: ClosedRow[], opened: OpenedRow[], updated: UpdatedRow[], journal: JournalRow[], messages: QueuedMessage[] }

interface Course { first: IncidentChange, last: IncidentChange, isNew: boolean }

/** Makes rows of transitions; `standing` is what is open now. Pure. */
export function outcomeOf (changes: IncidentChange[], standing: Standing[], surroundings: Surroundings): Outcome {
  const { atMs, before } = surroundings
  const courses = coursesOf(changes, before)
  const latest = new Map(standing.map(({ incident }) => [incident.id, incident]))
  const outcome: Outcome = { closed: [], opened: [], updated: [], journal: changes.map(journalOf), messages: messagesOf(changes, surroundings) }
  for (const course of courses.values()) {
    if (course.isNew) outcome.opened.push(openedRow(course, latest, surroundings))
    else if (course.last.closed) outcome.closed.push(closedRow(course.last))
  }
  for (const one of standing) {
    const known = before.get(one.incident.id)
    if (known === undefined) continue
    const around = aroundOf(one, known, surroundings)
    const news = newsOf(one, known, around)
    if (!one.isChanged && news === null && !surroundings.impact.has(one.incident.id)) continue
    outcome.updated.push(updatedRow(one, around, surroundings))
    if (news !== null) outcome.journal.push({ incident_id: one.incident.id, rule: one.kind, subject: one.subject, at: isoOf(atMs), from_state: one.phase, to_state: one.phase, evidence: news })
  }
  return outcome
}

/** Each incident's transitions of this slot, from the first to the last. */
function coursesOf (changes: IncidentChange[], before: Map<string, OpenRow>): Map<string, Course> {
  const courses = new Map<string, Course>()
  for (const change of changes) {
    if (change.incident === null) continue
    const { id } = change.incident
    const course = courses.get(id)
    if (course) course.last = change
    else courses.set(id, { first: change, last: change, isNew: !before.has(id) })
  }
  return courses
}

function isOpening ({ from, to }: Change): boolean {
  return to === 'open' && (from === 'clear' || from === 'pending')
}

function openedRow ({ first, last }: Course, latest: Map<string, OpenIncident>, { causedBy, inMaintenance, impact, categories }: Surroundings): OpenedRow {
  const incident = latest.get(first.incident?.id ?? '') ?? last.incident
  if (incident === null) throw new Error(`a transition of ${first.subject} has no incident`)
  const { id, finding } = incident
  return {
    id,
    kind: first.rule,
    category: categories.get(first.rule) ?? 'network',
    subject: first.subject,
    scope: first.scope,
    state: last.to,
    severity: finding.severity,
    impact: impact.get(id) ?? {},
    cause: finding.cause,
    next_steps: finding.nextSteps,
    evidence: finding.evidence,
    started_at: isoOf(incident.startedMs),
    opened_at: isoOf(incident.openedMs),
    ended_at: last.closed && isoOf(last.closed.endedMs),
    resolution: last.closed && last.closed.resolution,
    caused_by: causedBy.get(id) ?? null,
    stale: incident.stale,
    in_maintenance: inMaintenance.has(id),
  }
}

function closedRow ({ incident, closed }: IncidentChange): ClosedRow {
  if (incident === null || closed === null) throw new Error('a closing has no incident')
  return { id: incident.id, ended_at: isoOf(closed.endedMs), resolution: closed.resolution }
}

interface Around { causedBy: string | null, inMaintenance: boolean }

/** A cause stays once it was found. */
function aroundOf ({ incident: { id } }: Standing, known: OpenRow, { causedBy, inMaintenance }: Surroundings): Around {
  return { causedBy: known.caused_by ?? causedBy.get(id) ?? null, inMaintenance: inMaintenance.has(id) }
}

function updatedRow ({ incident, phase, isChanged }: Standing, { causedBy, inMaintenance }: Around, { impact }: Surroundings): UpdatedRow {
  const { id, stale, finding } = incident
  return {
    id,
    state: phase,
    severity: finding.severity,
    cause: isChanged ? finding.cause : null,
    next_steps: isChanged ? finding.nextSteps : null,
    // Kept without its points between slots; an update for another reason leaves what is stored.
    evidence: isChanged && finding.evidence.points.length > 0 ? finding.evidence : null,
    impact: impact.get(id) ?? null,
    caused_by: causedBy,
    stale,
    in_maintenance: inMaintenance,
  }
}

/** What changed beside the state, for people who follow the incident. */
function newsOf ({ incident }: Standing, known: OpenRow, { causedBy, inMaintenance }: Around): object | null {
  const news = {
    ...(causedBy !== known.caused_by && { caused_by: causedBy }),
    ...(inMaintenance !== known.in_maintenance && { in_maintenance: inMaintenance }),
    ...(incident.stale !== known.stale && { stale: incident.stale }),
  }
  return Object.keys(news).length > 0 ? news : null
}

function journalOf (change: IncidentChange): JournalRow {
  const { rule, subject, atMs, from, to, incident, closed } = change
  return { incident_id: incident?.id ?? null, rule, subject, at: isoOf(atMs), from_state: from, to_state: to, evidence: evidenceOf(incident, closed) }
}

function evidenceOf (incident: OpenIncident | null, closed: Change['closed']): object | null {
  if (incident === null) return null
  if (closed !== null) return { resolution: closed.resolution, ended_at: isoOf(closed.endedMs) }
  const { severity, cause, evidence } = incident.finding
  return { severity, cause, ...evidence }
}

/** A path's opening waits for a cause that may take it over. Coming back from closing is no second opening. */
function messagesOf (changes: IncidentChange[], { before, foldWaitMs, inMaintenance }: Surroundings): QueuedMessage[] {
  const severities = new Map([...before].map(([id, { severity }]) => [id, severity]))
  const messages: QueuedMessage[] = []
  for (const change of changes) {
    const { incident, atMs, scope } = change
    if (incident === null) continue
    const { id, finding: { severity } } = incident
    const event = eventOf(change, severities.get(id))
    if (event !== null && wantsMessage({ stale: incident.stale, inMaintenance: inMaintenance.has(id) }, event)) {
      messages.push({ incidentId: id, event, atMs, waitMs: event === 'opened' && scope.type === 'path' ? foldWaitMs : 0 })
    }
    severities.set(id, severity)
  }
  return messages
}

function eventOf (change: IncidentChange, severity: string | undefined): Transition | null {
  if (change.closed) return 'closed'
  if (isOpening(change)) return 'opened'
  return change.to === 'open' && change.incident?.finding.severity !== severity ? 'escalated' : null
}
