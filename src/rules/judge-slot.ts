import { formatSubject, type Scope } from '../incidents/subject.js'
import type { Answer, Common, Moment, Observation, Rule, SubjectState } from './rule.js'
import type { General } from './settings/general.js'
import { age, begin, type Change, isForgettable, take } from './state.js'
import type { States } from './states.js'

/** A rule with the settings in force. */
export interface ActiveRule { rule: Rule, settings: Common & Record<PropertyKey, unknown> }

/** The settings in force, as the engine uses them. */
export interface EngineSettings {
  /** Enabled ones, in judging order. */
  rules: ActiveRule[]
  general: General
}

/** What a rule made of one slot. */
export interface Judged { changes: SubjectChange[], rows: number, matches: number }

export interface SubjectChange extends Change { rule: string, subject: string, scope: Scope }

/**
 * Judges one rule at one moment: by what the slot brought, then what waits for this moment, then the absence of the others. States change only
 * when every subject was judged: what throws leaves all of them as they were.
 */
export function judgeRule ({ rule, settings }: ActiveRule, observations: Array<Observation<unknown>>, states: States, { moment, general }: { moment: Moment, general: General }): Judged {
  const bySubject = groupBySubject(observations)
  for (const [subject, state] of states.states(rule.name)) {
    if (state.wakeMs !== null && state.wakeMs <= moment.atMs && !bySubject.has(subject)) bySubject.set(subject, { scope: state.scope, seen: [] })
  }
  for (const scope of rule.alsoJudge?.(moment, states, settings) ?? []) {
    const subject = formatSubject(scope)
    if (!bySubject.has(subject)) bySubject.set(subject, { scope, seen: [] })
  }
  const results = new Map<string, SubjectState | null>()
  const judged: Judged = { changes: [], rows: observations.length, matches: 0 }
  for (const [subject, { scope, seen }] of bySubject) {
    const prior = states.state(rule.name, subject) ?? begin(scope, moment)
    const { answers, memory, wakeMs = null } = rule.judge({
      seen, subject, scope, memory: prior.memory, phase: prior.phase, incident: prior.incident, afterMs: prior.afterMs, settings, moment, lookup: states,
    })
    const lifecycle = { kind: rule.name, subject, closeAfterMs: settings.close_after_s * 1000, closeRows: settings.close_rows, oldAfterMs: general.old_after_s * 1000 }
    const { state, changes } = take(prior, answers, lifecycle, moment)
    judged.matches += answers.some(isMatch) ? 1 : 0
    judged.changes.push(...changes.map((change) => ({ ...change, rule: rule.name, subject, scope })))
    results.set(subject, { ...state, memory, wakeMs })
  }
  if (rule.absence !== 'goes_on') ageOthers({ rule, settings }, results, states, { moment, general, judged })
  for (const [subject, state] of results) states.set(rule.name, subject, state === null || isForgettable(state, moment) ? null : state)
  return judged
}

/** Subjects without an answer at this slot. */
function ageOthers ({ rule }: ActiveRule, results: Map<string, SubjectState | null>, states: States, { moment, general, judged }: { moment: Moment, general: General, judged: Judged }): void {
  const absence = { staleAfterMs: rule.absence === 'only_closes' ? Infinity : general.stale_after_s * 1000, closeAfterMs: general.no_data_close_h * 3_600_000 }
  for (const [subject, known] of states.states(rule.name)) {
    const state = results.get(subject) ?? known
    if (results.get(subject) === null || state.dataJudgedMs === moment.judgedMs) continue
    const step = age(state, absence, moment)
    judged.changes.push(...(step?.changes ?? []).map((change) => ({ ...change, rule: rule.name, subject, scope: state.scope })))
    results.set(subject, step?.state ?? null)
  }
}

function groupBySubject (observations: Array<Observation<unknown>>): Map<string, { scope: Scope, seen: unknown[] }> {
  const bySubject = new Map<string, { scope: Scope, seen: unknown[] }>()
  for (const { scope, seen } of observations) {
    const subject = formatSubject(scope)
    const known = bySubject.get(subject)
    if (known) known.seen.push(seen)
    else bySubject.set(subject, { scope, seen: [seen] })
  }
  return bySubject
}

function isMatch ({ is }: Answer): boolean {
  return is === 'match'
}
