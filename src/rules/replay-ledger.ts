import type { OpenRow } from '../incidents/open.js'
import type { OpenedRow, Outcome } from '../incidents/outcome.js'
import { titleOf } from '../incidents/title.js'
import type { Category, Severity } from './rule.js'

/** An incident of a replay, with the fields that GET /issues gives one; the last ones are always the same, since people take no part in a replay. */
export interface ReplayedIncident {
  id: string
  kind: string
  title: string
  category: Category
  subject: string
  scope: OpenedRow['scope']
  status: 'open' | 'closing' | 'closed'
  severity: Severity
  impact: Record<string, unknown>
  cause: string
  next_steps: string[]
  evidence: Record<string, unknown>
  started_at: string
  opened_at: string
  ended_at: string | null
  resolution: string | null
  caused_by: string | null
  acknowledged: boolean
  ack: null
  in_maintenance: boolean
  stale: boolean
}

/** The incidents of a replay: what the table is to the engine. */
export class Ledger {
  /** What is open, as outcomeOf wants to know it. */
  readonly open = new Map<string, OpenRow>()
  readonly #incidents = new Map<string, OpenedRow>()

  apply ({ closed, opened, updated }: Outcome): void {
    for (const { id, ended_at: endedAt, resolution } of closed) this.#close(id, endedAt, resolution)
    // The same history may start an incident again at the same moment: as in the table, the first one stays.
    for (const row of opened) if (!this.#incidents.has(row.id)) this.#set(row)
    for (const { id, cause, next_steps: nextSteps, evidence, impact, ...rest } of updated) {
      const known = this.#incidents.get(id)
      if (known === undefined || known.state === 'closed') continue
      this.#set({ ...known, ...rest, cause: cause ?? known.cause, next_steps: nextSteps ?? known.next_steps, evidence: evidence ?? known.evidence, impact: impact ?? known.impact })
    }
  }

  /** Newest start first. */
  incidents (): ReplayedIncident[] {
    const rows = [...this.#incidents.values()]
    const affected = new Map<string, string[]>()
    for (const { id, caused_by: cause } of rows.toSorted(byStart)) if (cause !== null) affected.set(cause, [...affected.get(cause) ?? [], id])
    return rows.sort(byStart).reverse().map((row) => incidentOf(row, affected.get(row.id)))
  }

  #close (id: string, endedAt: string, resolution: string): void {
    const known = this.#incidents.get(id)
    if (known !== undefined) this.#set({ ...known, state: 'closed', ended_at: endedAt, resolution, stale: false })
  }

  #set (row: OpenedRow): void {
    const { id, kind, subject, scope, severity, caused_by: causedBy, in_maintenance: inMaintenance, stale } = row
    this.#incidents.set(id, row)
    if (row.state === 'closed') this.open.delete(id)
    else this.open.set(id, { id, kind, subject, scope, severity, caused_by: causedBy, in_maintenance: inMaintenance, stale })
  }
}

const listedAffected = 200

function incidentOf ({ state, impact, evidence, scope, ...row }: OpenedRow, affected: string[] | undefined): ReplayedIncident {
  return {
    ...row,
    title: titleOf(row.kind, scope),
    scope,
    status: state === 'closed' || state === 'closing' ? state : 'open',
    impact: { ...impact },
    evidence: { ...evidence, ...(affected && { affected: affected.slice(0, listedAffected), affected_count: affected.length }) },
    acknowledged: false,
    ack: null,
  }
}

function byStart (a: OpenedRow, b: OpenedRow): number {
  return a.started_at < b.started_at || (a.started_at === b.started_at && a.id < b.id) ? -1 : 1
}
