import type { BreakerState } from './breaker.js'
import { createBudget, type Budget } from './budget.js'
import { idOf } from './node-names.js'
import { Rounds, type Polled, type RoundResult, type RoundsOptions } from './rounds.js'
import { createSchedule, type Schedule, type Task } from './schedule.js'
import { openState, takeBreakerResets, type PollState } from './state.js'

export interface PollerOptions extends Omit<RoundsOptions, 'state' | 'budget'> {
  /** In a folder that is there. Breakers, sessions and the airtime of the last hour; replaced as a whole. */
  stateFile: string
}

/** For /metrics; counts since the start. */
export interface RadioFigures {
  /** As in the settings; of the companion its advertised name, once that is known. */
  name: string
  role: 'companion' | 'repeater'
  rounds: Record<RoundResult, number>
  /** Answers that came after their round was counted as silent. */
  late: number
  roundSeconds: number
  /** Milliseconds since 1970. */
  lastSuccessMs: number | null
  /** undefined of the companion. */
  breaker?: BreakerState
}

export interface PollerFigures {
  radios: RadioFigures[]
  airtimeS: number
  budgetLeftS: number
  /** Messages that the queue would not take. */
  unreported: number
}

/** A round, or why there was none. */
export interface PolledOnce extends Omit<Polled, 'result'> { result: RoundResult | 'breaker_open' }

export interface Poller {
  /** Polls until the signal aborts. Whatever fails is logged and told, and polling goes on. */
  run (signal: AbortSignal): Promise<void>
  /**
   * What is named once, now: the companion, then each repeater whose breaker and airtime allow it, the longest not asked first. Ends
   * where the companion can't be used, and when the signal aborts, with what was done until then.
   */
  once (signal: AbortSignal, what?: { companion: boolean, repeaters: boolean }): Promise<PolledOnce[]>
  figures (): PollerFigures
}

/** The loop looks this often at what it waits for: airtime, breakers, a reset by hand. */
const tickMs = 5000
/** After a repeater could not be asked because the companion is away. */
const troubleMs = 30_000

export function createPoller (options: PollerOptions): Poller {
  return new LoopingPoller(options)
}

class LoopingPoller implements Poller {
  readonly #options: PollerOptions
  readonly #ids: string[]
  readonly #state: PollState
  readonly #budget: Budget
  readonly #rounds: Rounds
  readonly #figures: Map<string, RadioFigures>
  readonly #companionFigures: RadioFigures
  /** Airtime of each repeater's next round, as it was reckoned last. */
  readonly #plannedMs = new Map<string, number>()
  readonly #postponed = new Set<string>()
  #schedule: Schedule | null = null

  constructor (options: PollerOptions) {
    const { settings, stateFile, clock, log } = options
    this.#options = options
    this.#ids = settings.repeaters.map(idOf)
    this.#state = openState({ file: stateFile, ids: this.#ids, clock, log }, settings.breakerCooldownS * 1000)
    this.#budget = createBudget(settings.budgetSPerH * 1000, this.#state.spent)
    this.#rounds = new Rounds({ ...options, state: this.#state, budget: this.#budget })
    this.#companionFigures = newFigures('companion', 'companion')
    this.#figures = new Map(this.#ids.map((id) => [id, newFigures(id, 'repeater')]))
  }

  async run (signal: AbortSignal): Promise<void> {
    const { clock, settings, log } = this.#options
    const startMs = clock.monotonicMs()
    const schedule = createSchedule({
      repeaters: this.#ids.map((id) => ({ id, askedMs: this.#state.of(id).askedMs })),
      companionStepMs: settings.companionStepS * 1000,
      repeaterStepMs: settings.repeaterStepS * 1000,
      startMs,
    })
    this.#schedule = schedule
    log.info({ repeaters: this.#ids.length, budgetSPerH: settings.budgetSPerH }, 'polling')
    try {
      while (!signal.aborted) {
        await this.#takeResets()
        const nowMs = clock.monotonicMs()
        const task = schedule.due(nowMs).find((one) => one.is === 'companion' || this.#rounds.breakerOf(one.id) !== 'open')
        const moved = task !== undefined && this.#isAffordable(task, nowMs) && await this.#perform(task, schedule, signal)
        if (!moved) await clock.wait(Math.min(Math.max(schedule.nextMs(nowMs) - clock.monotonicMs(), 1), tickMs), signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.#schedule = null
    }
  }

  async once (signal: AbortSignal, { companion, repeaters } = { companion: true, repeaters: true }): Promise<PolledOnce[]> {
    await this.#takeResets()
    const asked = (id: string): number => this.#state.of(id).askedMs ?? -Infinity
    const ids = [...this.#ids].sort((a, b) => asked(a) === asked(b) ? 0 : asked(a) - asked(b))
    const rounds = [
      ...(companion ? [() => this.#companion(signal)] : []),
      ...(repeaters ? ids.map((id) => () => this.#repeaterOnce(id, signal)) : []),
    ]
    const polled: PolledOnce[] = []
    try {
      for (const round of rounds) if (polled.at(-1)?.result !== 'no_companion') polled.push(await round())
    } catch (error) {
      if (!signal.aborted) throw error
    }
    return polled
  }

  async #repeaterOnce (id: string, signal: AbortSignal): Promise<PolledOnce> {
    if (this.#rounds.breakerOf(id) === 'open') return { node: id, role: 'repeater', result: 'breaker_open', readings: {} }
    return await this.#repeater(id, signal)
  }

  figures (): PollerFigures {
    const { clock } = this.#options
    const nowMs = clock.monotonicMs()
    const ofRepeater = ([id, figures]: [string, RadioFigures]): RadioFigures => {
      const { lastSuccessMs } = this.#state.of(id).breaker
      return { ...figures, breaker: this.#rounds.breakerOf(id), lastSuccessMs: lastSuccessMs === null ? null : clock.now() - (nowMs - lastSuccessMs) }
    }
    return {
      radios: [this.#companionFigures, ...[...this.#figures].map(ofRepeater)],
      airtimeS: this.#budget.totalMs() / 1000,
      budgetLeftS: this.#budget.leftMs(nowMs) / 1000,
      unreported: this.#rounds.unreported,
    }
  }

  /** Who waits longest has the first claim on the airtime; nobody behind it is asked before. */
  #isAffordable (task: Task, nowMs: number): boolean {
    if (task.is === 'companion') return true
    const plannedMs = this.#plannedMs.get(task.id)
    if (plannedMs === undefined || this.#budget.mayBegin(plannedMs, nowMs)) return true
    this.#countPostponed(task.id)
    return false
  }

  /** @returns false where nothing was done, so that trying at once would be in vain */
  async #perform (task: Task, schedule: Schedule, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options
    if (task.is === 'companion') {
      schedule.begin(task, clock.monotonicMs())
      await this.#companion(signal)
      return true
    }
    let hasBegun = false
    const { result } = await this.#repeater(task.id, signal, () => {
      hasBegun = true
      schedule.begin(task, clock.monotonicMs())
    })
    const mayHelp = result === 'silent' || result === 'refused' || result === 'no_companion'
    if (hasBegun && mayHelp && this.#rounds.breakerOf(task.id) === 'closed') schedule.failed(task.id, clock.monotonicMs())
    if (!hasBegun && result === 'no_companion') await clock.wait(troubleMs, signal)
    return hasBegun
  }

  async #companion (signal: AbortSignal): Promise<Polled> {
    const { clock } = this.#options
    const polled = await this.#timed(this.#companionFigures, this.#rounds.companion(signal))
    if (polled.result === 'answered') Object.assign(this.#companionFigures, { name: polled.node, lastSuccessMs: clock.now() })
    return polled
  }

  async #repeater (id: string, signal: AbortSignal, begun: () => void = () => {}): Promise<Polled> {
    const figures = this.#figures.get(id)!
    const round = this.#rounds.repeater(id, signal, {
      planned: (ms) => { this.#plannedMs.set(id, ms) },
      begun: () => {
        this.#postponed.delete(id)
        this.#plannedMs.delete(id)
        begun()
      },
      answeredLate: () => {
        figures.late++
        this.#schedule?.answered(id)
      },
    })
    return await this.#timed(figures, round)
  }

  async #timed (figures: RadioFigures, round: Promise<Polled>): Promise<Polled> {
    const sinceMs = this.#options.clock.monotonicMs()
    const polled = await round
    if (polled.result === 'postponed') {
      this.#countPostponed(figures.name)
      return polled
    }
    figures.rounds[polled.result]++
    figures.roundSeconds += (this.#options.clock.monotonicMs() - sinceMs) / 1000
    return polled
  }

  /** Once for a round, however long it waits. */
  #countPostponed (id: string): void {
    if (this.#postponed.has(id)) return
    this.#postponed.add(id)
    this.#figures.get(id)!.rounds.postponed++
  }

  async #takeResets (): Promise<void> {
    const { stateFile, settings, log } = this.#options
    for (const name of takeBreakerResets(stateFile)) {
      const repeater = settings.repeaters.find((one) => [one.name, one.keyPrefix, one.displayName].some((known) => known?.toLowerCase() === name.toLowerCase()))
      if (repeater) await this.#rounds.reset(idOf(repeater))
      log.info({ repeater: name }, repeater ? 'its breaker was reset by hand' : 'a breaker reset was asked for a repeater that is not in the settings')
    }
  }
}

function newFigures (name: string, role: RadioFigures['role']): RadioFigures {
  return { name, role, rounds: { answered: 0, silent: 0, not_found: 0, refused: 0, too_dear: 0, postponed: 0, no_companion: 0 }, late: 0, roundSeconds: 0, lastSuccessMs: null }
}
