import type { ClientBase, Pool } from 'pg'
import type { Logger } from 'pino'
import { withTransaction } from '../database/transaction.js'
import { applyOutcome } from '../incidents/apply.js'
import { loadClosed, loadOpen, type OpenRow } from '../incidents/open.js'
import { queueMessages } from '../incidents/outbox.js'
import { outcomeOf, type Outcome } from '../incidents/outcome.js'
import { type Evaluation, saveEvaluations } from './evaluations.js'
import { fillDigests } from './fill.js'
import { type ActiveRule, type EngineSettings, judgeRule, type SubjectChange } from './judge-slot.js'
import { observe } from './observe.js'
import type { Moment } from './rule.js'
import { type Claim, claimSlot, type Decision, finish, holdClaim, renew } from './slots.js'
import { snapshot, standingAfter } from './standing.js'
import { close } from './state.js'
import type { States } from './states.js'
import { loadCursors, loadStates, saveCursors, saveStates } from './store.js'
import { forgetRetired } from './retired.js'
import { survey } from './survey.js'
import { saveUsualGaps } from './usual-gaps.js'

export interface EngineOptions {
  pool: Pool
  settings: EngineSettings
  /** Tells this process from every other, the one before its restart included. */
  instance: string
  intervalMs: number
  delayMs: number
  log: Pick<Logger, 'warn' | 'error'>
}

/** What became of a slot: who judged it, and how. */
export type SlotReport =
  | { refused: Extract<Decision, { refused: string }>['refused'] | 'lost' }
  | { refused: null, slotMs: number, missedSlots: number, evaluations: Evaluation[] }

export interface Engine {
  /** Judges the slot of this time if nobody else does. One call at a time. Rejects when the database is away: then nothing was changed. */
  judge (slotMs: number): Promise<SlotReport>
  /** From the next slot on. What a rule now switched off has open closes. */
  use (settings: EngineSettings): void
}

const hourMs = 3_600_000
const longestLookBackMs = 24 * hourMs

/** What is kept between two slots of the same process; read anew wherever another one judged in between. */
interface Memory { states: States, cursors: Map<string, number> }

export function createEngine (options: EngineOptions): Engine {
  const { pool, instance, intervalMs, delayMs } = options
  let settings = options.settings
  let memory: Memory | null = null
  return {
    use (given) { settings = given },
    async judge (slotMs) {
      const decision = await claimSlot(pool, { slotMs, atMs: slotMs - delayMs, intervalMs, instance })
      if ('refused' in decision) return decision
      const { claim } = decision
      const known = claim.continues ? memory : null
      // Only a slot that was written leaves a memory that is true.
      memory = null
      const alive = setInterval(() => { renew(pool, claim).catch((error: unknown) => options.log.warn({ err: error }, 'the claim of a slot could not be renewed')) }, intervalMs / 3)
      try {
        const current = known ?? { states: await loadStates(pool), cursors: await loadCursors(pool) }
        const report = await evaluate(claim, current, { ...options, settings })
        if (report.refused === null) memory = current
        return report
      } finally {
        clearInterval(alive)
      }
    },
  }
}

async function evaluate (claim: Claim, { states, cursors }: Memory, options: EngineOptions): Promise<SlotReport> {
  const { pool, settings } = options
  const moment: Moment = { atMs: claim.atMs, judgedMs: claim.judgedMs, listeningMs: claim.listeningMs }
  const before = await loadOpen(pool)
  await takeOverClosings(pool, states, before)
  await forgetRetired(pool, states, claim)
  await fillDigests(claim, cursors, { pool, general: settings.general, log: options.log })
  const known = snapshot(states)
  const switchedOff = closeSwitchedOff(states, settings.rules, moment)
  const judged: JudgedRule[] = []
  for (const active of settings.rules) judged.push(await judgeActive(active, states, { moment, sinceMs: sinceOf(cursors.get(active.rule.name), claim, options), options }))
  const changes = [...switchedOff, ...judged.flatMap(({ changes }) => changes)]
  const standing = standingAfter(states, known)
  const outcome = outcomeOf(changes, standing, await survey(pool, standing, { before, claim, settings }))
  const isWritten = await withTransaction(pool, (client) => write(client, claim, { states, outcome, judged, rules: settings.rules }))
  if (!isWritten) return { refused: 'lost' }
  for (const { evaluation } of judged) if (evaluation.error === null) cursors.set(evaluation.rule, claim.atMs)
  return { refused: null, slotMs: claim.slotMs, missedSlots: claim.missedSlots, evaluations: judged.map(({ evaluation }) => evaluation) }
}

interface JudgedRule { evaluation: Evaluation, changes: SubjectChange[] }

/** A rule that fails changes nothing and does not stop the others; it sees the same rows again at the next slot. */
async function judgeActive (active: ActiveRule, states: States, { moment, sinceMs, options: { pool, log, settings } }: { moment: Moment, sinceMs: number, options: EngineOptions }): Promise<JudgedRule> {
  const { name } = active.rule
  const startMs = performance.now()
  try {
    const observations = await observe(pool, active, [{ atMs: moment.atMs, sinceMs }], states)
    const { changes, rows, matches } = judgeRule(active, observations.get(moment.atMs) ?? [], states, { moment, general: settings.general })
    return { evaluation: { rule: name, ms: performance.now() - startMs, rows, matches, error: null }, changes }
  } catch (error) {
    log.error({ err: error, rule: name }, `rule ${name} failed and changed nothing`)
    const message = error instanceof Error ? error.message : String(error)
    return { evaluation: { rule: name, ms: performance.now() - startMs, rows: 0, matches: 0, error: message }, changes: [] }
  }
}

/** Rows that arrived after this are new to the rule. */
function sinceOf (cursorMs: number | undefined, { atMs }: Claim, { intervalMs, settings }: EngineOptions): number {
  if (cursorMs === undefined) return atMs - settings.general.first_look_back_s * 1000
  // The clock was set back.
  if (cursorMs >= atMs) return atMs - intervalMs
  return Math.max(cursorMs, atMs - longestLookBackMs)
}

/** What people closed since the last slot is closed for the rules as well. */
async function takeOverClosings (pool: Pool, states: States, before: Map<string, OpenRow>): Promise<void> {
  const gone = [...states.all()].filter(({ state: { incident } }) => incident !== null && !before.has(incident.id))
  if (gone.length === 0) return
  const closed = await loadClosed(pool, gone.map(({ state }) => state.incident?.id ?? ''))
  for (const { rule, subject, state } of gone) {
    const endedMs = closed.get(state.incident?.id ?? '') ?? state.incident?.newestMs ?? null
    states.set(rule, subject, { ...state, phase: 'clear', incident: null, clearing: null, afterMs: endedMs })
  }
}

function closeSwitchedOff (states: States, rules: ActiveRule[], moment: Moment): SubjectChange[] {
  const active = new Set(rules.map(({ rule }) => rule.name))
  return [...states.all()].filter(({ rule }) => !active.has(rule)).flatMap(({ rule, subject, state }) => {
    states.set(rule, subject, null)
    return close(state, moment.atMs, 'manual', moment).changes.map((change) => ({ ...change, rule, subject, scope: state.scope }))
  })
}

async function write (client: ClientBase, claim: Claim, { states, outcome, judged, rules }: { states: States, outcome: Outcome, judged: JudgedRule[], rules: ActiveRule[] }): Promise<boolean> {
  if (!await holdClaim(client, claim)) return false
  await saveStates(client, states.takeChanged())
  await applyOutcome(client, outcome)
  await queueMessages(client, outcome.messages)
  const evaluations = judged.map(({ evaluation }) => evaluation)
  await saveCursors(client, evaluations.filter(({ error }) => error === null).map(({ rule }) => rule), claim.atMs)
  await saveEvaluations(client, claim.slotMs, evaluations)
  await saveUsualGaps(client, claim, { rules, states })
  await finish(client, claim)
  return true
}
