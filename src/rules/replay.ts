import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ClientBase, Pool } from 'pg'
import { withLongConnection } from '../database/long-connection.js'
import { outcomeOf } from '../incidents/outcome.js'
import { type ActiveRule, type EngineSettings, judgeRule, type SubjectChange } from './judge-slot.js'
import { observe } from './observe.js'
import { Ledger, type ReplayedIncident } from './replay-ledger.js'
import { fillDigests, type Scratch, type Tables, withScratch } from './replay-scratch.js'
import { rules as allRules } from './all.js'
import type { Category, Moment, Observation, Rule, Slot } from './rule.js'
import { activeRules, type RuleSettings } from './settings/settings.js'
import { snapshot, standingAfter } from './standing.js'
import { States } from './states.js'
import { findCauses, measureImpact } from './survey.js'

export interface ReplayRequest {
  fromMs: number
  toMs: number
  stepMs?: number
  settings: RuleSettings
  rules?: readonly Rule[]
}

export interface ReplayOptions {
  signal?: AbortSignal
  /** Called at every slot: the moment reached, and how many were judged. */
  onProgress?: (atMs: number, slots: number) => void
}

export interface ReplayResult { incidents: ReplayedIncident[], slots: number }

/** What was asked for can't be replayed; the message says why. */
export class ReplayError extends Error {
  override name = 'ReplayError'
}

const dayMs = 86_400_000
export const longestReplayMs = 31 * dayMs
const defaultStepMs = 10_000
/** Nodes are judged by their last week. */
const lookBackMs = 7 * dayMs
const statementLimitMs = 120_000

/**
 * Judges stored history with the live rules and a clock of its own, at every multiple of `stepMs` after `fromMs` and up to `toMs`. Live
 * incidents and states are neither read nor written. The same history gives the same incidents. Throws a ReplayError for a span that is no span
 * or longer than 31 days, and the signal's reason when it is aborted, between two statements.
 */
export async function replay (pool: Pool, { fromMs, toMs, stepMs = defaultStepMs, settings, rules = allRules }: ReplayRequest, options: ReplayOptions = {}): Promise<ReplayResult> {
  if (!(fromMs < toMs)) throw new ReplayError('the end of a replay must be later than its start')
  if (toMs - fromMs > longestReplayMs) throw new ReplayError('a replay spans 31 days at most')
  if (!(stepMs >= 1000 && stepMs <= dayMs)) throw new ReplayError('the step of a replay is 1 s at least and a day at most')
  options.signal?.throwIfAborted()
  const firstLookBackMs = settings.engine.first_look_back_s * 1000
  const run = new Run({ rules: activeRules(settings, rules), general: settings.engine }, fromMs - lookBackMs)
  const batches = slotBatches({ fromMs, toMs, stepMs, firstLookBackMs })
  await withLongConnection(pool, statementLimitMs, async (client) =>
    await withScratch(client, { fromMs: fromMs - lookBackMs, toMs }, async (scratch) => {
      for (let next = batches.next(slotsAtFirst); next.done !== true; next = batches.next(run.batchSlots)) {
        await run.judgeBatch(scratch, next.value, options)
      }
    }))
  return { incidents: run.ledger.incidents(), slots: run.slots }
}

/** Slots of one batch: one statement of each rule brings their rows. Rows in memory are kept between these bounds. */
const slotsAtFirst = 60
const mostSlots = 90
const fewestSlots = 6
const manyRows = 40_000

/** Batches of slots, each of the length that `next` asks for. */
function * slotBatches ({ fromMs, toMs, stepMs, firstLookBackMs }: { fromMs: number, toMs: number, stepMs: number, firstLookBackMs: number }): Generator<Slot[], void, number> {
  let sinceMs = fromMs - firstLookBackMs
  let wanted = slotsAtFirst
  let batch: Slot[] = []
  for (let atMs = Math.ceil(fromMs / stepMs) * stepMs; atMs <= toMs; atMs += stepMs) {
    batch.push({ atMs, sinceMs })
    sinceMs = atMs
    if (batch.length < wanted) continue
    wanted = yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

class Run {
  readonly ledger = new Ledger()
  batchSlots = slotsAtFirst
  slots = 0
  readonly #states = new States()
  readonly #settings: EngineSettings
  readonly #listeningMs: number
  readonly #categories: Map<string, Category>
  #judgedMs = 0

  constructor (settings: EngineSettings, listeningMs: number) {
    this.#settings = settings
    this.#listeningMs = listeningMs
    this.#categories = new Map(settings.rules.map(({ rule }) => [rule.name, rule.category]))
  }

  async judgeBatch (scratch: Scratch, slots: Slot[], options: ReplayOptions): Promise<void> {
    await scratch.turn(async (tables) => {
      await fillDigests(tables.past, { sinceMs: slots[0]!.sinceMs, atMs: slots.at(-1)!.atMs, isFirst: this.slots === 0 }, this.#settings.general)
      const byRule = new Map<string, Observations>()
      for (const active of this.#settings.rules) {
        options.signal?.throwIfAborted()
        byRule.set(active.rule.name, await this.#observe(tables, active, slots))
      }
      const rows = [...byRule.values()].flatMap((ofRule) => [...ofRule.values()]).reduce((sum, { length }) => sum + length, 0)
      this.batchSlots = rows > manyRows ? Math.max(fewestSlots, slots.length >> 1) : Math.min(mostSlots, slots.length * (rows < manyRows / 4 ? 2 : 1))
      await this.#judgeSlots(tables.past, slots, { observations: byRule, ...options })
    })
  }

  async #observe (tables: Tables, active: ActiveRule, slots: Slot[]): Promise<Observations> {
    try {
      const run = async (): Promise<Observations> => await observe(tables.past, active, this.#slotsOf(active, slots), this.#states)
      return active.rule.judgesBy === 'receipt' ? await tables.live(run) : await run()
    } catch (error) {
      throw new Error(`rule ${active.rule.name} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }

  /** What judges absence itself has to know at its first slot who was there before. */
  #slotsOf ({ rule }: ActiveRule, slots: Slot[]): Slot[] {
    const [first, ...rest] = slots
    const looksBack = this.slots === 0 && rule.absence === 'goes_on' && rule.judgesBy === 'time'
    return looksBack && first ? [{ ...first, sinceMs: this.#listeningMs }, ...rest] : slots
  }

  /** Others of this process get their turn every few milliseconds. */
  async #judgeSlots (db: ClientBase, slots: Slot[], { observations, signal, onProgress }: ReplayOptions & { observations: Map<string, Observations> }): Promise<void> {
    let sinceTurnMs = performance.now()
    for (const { atMs, sinceMs } of slots) {
      this.#judgedMs += this.slots === 0 ? 0 : atMs - sinceMs
      this.slots++
      await this.#judgeSlot(db, { atMs, judgedMs: this.#judgedMs, listeningMs: this.#listeningMs }, { observations, isLast: atMs === slots.at(-1)?.atMs })
      onProgress?.(atMs, this.slots)
      if (performance.now() - sinceTurnMs < 10) continue
      await nextTurn()
      signal?.throwIfAborted()
      sinceTurnMs = performance.now()
    }
  }

  /** Impact is worked out at opening, and now and then. */
  async #judgeSlot (db: ClientBase, moment: Moment, { observations, isLast }: { observations: Map<string, Observations>, isLast: boolean }): Promise<void> {
    const settings = this.#settings
    const { atMs } = moment
    const before = this.ledger.open
    const known = snapshot(this.#states)
    const changes: SubjectChange[] = []
    for (const active of settings.rules) {
      changes.push(...judgeRule(active, observations.get(active.rule.name)?.get(atMs) ?? [], this.#states, { moment, general: settings.general }).changes)
    }
    const standing = standingAfter(this.#states, known)
    this.ledger.apply(outcomeOf(changes, standing, {
      atMs,
      // Nobody is told of what a replay finds, and no announced work hides it.
      foldWaitMs: 0,
      inMaintenance: new Set(),
      categories: this.#categories,
      before,
      causedBy: await findCauses(db, standing, { causedBy: (id) => before.get(id)?.caused_by ?? null, atMs, settings }),
      impact: await measureImpact(db, standing.filter(({ incident }) => isLast || !before.has(incident.id)), { atMs, settings }),
    }))
  }
}

type Observations = Map<number, Array<Observation<unknown>>>
