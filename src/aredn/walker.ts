import type { Logger } from 'pino'
import type { Clock } from '../clock.js'
import { hostNameOf, KnownNodes, type KnownNode, type LeftOut } from './known-nodes.js'
import type { NodesFile } from './nodes-file.js'
import type { Ranges } from './ranges.js'
import { PhonebookReader } from './phonebook-reader.js'
import type { Failure, PageOutcome, ReadOutcome } from './read-node.js'
import { createWalkSchedule, type WalkSchedule } from './walk-schedule.js'

export interface WalkerOptions {
  seeds: readonly string[]
  stepMs: number
  concurrency: number
  /** Requests a second to all nodes together. */
  rate: number
  ranges: Ranges
  include: readonly string[]
  exclude: readonly string[]
  mostNodes: number
  /** Reads a node at its address, else where its host is found. */
  read (node: Pick<KnownNode, 'host' | 'address'>, flags: string, signal: AbortSignal): Promise<ReadOutcome>
  /** Reads another page of the same node. */
  readPage (node: Pick<KnownNode, 'host' | 'address'>, path: string, signal: AbortSignal): Promise<PageOutcome>
  /** Nodes that have posted their sysinfo themselves since then (ms since 1970), and need not be read; rejects where nobody can tell. */
  pushers (sinceMs: number, signal: AbortSignal): Promise<string[]>
  /** Takes an `aredn_sysinfo` message over; rejects where it can't be kept. */
  report (message: object): Promise<void>
  /** Who was known before, and is to be known after the next start. */
  memory: NodesFile
  clock: Clock
  log: Pick<Logger, 'info' | 'warn' | 'debug'>
}

/** `other_name`: the answer was that of a node which is read under another name already, or had no name. */
export type Outcome = 'answered' | 'other_name' | Failure

/** Counts are since the start. */
export interface WalkerFigures {
  known: number
  /** Of these, those that answered when they were asked last. */
  reachable: number
  /** Of these, those that post their sysinfo themselves and are left alone. */
  pushing: number
  outcomes: Partial<Record<Outcome, number>>
  requests: number
  bytes: number
  leftOut: Readonly<Record<LeftOut, number>>
  /** Messages that could not be kept. */
  unreported: number
  /** Milliseconds since 1970. */
  lastAnswerMs: number | null
}

const longestPauseMs = 3_600_000
const longestIdleMs = 1000
/** A node that is silent for so long is waited for beside the others: a mesh with many such would be read by none of the few lanes. */
const patienceMs = 2000
const mostSilent = 64
/** A list has 40 bytes a node: seeds are asked for it every third step, no one else ever is. */
const stepsPerList = 3

export const flags = 'lqm=1&link_info=1'

/** Reads every node of a mesh once in each step, evenly, beginning with the seeds. */
export class Walker {
  readonly #options: WalkerOptions
  readonly #schedule: WalkSchedule
  readonly #nodes: KnownNodes
  readonly #phonebooks: PhonebookReader
  readonly #reachable = new Set<string>()
  /** By the host of a seed. */
  readonly #listDueMs = new Map<string, number>()
  readonly #counts = { outcomes: {} as Partial<Record<Outcome, number>>, requests: 0, bytes: 0, unreported: 0, lastAnswerMs: null as number | null }
  readonly #startMs: number
  #pushing = 0
  /** Readings under way whose lane has gone on. */
  readonly #silent = new Set<Promise<void>>()
  #nextRequestMs = 0

  constructor (options: WalkerOptions) {
    const { stepMs, mostNodes, clock } = options
    this.#options = options
    this.#schedule = createWalkSchedule({ stepMs, longestPauseMs, mostNodes })
    this.#nodes = new KnownNodes({ ...options, schedule: this.#schedule })
    this.#phonebooks = new PhonebookReader({ readPage: options.readPage, now: clock.now.bind(clock) })
    this.#startMs = clock.now() - clock.monotonicMs()
  }

  /** Walks until the signal aborts. Never rejects for what a node does. */
  async run (signal: AbortSignal): Promise<void> {
    const { seeds, concurrency, memory } = this.#options
    for (const seed of seeds) this.#nodes.addSeed(seed, this.#nowMs())
    this.#nodes.restore(memory.read(), this.#nowMs())
    const lanes = [...Array.from({ length: concurrency }, () => this.#walk(signal)), this.#leavePushers(signal)]
    await Promise.all(lanes.map((walking) => walking.catch((error: unknown) => {
      if (!signal.aborted) throw error
    })))
    await Promise.all(this.#silent)
    memory.save(this.#nodes.saved())
  }

  figures (): WalkerFigures {
    return { ...this.#counts, known: this.#schedule.size, reachable: this.#reachable.size, pushing: this.#pushing, leftOut: this.#nodes.leftOut }
  }

  /** By the wall clock at the start, and only growing: after a restart a node has the same place in the step. */
  #nowMs (): number {
    return this.#startMs + this.#options.clock.monotonicMs()
  }

  async #walk (signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const [name] = this.#schedule.take(this.#nowMs(), 1)
      if (name !== undefined) {
        await this.#pace(signal)
        await this.#visitPatiently(name, signal)
      } else {
        await this.#options.clock.wait(Math.min(Math.max(this.#schedule.nextMs() - this.#nowMs(), 1), longestIdleMs), signal)
      }
    }
  }

  /** Seeds are read all the same: they tell who else there is. */
  async #leavePushers (signal: AbortSignal): Promise<void> {
    const { stepMs, pushers, clock, log } = this.#options
    while (!signal.aborted) {
      try {
        const names = (await pushers(clock.now() - 2 * stepMs, signal)).filter((name) => this.#nodes.get(name)?.isSeed === false)
        for (const name of names) this.#schedule.reportsItself(name, this.#nowMs())
        this.#pushing = names.length
      } catch (error) {
        this.#pushing = 0
        log.debug(`who posts by itself is not known: ${error instanceof Error ? error.message : String(error)}`)
      }
      await clock.wait(stepMs / 2, signal)
    }
  }

  /** Waits for this request's turn within the rate. */
  async #pace (signal: AbortSignal): Promise<void> {
    const { clock, rate } = this.#options
    const turnMs = Math.max(this.#nextRequestMs, clock.monotonicMs())
    this.#nextRequestMs = turnMs + 1000 / rate
    await clock.wait(turnMs - clock.monotonicMs(), signal)
  }

  /** Returns when the visit has ended, or when it has lasted so long that the next one may begin beside it. */
  async #visitPatiently (name: string, signal: AbortSignal): Promise<void> {
    const ended = new AbortController()
    const visit = this.#visit(name, signal).finally(() => {
      ended.abort()
      this.#silent.delete(visit)
    })
    await Promise.race([visit, this.#options.clock.wait(patienceMs, ended.signal).catch(() => {})])
    if (ended.signal.aborted) return
    if (this.#silent.size >= mostSilent) await visit
    else this.#silent.add(visit)
  }

  async #visit (name: string, signal: AbortSignal): Promise<void> {
    const { stepMs, read, log } = this.#options
    const node = this.#nodes.get(name)
    if (node === undefined) return this.#schedule.remove(name)
    const asksList = node.isSeed && this.#nowMs() >= (this.#listDueMs.get(node.host) ?? 0)
    const outcome = await read(node, asksList ? `${flags}&nodes=1` : flags, signal)
    if (signal.aborted) return
    this.#count(outcome)
    const pages = outcome.ok ? await this.#readPages(node, outcome.sysinfo, signal) : []
    if (signal.aborted) return
    // A list that is too large is as good as none, and the next question goes without it.
    if (asksList && (outcome.ok || outcome.failure === 'too_large')) this.#listDueMs.set(node.host, this.#nowMs() + (stepsPerList - 0.5) * stepMs)
    const result = outcome.ok ? await this.#takeAnswer(name, outcome.sysinfo, pages) : outcome.failure
    this.#counts.outcomes[result] = (this.#counts.outcomes[result] ?? 0) + 1
    if (outcome.ok) return
    const level = this.#reachable.delete(name) || node.isSeed ? 'info' : 'debug'
    log[level]({ node: name, address: outcome.address, failure: outcome.failure }, `does not answer: ${outcome.detail}`)
    this.#schedule.done(name, false, this.#nowMs())
  }

  /** Requests beyond the first, which had its turn, push the next turn back. */
  #count ({ requests, bytes }: { requests: number, bytes: number }, counted = 1): void {
    this.#nextRequestMs += Math.max(0, requests - counted) * 1000 / this.#options.rate
    this.#counts.requests += requests
    this.#counts.bytes += bytes
  }

  async #readPages (node: KnownNode, { node: ownName }: Record<string, unknown>, signal: AbortSignal): Promise<object[]> {
    const name = hostNameOf(ownName)
    if (name === undefined || !this.#nodes.isWanted(name)) return []
    const { messages, ...cost } = await this.#phonebooks.read(node, String(ownName), signal)
    this.#count(cost, 0)
    return messages
  }

  async #takeAnswer (askedAs: string, { nodes: list, ...sysinfo }: Record<string, unknown>, pages: object[]): Promise<Outcome> {
    const ownName = hostNameOf(sysinfo['node'])
    const name = ownName === undefined ? null : this.#nodes.identify(askedAs, ownName, this.#nowMs())
    if (name !== askedAs) this.#reachable.delete(askedAs)
    this.#schedule.done(name ?? askedAs, name !== null, this.#nowMs())
    if (list !== undefined) this.#learn(list)
    if (name === null) return 'other_name'
    this.#reachable.add(name)
    this.#counts.lastAnswerMs = this.#options.clock.now()
    if (!this.#nodes.isWanted(name)) return 'answered'
    const { clock } = this.#options
    await this.#send(name, { schema: 'meshmon.v1', type: 'aredn_sysinfo', node: sysinfo['node'], sent_at: new Date(clock.now()).toISOString(), sysinfo })
    for (const message of pages) await this.#send(name, message)
    return 'answered'
  }

  #learn (list: unknown): void {
    const before = this.#schedule.size
    this.#nodes.learn(list, this.#nowMs())
    if (this.#schedule.size !== before) this.#options.log.info({ nodes: this.#schedule.size }, `the mesh has ${this.#schedule.size} nodes that are read`)
    for (const name of this.#reachable) if (this.#nodes.get(name) === undefined) this.#reachable.delete(name)
    this.#options.memory.save(this.#nodes.saved())
  }

  async #send (name: string, message: object): Promise<void> {
    const { report, log } = this.#options
    try {
      await report(message)
    } catch (error) {
      this.#counts.unreported++
      log.warn({ node: name }, `the reading is lost: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
