import type { Scope } from '../subject.js'

export type OutboxEvent = 'opened' | 'escalated' | 'closed' | 'reminder'

/** What became of a row of the outbox. */
export type Outcome = 'sent' | 'summary' | 'daily' | 'folded' | 'dropped'

/** As much of an incident as decides whether a message is due, and what a summary says of it. */
export interface Told {
  id: string
  kind: string
  category: string
  scope: Scope
  severity: 'minor' | 'major' | 'critical'
  state: 'open' | 'closing' | 'closed'
  acknowledged: boolean
  inMaintenance: boolean
  /** What became of its opening's row; null: not decided yet; undefined: it never had one. */
  opening: Outcome | null | undefined
  openingDueMs: number | null
  /** When it closed, where that is in the outbox. */
  closedMs: number | null
  /** The incident that causes it. */
  cause: Pick<Told, 'state' | 'inMaintenance' | 'opening'> | null
}

/** A row of the outbox whose time has come. */
export interface Due {
  id: number
  key: string
  event: OutboxEvent
  atMs: number
  dueMs: number
  /** Null where the incident is gone. */
  incident: Told | null
}

/** A message to be made: of one incident, of a rule's day, or of many incidents. */
export type Planned =
  | { type: 'single', key: string, event: OutboxEvent, atMs: number, incident: Told }
  | { type: 'daily', key: string, kind: string, atMs: number }
  | { type: 'summary', key: string, atMs: number, parts: Part[] }

export interface Part { event: OutboxEvent, incident: Told }

export interface Plan {
  messages: Planned[]
  settled: Array<{ id: number, outcome: Outcome }>
  /** Rows are left for a summary that is not due before this; null: none are. */
  heldUntilMs: number | null
}

export interface PlanContext {
  nowMs: number
  /** Messages a minute. */
  perMin: number
  /** Messages made in the last minute. */
  recentMessages: number
  lastSummaryMs: number | null
  /** Keys of daily messages that were made already, of those that `dailyKey` gives for these rows. */
  knownDaily: ReadonlySet<string>
}

const minuteMs = 60_000
/** A flood opens within two slots of the engine: both belong into one summary. */
const floodSettleMs = 15_000

type Settled = Plan['settled']
type Single = Extract<Planned, { type: 'single' }>
interface Candidate { row: Due, message: Single }

/**
 * Decides what is told of the rows that are due. Messages beyond the limit of a minute become one summary, which takes all of them: also
 * those that would have been within the limit, because nobody reads ten of ten thousand. A daily message is never held back.
 */
export function planMessages (due: Due[], context: PlanContext): Plan {
  const settled: Settled = []
  const candidates: Candidate[] = []
  const days = new Map<string, Planned>()
  for (const rows of byIncident(due)) {
    const { silent, telling } = judge(rows)
    settled.push(...silent.map(({ row, outcome }) => ({ id: row.id, outcome })))
    for (const { row, incident } of telling) {
      const day = dailyKey(row)
      if (day === null) {
        candidates.push({ row, message: { type: 'single', key: row.key, event: row.event, atMs: row.atMs, incident } })
        continue
      }
      const isFirst = !context.knownDaily.has(day) && !days.has(day)
      if (isFirst) days.set(day, { type: 'daily', key: day, kind: incident.kind, atMs: row.atMs })
      settled.push({ id: row.id, outcome: isFirst ? 'sent' : 'daily' })
    }
  }
  const limited = limit(candidates, context)
  return { ...limited, messages: [...days.values(), ...limited.messages], settled: [...settled, ...limited.settled] }
}

function limit (candidates: Candidate[], { nowMs, perMin, recentMessages, lastSummaryMs }: PlanContext): Plan {
  const settle = (outcome: Outcome) => candidates.map(({ row }) => ({ id: row.id, outcome }))
  if (candidates.length <= Math.max(perMin - recentMessages, 0)) return { messages: candidates.map(({ message }) => message), settled: settle('sent'), heldUntilMs: null }
  const oldestMs = candidates.reduce((oldest, { row }) => Math.min(oldest, row.dueMs), Infinity)
  const readyMs = Math.max(oldestMs + floodSettleMs, lastSummaryMs === null ? 0 : lastSummaryMs + minuteMs)
  if (nowMs < readyMs) return { messages: [], settled: [], heldUntilMs: readyMs }
  const parts = candidates.map(({ message: { event, incident } }) => ({ event, incident }))
  return { messages: [{ type: 'summary', key: `summary/${new Date(nowMs).toISOString()}`, atMs: nowMs, parts }], settled: settle('summary'), heldUntilMs: null }
}

/** One message per rule and day, in UTC, for what is wrong with the data; null for everything else. */
export function dailyKey ({ atMs, incident }: Due): string | null {
  return incident?.category === 'data_quality' ? `${incident.kind}/${new Date(atMs).toISOString().slice(0, 10)}` : null
}

interface Verdict {
  silent: Array<{ row: Due, outcome: Outcome }>
  telling: Array<{ row: Due, incident: Told }>
}

/** What is told of one incident's rows, in the order of their transitions. */
function judge (rows: Due[]): Verdict {
  const verdict: Verdict = { silent: [], telling: [] }
  let announced: boolean | undefined
  for (const row of rows) {
    const { incident } = row
    const outcome = incident === null ? 'dropped' : row.event === 'opened' ? judgeOpening(incident) : judgeLater(row, incident, rows, announced ?? wasAnnounced(incident))
    if (row.event === 'opened') announced = outcome === 'tell'
    if (incident !== null && outcome === 'tell') verdict.telling.push({ row, incident })
    else verdict.silent.push({ row, outcome: outcome === 'tell' ? 'dropped' : outcome })
  }
  return verdict
}

function judgeOpening (incident: Told): Outcome | 'tell' {
  if (incident.inMaintenance || isOverBeforeDue(incident)) return 'dropped'
  return isFolded(incident) ? 'folded' : 'tell'
}

function judgeLater ({ event, id }: Due, incident: Told, rows: Due[], announced: boolean): Outcome | 'tell' {
  const isTold = announced && !incident.inMaintenance && incident.category !== 'data_quality'
  if (!isTold) return 'dropped'
  if (event === 'closed') return 'tell'
  // Its opening or its closing, told now, says how bad it is.
  if (incident.state === 'closed' || isFolded(incident) || rows.some((other) => other.event === 'opened')) return 'dropped'
  if (event === 'escalated') return rows.some((other) => other.event === 'escalated' && other.id > id) ? 'dropped' : 'tell'
  return incident.severity === 'critical' && !incident.acknowledged && incident.state === 'open' ? 'tell' : 'dropped'
}

function wasAnnounced ({ opening }: Told): boolean {
  return opening === 'sent' || opening === 'summary'
}

/** What was over before it was due to be told of is told of not at all, however late that is found out. */
function isOverBeforeDue ({ state, closedMs, openingDueMs }: Told): boolean {
  return state === 'closed' && (closedMs === null || openingDueMs === null || closedMs <= openingDueMs)
}

/** It rides in the message of its cause, provided that the cause has one, or is silent by the operator's wish. */
function isFolded ({ cause }: Told): boolean {
  if (cause === null) return false
  const isTold = cause.opening === null ? cause.state !== 'closed' : cause.opening !== undefined && cause.opening !== 'dropped'
  return cause.inMaintenance || isTold
}

function byIncident (due: Due[]): Due[][] {
  const groups = new Map<string, Due[]>()
  for (const row of due) {
    const key = row.incident?.id ?? row.key
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return [...groups.values()]
}
