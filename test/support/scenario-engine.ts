import type { Pool } from 'pg'
import { createEngine } from '../../src/rules/engine.js'
import type { EngineSettings } from '../../src/rules/judge-slot.js'
import { timeMs } from '../../src/rules/sql.js'

/** An incident, or a subject that is pending, as a scenario compares it. */
export interface Seen {
  rule: string
  subject: string
  state: string
  severity: string | null
  stale: boolean
  startedMs: number | null
  endedMs: number | null
  resolution: string | null
  cause: string | null
  next: string[]
  evidence: Record<string, unknown> | null
  /** `rule subject` of the incident that caused it. */
  causedBy: string | null
}

/** A transition of a subject; `from` and `to` are equal where only the severity rose. */
export interface Transition { rule: string, subject: string, from: string, to: string }

export interface ScenarioEngine {
  judge (slotMs: number): Promise<void>
  /** A new process on the same database; `intervalMs` is the time between its slots. */
  restart (intervalMs: number): void
}

const log = { warn: () => {}, error: () => {} }

export function startScenarioEngine (pool: Pool, settings: EngineSettings): ScenarioEngine {
  let starts = 0
  const start = (intervalMs: number) => createEngine({ pool, settings, instance: `scenario ${starts++}`, intervalMs, delayMs: 0, log })
  let engine = start(1)
  return {
    async judge (slotMs) {
      const report = await engine.judge(slotMs)
      if (report.refused !== null) throw new Error(`the slot was not judged: ${report.refused}`)
      for (const { rule, error } of report.evaluations) if (error !== null) throw new Error(`rule ${rule} failed: ${error}`)
    },
    restart (intervalMs) { engine = start(intervalMs) },
  }
}

const selectIncidents = `
select i.kind as rule, i.subject, i.state, i.severity, i.stale, ${timeMs('i.started_at')} as "startedMs", ${timeMs('i.ended_at')} as "endedMs",
  i.resolution, i.cause, i.next_steps as next, i.evidence, cause.kind || ' ' || cause.subject as "causedBy"
from incidents i left join incidents cause on cause.id = i.caused_by
union all
select rule, subject, state, null, false, null, null, null, null, '{}', null, null from rule_state where state = 'pending'
order by "startedMs"`

/** Every incident there ever was, oldest first, and what is pending. */
export async function lookAt (pool: Pool): Promise<Seen[]> {
  return (await pool.query<Seen>(selectIncidents)).rows
}

export async function readJournal (pool: Pool): Promise<Transition[]> {
  return (await pool.query<Transition>('select rule, subject, from_state as from, to_state as to from incident_journal order by id')).rows
}
