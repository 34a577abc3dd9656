import type { BaseLogger } from 'pino'
import type { Clock } from '../clock.js'
import { afterFailure, afterReset, afterSuccess, stateOf, type Breaker, type BreakerState } from './breaker.js'
import type { Budget } from './budget.js'
import { RadioError, type Companion } from './companion.js'
import { findContact } from './find-contact.js'
import { FrameError } from './frames/index.js'
import type { Contact, RepeaterStats } from './frames/types.js'
import { companionInfo, InfoMemory, radioMetrics, repeaterInfo, workerEvent, type Details, type WorkerEvent, type WorkerMessage } from './messages.js'
import { companionName, hexOf, idOf, nodeNames } from './node-names.js'
import { pollCompanion } from './poll-companion.js'
import { askNeighbours, neighboursAreDue, askStatus, askTelemetry, patienceOf, roundMs, type Round, type StatusOutcome } from './poll-repeater.js'
import { repeaterReadings, type Readings } from './readings.js'
import type { PollSettings, RepeaterSettings } from './settings.js'
import type { PollState, RepeaterMemory } from './state.js'
import { TransportError } from './transports/transport.js'

/**
 * How a round ended. `refused`: the companion knows the contact and would not send. `too_dear`: one round takes more airtime than an
 * hour has. `postponed`: nothing was done, the budget does not allow it yet. `no_companion`: the companion itself is in trouble.
 */
export type RoundResult = 'answered' | 'silent' | 'not_found' | 'refused' | 'too_dear' | 'postponed' | 'no_companion'

export interface Polled { node: string, role: 'companion' | 'repeater', result: RoundResult, reason?: string, readings: Readings }

export interface RoundsOptions {
  connection: {
    /** Runs work with the connected companion; rejects with RadioError or TransportError where there is none, else as the work does. */
    use<T> (work: (companion: Companion) => Promise<T>, signal: AbortSignal): Promise<T>
  }
  settings: PollSettings
  state: PollState
  budget: Budget
  /** Keeps a message for good. Where it rejects, the reading is lost; that is logged once until it works again. */
  report: (message: WorkerMessage) => Promise<void>
  clock: Clock
  log: Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'>
}

/** What happens in a round while it is under way, or after it. */
export interface RoundEvents {
  /** Airtime that it is going to take. */
  planned: (ms: number) => void
  /** It was not postponed. */
  begun: () => void
  /** After it was counted as silent an answer came. */
  answeredLate: () => void
}

/** A repeater in one round. */
interface Subject { id: string, node: string, repeater: RepeaterSettings, memory: RepeaterMemory, contact: Contact, companion: Companion, startMs: number }

const mostNamed = 20
/** A login that is lost once is no news. */
const silentLoginsToTell = 2

/** Polls a radio once, tells the collector of it, and remembers what the next round must know. */
export class Rounds {
  readonly #options: RoundsOptions
  readonly #infos = new InfoMemory()
  readonly #drifts = new Map<string, number>()
  /** Public keys by node: events carry them, since another radio may have the same name. */
  readonly #keys = new Map<string, string>()
  #unreported = 0
  /** Of them those since the last message that was kept. */
  #lostInARow = 0

  constructor (options: RoundsOptions) { this.#options = options }

  /** Messages that could not be kept. */
  get unreported (): number { return this.#unreported }

  async companion (signal: AbortSignal): Promise<Polled> {
    const { connection, settings: { companion: settings }, clock, log } = this.#options
    const startMs = clock.now()
    const polled: Polled = { node: settings.displayName ?? 'companion', role: 'companion', result: 'answered', readings: {} }
    return await this.#using(polled, signal, () => connection.use(async (companion) => {
      const { self, device } = companion
      polled.node = companionName(self)
      const { readings, failed } = await pollCompanion(companion, { telemetry: settings.telemetry, log })
      await this.#tell({ node: polled.node, role: 'companion', publicKey: hexOf(self.key), timeMs: startMs, metrics: readings, info: companionInfo(settings, self, device) })
      return { ...polled, readings, ...(failed.length > 0 && { reason: `without ${failed.join(', ')}` }) }
    }, signal))
  }

  async repeater (id: string, signal: AbortSignal, events: RoundEvents): Promise<Polled> {
    const { connection, settings } = this.#options
    const repeater = settings.repeaters.find((one) => idOf(one) === id)
    if (!repeater) throw new Error(`${id} is no repeater of the settings`)
    const polled: Polled = { node: id, role: 'repeater', result: 'answered', readings: {} }
    return await this.#using(polled, signal, () => connection.use((companion) => this.#round({ companion, repeater, polled, signal, events }), signal))
  }

  /** Closes a breaker by hand. */
  async reset (id: string): Promise<void> {
    const memory = this.#options.state.of(id)
    const before = this.breakerOf(id)
    memory.breaker = afterReset(memory.breaker)
    this.save()
    if (before !== 'closed') await this.#event(memory.node ?? id, 'breaker_closed', 'reset by hand')
  }

  breakerOf (id: string): BreakerState {
    return stateOf(this.#options.state.of(id).breaker, this.#options.clock.monotonicMs())
  }

  /** @param plannedMs airtime of a round that begins: it counts should this process die in it */
  save (plannedMs = 0): void {
    const { budget, clock, state } = this.#options
    const nowMs = clock.monotonicMs()
    state.save([...budget.spent(nowMs), ...(plannedMs > 0 ? [{ atMs: nowMs, ms: plannedMs }] : [])])
  }

  /** Trouble with the companion is no fault of the radio that was asked, and ends nothing but this round. */
  async #using (polled: Polled, signal: AbortSignal, work: () => Promise<Polled>): Promise<Polled> {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      const reason = error instanceof Error ? error.message : String(error)
      const isKnown = error instanceof RadioError || error instanceof TransportError
      if (isKnown) this.#options.log[isOfConnection(error) ? 'debug' : 'info']({ node: polled.node, reason }, 'a round came to nothing: the companion could not be used')
      else this.#options.log.error({ err: error, node: polled.node }, 'a round failed unexpectedly')
      return { ...polled, result: 'no_companion', reason }
    }
  }

  async #round ({ companion, repeater, polled, signal, events }: { companion: Companion, repeater: RepeaterSettings, polled: Polled, signal: AbortSignal, events: RoundEvents }): Promise<Polled> {
    const { settings, budget, clock, state, log } = this.#options
    const [id, startMs] = [idOf(repeater), clock.now()]
    const memory = state.of(id)
    const begin = (plannedMs = 0): void => {
      memory.askedMs = clock.monotonicMs()
      this.save(plannedMs)
      events.begun()
    }
    const { contacts } = await companion.contacts()
    polled.node = nodeNames(settings.repeaters, contacts, companionName(companion.self)).get(id) ?? id
    memory.node = polled.node
    const contact = findContact(contacts, repeater)
    if (!contact) {
      begin()
      return await this.#fail(polled, memory, { result: 'not_found', ...notFound(contacts) })
    }
    this.#keys.set(polled.node, hexOf(contact.key))
    const plannedMs = roundMs({ companion, route: contact, repeater, memory, clock })
    events.planned(plannedMs)
    if (plannedMs > budget.mostMs) {
      begin()
      return await this.#fail(polled, memory, { result: 'too_dear', reason: `one round takes about ${Math.ceil(plannedMs / 1000)} s of airtime: too much for a RADIO_BUDGET_S_PER_H of ${settings.budgetSPerH}` })
    }
    if (!budget.mayBegin(plannedMs, clock.monotonicMs())) return { ...polled, result: 'postponed', reason: this.#whyPostponed(plannedMs) }
    begin(plannedMs)
    const subject = { id, node: polled.node, repeater, memory, contact, companion, startMs }
    const patience = { status: patienceOf(settings.status, this.breakerOf(id) === 'half_open'), telemetry: settings.telemetry }
    try {
      const round: Round = { companion, key: contact.key, route: contact, budget, clock, log, signal, repeater, memory, patience }
      const outcome = await askStatus(round)
      await this.#judgeLogin(subject, outcome)
      if (outcome.is === 'silent') return await this.#silent(subject, outcome, polled, events)
      const readings = await this.#answered(subject, outcome.stats, outcome.driftS)
      return { ...polled, readings: { ...readings, ...await this.#extras(subject, round) } }
    } catch (error) {
      if (!(error instanceof RadioError) || error.problem === 'no_answer' || error.problem === 'closed') throw error
      return await this.#fail(polled, memory, error.problem === 'not_a_contact' ? { result: 'not_found', ...notFound(contacts) } : { result: 'refused', reason: error.message })
    } finally {
      this.save()
    }
  }

  #whyPostponed (plannedMs: number): string {
    const { budget, clock, settings } = this.#options
    const nowMs = clock.monotonicMs()
    const { shareMs, spentMs } = budget.quarter(nowMs)
    const seconds = (ms: number): string => (ms / 1000).toFixed(1)
    const waitMs = budget.nextMs(plannedMs, nowMs) - nowMs
    return `takes about ${seconds(plannedMs)} s of airtime, and may begin in ${Math.ceil(waitMs / 60_000)} min (${new Date(clock.now() + waitMs).toISOString().slice(11, 16)} UTC): ` +
      `of RADIO_BUDGET_S_PER_H ${settings.budgetSPerH} a quarter of an hour gets ${seconds(shareMs)} s, the last took ${seconds(spentMs)} s, and ${seconds(budget.leftMs(nowMs))} s are left of the hour`
  }

  /** The status came. Telemetry and neighbours are no part of this success. */
  async #answered ({ id, node, repeater, memory, contact, companion, startMs }: Subject, stats: RepeaterStats, driftS: number | undefined): Promise<Readings> {
    const { clock } = this.#options
    const [before, wasFailing] = [this.breakerOf(id), memory.isFailing]
    Object.assign(memory, { breaker: afterSuccess(clock.monotonicMs()), isFailing: false, silentOverPath: 0 })
    if (driftS !== undefined) this.#drifts.set(id, driftS)
    const metrics = { ...repeaterReadings(stats), ...(driftS !== undefined && { clock_drift_s: driftS }) }
    await this.#tell({ node, role: 'repeater', publicKey: hexOf(contact.key), timeMs: startMs, metrics, info: this.#infoOf(id, repeater, companion) })
    if (before !== 'closed') await this.#event(node, 'breaker_closed')
    if (wasFailing) await this.#event(node, 'poll_ok')
    return metrics
  }

  async #silent (subject: Subject, { reason, details, late, driftS }: StatusOutcome & { is: 'silent' }, polled: Polled, events: RoundEvents): Promise<Polled> {
    const { settings, clock, log } = this.#options
    const { id, node, repeater, memory, contact, companion, startMs } = subject
    if (driftS !== undefined) {
      this.#drifts.set(id, driftS)
      await this.#tell({ node, role: 'repeater', publicKey: hexOf(contact.key), timeMs: startMs, metrics: { clock_drift_s: driftS }, info: this.#infoOf(id, repeater, companion) })
    }
    memory.breaker = afterFailure(memory.breaker, clock.monotonicMs(), { fails: settings.breakerFails, cooldownMs: settings.breakerCooldownS * 1000 })
    const failed = await this.#fail(polled, memory, { result: 'silent', reason, details: { ...details, ...lastHeard(memory.breaker, clock) } })
    if (this.breakerOf(id) === 'open') await this.#event(node, 'breaker_open', reason, { failures: memory.breaker.failures, pause_s: settings.breakerCooldownS, ...lastHeard(memory.breaker, clock) })
    late.then(async (stats) => {
      if (stats === null) return
      log.info({ node }, 'an answer came after the last try')
      events.answeredLate()
      await this.#answered(subject, stats, undefined)
      this.save()
    }).catch((error: unknown) => { log.error({ err: error, node }, 'a late answer could not be kept') })
    return failed
  }

  async #extras ({ node, repeater, contact, startMs }: Subject, round: Round): Promise<Readings> {
    const { log } = this.#options
    const all: Readings = {}
    const told = { node, role: 'repeater', publicKey: hexOf(contact.key), timeMs: startMs } as const
    try {
      const telemetry = repeater.telemetry ? await askTelemetry(round) : {}
      if (telemetry === null) log.info({ node }, 'no answer to the request for telemetry')
      else if (Object.keys(telemetry).length > 0) await this.#report(radioMetrics({ ...told, metrics: telemetry }))
      Object.assign(all, telemetry)
      const heard = neighboursAreDue(round) ? await askNeighbours(round) : undefined
      if (heard === null) log.info({ node }, 'no answer to the request for neighbours')
      if (!heard) return all
      await this.#report(radioMetrics({ ...told, metrics: { neighbours: heard.total }, info: { neighbours: heard.neighbours } }))
      return { ...all, neighbours: heard.total }
    } catch (error) {
      if (!(error instanceof RadioError || error instanceof FrameError)) throw error
      log.info({ err: error, node }, 'telemetry or neighbours could not be read')
      return all
    }
  }

  /** Told where a password can be wrong: two logins in a row without an answer, from a repeater that answers the status or never did. */
  async #judgeLogin ({ node, memory, companion }: Subject, outcome: StatusOutcome): Promise<void> {
    if (!outcome.loginIsSilent || memory.silentLogins < silentLoginsToTell) return
    const isFirst = memory.silentLogins < 2 * silentLoginsToTell
    if (outcome.is === 'answered') {
      // It knows us from an earlier login: no more are sent until it is silent.
      memory.loggedInBy = hexOf(companion.self.key)
      await this.#event(node, 'login_failed', 'no answer to the login, though it answers the status: the password may be wrong')
    } else if (memory.breaker.lastSuccessMs === null && isFirst) {
      await this.#event(node, 'login_failed', 'no answer to the login: password, clock, path or radio')
    }
  }

  async #fail (polled: Polled, memory: RepeaterMemory, { result, reason, details }: { result: RoundResult, reason: string, details?: Details }): Promise<Polled> {
    memory.isFailing = true
    this.#options.log.warn({ node: polled.node, reason, ...details }, 'a repeater could not be polled')
    await this.#event(polled.node, 'poll_failed', reason, details)
    return { ...polled, result, reason }
  }

  #infoOf (id: string, repeater: RepeaterSettings, companion: Companion): Details {
    const driftS = this.#drifts.get(id)
    return { ...repeaterInfo(repeater, companion.self), ...(driftS !== undefined && { clock_drift_s: driftS }) }
  }

  async #tell ({ info, ...message }: Parameters<typeof radioMetrics>[0] & { info: Details }): Promise<void> {
    const news = this.#infos.news(message.node, info, this.#options.clock.monotonicMs())
    if (!await this.#report(radioMetrics({ ...message, ...news }))) this.#infos.forget(message.node)
  }

  async #event (node: string, event: WorkerEvent, reason?: string, details?: Details): Promise<void> {
    const publicKey = this.#keys.get(node)
    await this.#report(workerEvent({ node, event, timeMs: this.#options.clock.now(), ...(publicKey !== undefined && { publicKey }), ...(reason !== undefined && { reason }), ...(details && { details }) }))
  }

  async #report (message: WorkerMessage): Promise<boolean> {
    try {
      await this.#options.report(message)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (this.#lostInARow === 0) this.#options.log.error(`readings are lost until this is mended: ${reason}`)
      this.#options.log.debug({ err: error, node: message.node, type: message.type }, 'a message could not be kept and is lost')
      this.#unreported++
      this.#lostInARow++
      return false
    }
    if (this.#lostInARow > 0) this.#options.log.info(`readings are kept again; ${this.#lostInARow} messages were lost`)
    this.#lostInARow = 0
    return true
  }
}

/** Trouble that the connection has told already. */
function isOfConnection (error: RadioError | TransportError): boolean {
  return error instanceof TransportError || error.problem === 'closed' || error.problem === 'no_answer'
}

function notFound (contacts: Contact[]): { reason: string, details: Details } {
  const names = contacts.map(({ name }) => name).sort()
  return { reason: `not found among the ${contacts.length} contacts of the companion`, details: { contacts: names.slice(0, mostNamed), ...(names.length > mostNamed && { more: names.length - mostNamed }) } }
}

function lastHeard ({ lastSuccessMs }: Breaker, clock: Clock): Details {
  return lastSuccessMs === null ? {} : { last_answer: new Date(clock.now() - (clock.monotonicMs() - lastSuccessMs)).toISOString() }
}
