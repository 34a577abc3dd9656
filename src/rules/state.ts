import { createHash } from 'node:crypto'
import type { Scope } from '../incidents/subject.js'
import { severities, type Answer, type Moment, type OpenIncident, type Phase, type Severity, type SubjectState } from './rule.js'

/** A transition of one subject, and what came of it. `from` and `to` are equal where only the severity rose. */
export interface Change {
  atMs: number
  from: Phase
  to: Phase | 'closed'
  /** The incident as it stands after the change; null while pending. */
  incident: OpenIncident | null
  closed: { endedMs: number, resolution: Resolution } | null
}

export type Resolution = 'recovered' | 'no_data' | 'manual' | 'retired'

/** What the state machine needs to know of a rule and its subject. */
export interface Lifecycle {
  kind: string
  subject: string
  /** Span of clear rows that closes; 0: the first clear row does. */
  closeAfterMs: number
  closeRows: number
  /** A match by rows older than this is history: shown as stale, not announced. */
  oldAfterMs: number
}

export interface Step { state: SubjectState, changes: Change[] }

const hourMs = 3_600_000
const keptGaps = 8
const gapsForUsual = 3

/** The state of a subject that nothing is known of. */
export function begin (scope: Scope, { atMs, judgedMs }: Moment): SubjectState {
  return {
    scope, phase: 'clear', sinceMs: atMs, rowMs: null, dataJudgedMs: judgedMs, usualGapMs: null, gaps: [],
    incident: null, clearing: null, afterMs: null, wakeMs: null, memory: null,
  }
}

/** Text that is safe in a URL, the same whenever the same history is judged again. */
export function incidentId (kind: string, subject: string, startedMs: number): string {
  const startedUs = Math.round(startedMs * 1000)
  return `${kind}-${createHash('sha256').update(`${kind}\n${subject}\n${startedUs}`).digest('hex').slice(0, 20)}`
}

/** Takes the answers of one slot in their order. None is no data, and freezes the state: only `age` counts it. */
export function take (state: SubjectState, answers: Answer[], lifecycle: Lifecycle, moment: Moment): Step {
  if (answers.length === 0) return { state, changes: [] }
  let current = withData(state, moment)
  const changes: Change[] = []
  for (const answer of answers) {
    const step = takeOne({ ...current, rowMs: Math.max(current.rowMs ?? answer.rowMs, answer.rowMs) }, answer, lifecycle, moment)
    current = step.state
    changes.push(...step.changes)
  }
  return { state: current, changes }
}

function takeOne (state: SubjectState, answer: Answer, lifecycle: Lifecycle, moment: Moment): Step {
  switch (answer.is) {
    case 'match': return state.afterMs !== null && answer.rowMs <= state.afterMs ? { state, changes: [] } : match(state, answer, lifecycle, moment)
    case 'clear': return clear(state, answer, lifecycle, moment)
    case 'hold': return hold(state, answer, moment)
  }
}

function match (state: SubjectState, { rowMs, startedMs, finding }: Extract<Answer, { is: 'match' }>, { kind, subject, oldAfterMs }: Lifecycle, moment: Moment): Step {
  const known = state.incident
  const stale = moment.atMs - rowMs > oldAfterMs
  if (known === null) {
    return move(state, 'open', moment, { id: incidentId(kind, subject, startedMs), startedMs, openedMs: moment.atMs, newestMs: rowMs, finding, stale })
  }
  const severity = worse(known.finding.severity, finding.severity)
  const incident = { ...known, newestMs: Math.max(known.newestMs, rowMs), finding: { ...finding, severity }, stale }
  const isNews = state.phase === 'closing' || severity !== known.finding.severity
  return isNews ? move(state, 'open', moment, incident) : { state: { ...state, incident }, changes: [] }
}

function clear (state: SubjectState, answer: Extract<Answer, { is: 'clear' }>, lifecycle: Lifecycle, moment: Moment): Step {
  if (state.phase === 'pending') return move(state, 'clear', moment, null)
  if (state.incident === null) return { state, changes: [] }
  const clearing = continueClearing(state, answer)
  const incident = { ...state.incident, stale: false }
  const isOver = lifecycle.closeAfterMs === 0 || (clearing.newestMs - clearing.firstMs >= lifecycle.closeAfterMs && clearing.rows >= lifecycle.closeRows)
  if (isOver && moment.atMs >= (answer.notBeforeMs ?? 0)) return close({ ...state, incident }, clearing.endedMs, answer.resolution ?? 'recovered', moment)
  if (state.phase === 'closing') return { state: { ...state, incident, clearing }, changes: [] }
  const step = move(state, 'closing', moment, incident)
  return { ...step, state: { ...step.state, clearing } }
}

/** The run of clear rows with this one; a row seen before counts once. */
function continueClearing ({ clearing }: SubjectState, { rowMs, endedMs }: Extract<Answer, { is: 'clear' }>): NonNullable<SubjectState['clearing']> {
  if (clearing === null) return { firstMs: rowMs, newestMs: rowMs, rows: 1, endedMs: endedMs ?? rowMs }
  return rowMs > clearing.newestMs ? { ...clearing, newestMs: rowMs, rows: clearing.rows + 1 } : clearing
}

function hold (state: SubjectState, { run }: Extract<Answer, { is: 'hold' }>, moment: Moment): Step {
  if (state.incident !== null) return { state: state.incident.stale ? { ...state, incident: { ...state.incident, stale: false } } : state, changes: [] }
  if (run === (state.phase === 'pending')) return { state, changes: [] }
  return move(state, run ? 'pending' : 'clear', moment, null)
}

/** Ends the incident. Rows up to its end never count toward a later one. */
export function close (state: SubjectState, endMs: number, resolution: Resolution, moment: Moment): Step {
  const { incident } = state
  if (incident === null) return { state, changes: [] }
  const endedMs = Math.max(endMs, incident.startedMs + 1)
  const change: Change = { atMs: moment.atMs, from: state.phase, to: 'closed', incident, closed: { endedMs, resolution } }
  return { state: { ...state, phase: 'clear', sinceMs: moment.atMs, incident: null, clearing: null, afterMs: endedMs }, changes: [change] }
}

export interface AbsenceLimits { staleAfterMs: number, closeAfterMs: number }

/** For a subject of which this slot knows nothing: it goes stale, and after a day of judged slots it closes, or is forgotten where nothing is open. */
export function age (state: SubjectState, { staleAfterMs, closeAfterMs }: AbsenceLimits, moment: Moment): Step | null {
  const absentMs = moment.judgedMs - state.dataJudgedMs
  const { incident } = state
  if (incident === null) return absentMs >= closeAfterMs ? null : { state, changes: [] }
  if (absentMs >= closeAfterMs) return close(state, state.rowMs ?? incident.newestMs, 'no_data', moment)
  const stale = incident.stale || absentMs >= Math.max(staleAfterMs, 3 * (state.usualGapMs ?? 0))
  return { state: stale === incident.stale ? state : { ...state, incident: { ...incident, stale } }, changes: [] }
}

/** Nothing is worth keeping of it. What a closed incident's rows must not do again is kept for a day. */
export function isForgettable ({ phase, memory, afterMs, wakeMs }: SubjectState, { atMs }: Moment): boolean {
  return phase === 'clear' && memory === null && wakeMs === null && (afterMs === null || atMs - afterMs > 24 * hourMs)
}

function move (state: SubjectState, to: Phase, { atMs }: Moment, incident: OpenIncident | null): Step {
  const change: Change = { atMs, from: state.phase, to, incident, closed: null }
  return { state: { ...state, phase: to, sinceMs: to === state.phase ? state.sinceMs : atMs, incident, clearing: null }, changes: [change] }
}

function withData (state: SubjectState, { judgedMs }: Moment): SubjectState {
  const gapMs = judgedMs - state.dataJudgedMs
  if (gapMs === 0) return state
  const gaps = [...state.gaps, gapMs].slice(-keptGaps)
  const usualGapMs = gaps.length < gapsForUsual ? null : gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? null
  return { ...state, dataJudgedMs: judgedMs, gaps, usualGapMs }
}

function worse (a: Severity, b: Severity): Severity {
  return severities.indexOf(a) >= severities.indexOf(b) ? a : b
}
