import { crashMessage, healthMessage, isoSeconds, networkStatus, reportsCrashes, v1Probe, windowMessages, type AgentState, type Message, type NetworkProbe } from './agents.js'
import { Conditions } from './conditions.js'
import { crashTimes, restartMs, subjectNodes, type Fault } from './faults.js'
import { MinHeap } from './heap.js'
import { round } from './hop.js'
import { Meter, type Window } from './measure.js'
import { clamp, type Mesh, type MeshNode } from './mesh.js'
import { Random } from './random.js'
import type { Outgoing } from './sink.js'
import type { TruthRecorder } from './truth.js'
import { CutOffs, dayLoad, Outliers } from './weather.js'

/** A message of an agent. It is sent later than its `sent_at` says where the node had to queue. */
export interface Emission extends Outgoing { message: Message }

export interface GenerateOptions {
  /** ms since 1970, whole seconds. */
  from: number
  /** Exclusive; Infinity for a run without end. */
  to: number
  seed: number
  /** Learns what happens as messages are made. */
  truth?: TruthRecorder
}

/** How far a skewed clock is behind, ms: no multiple of a probe cycle, so that no two windows share a time. */
export const skewMs = 413_000

const cycleS = 40
const queueLimit = 1000
const dayMs = 86_400_000

/**
 * What the agents of a mesh send from `from` to `to`, in order of time and one at a time: memory does not grow with the span.
 * The same mesh, faults and options give the same messages.
 */
export function * generateMessages (mesh: Mesh, faults: Fault[], options: GenerateOptions): Generator<Emission, void, undefined> {
  const world = new World(mesh, faults, options)
  const schedule = new Schedule(mesh, faults, options)
  const faulty = new Set(faults.flatMap(({ subject }) => subjectNodes(mesh, subject)))
  const cutOffs = new CutOffs(options.seed)
  const queues = new Map<number, Message[]>()
  for (let event = schedule.next(); event !== null; event = schedule.next()) {
    const { at, node } = event
    const messages = world.act(event)
    if (messages.length === 0) continue
    const queue = queues.get(node.index) ?? []
    const isolated = world.conditions.isIsolated(node.index)
    if (isolated) options.truth?.isolated(node.index)
    if (isolated || (!faulty.has(node.index) && cutOffs.holds(node.index, at))) {
      queue.push(...messages)
      queues.set(node.index, queue.slice(-queueLimit))
      continue
    }
    if (queue.length > 0) queues.delete(node.index)
    for (const message of queue) yield { at, node: node.index, message }
    options.truth?.heard(node.index, at)
    for (const message of messages) yield { at, node: node.index, message }
  }
}

/** In the order in which they happen within a second. */
const eventKinds = ['restart', 'probe', 'health'] as const

type EventKind = (typeof eventKinds)[number]

interface AgentEvent { kind: EventKind, at: number, node: MeshNode, place: number, cycle: number }

/** When each agent acts: probes at 0, 5 and 10 s of its 40 s cycle, health each 60 s or 4 h, a report after each crash. */
class Schedule {
  readonly #mesh: Mesh
  readonly #from: number
  readonly #to: number
  readonly #heap = new MinHeap()
  readonly #places: number[] = []

  constructor (mesh: Mesh, faults: Fault[], { from, to, seed }: GenerateOptions) {
    this.#mesh = mesh
    this.#from = Math.ceil(from / 1000)
    this.#to = to / 1000
    const random = new Random()
    for (const { index, style } of mesh.nodes) {
      random.seed(seed, 13, index)
      const period = healthPeriodS(style)
      this.#push(firstAfter(this.#from, random.integer(period), period), index, 'health')
      if (style !== 'v2') this.#push(firstAfter(this.#from, random.integer(cycleS), cycleS), index, 'probe')
    }
    const restarts = faults.flatMap((fault) => fault.kind === 'crash' && fault.subject.scope === 'node' ? crashRestarts(fault, fault.subject.node) : [])
    for (const { at, node } of restarts) if (at >= this.#from) this.#push(at, node, 'restart')
  }

  next (): AgentEvent | null {
    const second = this.#from + this.#heap.minKey
    const entry = second < this.#to ? this.#heap.pop() : undefined
    if (entry === undefined) return null
    const node = this.#mesh.nodes[entry % this.#mesh.nodes.length]
    if (node === undefined) return null
    const at = second * 1000
    const kind = eventKinds[Math.floor(entry / this.#mesh.nodes.length)]
    if (kind === 'restart') return { kind, at, node, place: 0, cycle: 0 }
    if (kind === 'health') {
      this.#push(second + healthPeriodS(node.style), node.index, kind)
      return { kind, at, node, place: 0, cycle: 0 }
    }
    const place = this.#places[node.index] ?? 0
    this.#places[node.index] = (place + 1) % 3
    this.#push(second + (place === 2 ? cycleS - 10 : 5), node.index, 'probe')
    return { kind: 'probe', at, node, place, cycle: Math.floor((second - 5 * place) / cycleS) }
  }

  #push (second: number, node: number, kind: EventKind): void {
    this.#heap.push(second - this.#from, eventKinds.indexOf(kind) * this.#mesh.nodes.length + node)
  }
}

function healthPeriodS (style: MeshNode['style']): number {
  return style === 'v2' ? 14_400 : 60
}

function firstAfter (second: number, phase: number, period: number): number {
  return second + (phase - second % period + period) % period
}

function crashRestarts (fault: Fault, node: number): { at: number, node: number }[] {
  return crashTimes(fault).map((time) => ({ at: Math.ceil((time + restartMs) / 1000), node }))
}

/** What agents see and say when their time comes. */
class World {
  readonly conditions: Conditions
  readonly #mesh: Mesh
  readonly #meter: Meter
  readonly #options: GenerateOptions
  readonly #random = new Random()
  readonly #v1Probes = new Map<number, NetworkProbe[]>()
  readonly #restarted = new Map<number, number>()

  constructor (mesh: Mesh, faults: Fault[], options: GenerateOptions) {
    this.#mesh = mesh
    this.#options = options
    this.conditions = new Conditions(mesh, faults)
    this.#meter = new Meter(mesh, this.conditions, new Outliers(options.seed, mesh.nodes.length))
  }

  act ({ kind, at, node, place, cycle }: AgentEvent): Message[] {
    this.conditions.moveTo(at)
    if (this.conditions.isDown(node.index, at)) return []
    this.#random.seed(this.#options.seed, node.index, at / 1000, place)
    const sentAt = isoSeconds(this.conditions.befalls('skew', node.index) ? at - skewMs : at)
    // The report of a restart stands for one that is due in the same second.
    if (kind === 'health') return this.#restarted.get(node.index) === at ? [] : [this.#health(node, at, sentAt, 'scheduled')]
    if (kind === 'restart') return this.#restart(node, at, sentAt)
    const dst = this.#target(node, place, cycle)
    if (dst === null) return []
    const window = this.#meter.measure({ src: node.index, dst, at, cycle, place }, this.#random)
    if (node.style === 'v1') return this.#v1Window(node, window, sentAt)
    this.#options.truth?.window(window)
    return windowMessages(this.#mesh, window, sentAt)
  }

  /** The two neighbours, then every other node in turn; a turn that falls on a neighbour is skipped. */
  #target (node: MeshNode, place: number, cycle: number): number | null {
    if (place < 2) return node.probes[place] ?? null
    const peer = (node.index + 1 + cycle % (this.#mesh.nodes.length - 1)) % this.#mesh.nodes.length
    return node.probes.includes(peer) ? null : peer
  }

  #v1Window (node: MeshNode, window: Window, sentAt: string): Message[] {
    let lost = window.lossPct >= 100 ? 10 : 0
    if (lost === 0 && window.touching.length > 0) for (let packet = 0; packet < 10; packet++) lost += this.#random.next() < window.lossPct / 100 ? 1 : 0
    this.#options.truth?.window({ ...window, route: [], hops: [], rttMs: null, jitterMs: null, lossPct: 10 * lost })
    const probes = [v1Probe(this.#mesh, window, lost), ...this.#v1Probes.get(node.index) ?? []].slice(0, 20)
    this.#v1Probes.set(node.index, probes)
    return window.place === 1 ? [networkStatus(node.name, probes, sentAt)] : []
  }

  #health (node: MeshNode, at: number, sentAt: string, reason: 'scheduled' | 'restart'): Message {
    const state = this.#state(node, at)
    this.#options.truth?.health(node.index, at, state.cpuPct)
    return healthMessage(node, state, sentAt, reason)
  }

  #state (node: MeshNode, at: number): AgentState {
    const random = this.#random
    const crashes = this.conditions.crashesBefore(node.index, at)
    const last = crashes.at(-1)
    const boot = last === undefined ? this.#bootedAt(node.index) : last + restartMs
    const cpu = this.conditions.befalls('overload', node.index) ? 93 + 2.2 * random.noise() : 9 + 14 * dayLoad(at) + 3 * random.noise()
    return {
      cpuPct: round(clamp(cpu, 0.5, 100), 10), memMb: round(9 + 3 * dayLoad(at) + 0.4 * random.noise(), 10),
      uptimeS: Math.max(1, Math.floor((at - boot) / 1000)), restarts: node.index % 3 + crashes.length, queued: 0,
    }
  }

  /** Between 1 and 30 days before the run. */
  #bootedAt (node: number): number {
    return this.#options.from - dayMs - (node * 7919 % 29) * dayMs - node * 1000
  }

  #restart (node: MeshNode, at: number, sentAt: string): Message[] {
    const crashes = this.conditions.crashesBefore(node.index, at)
    const last = crashes.at(-1) ?? at
    const before = crashes.at(-2)
    this.#restarted.set(node.index, at)
    this.#options.truth?.crash(node.index, at)
    const health = this.#health(node, at, sentAt, 'restart')
    if (!reportsCrashes(node.style)) return [health]
    const uptimeS = Math.floor((last - (before === undefined ? this.#bootedAt(node.index) : before + restartMs)) / 1000)
    return [crashMessage(node, { at: last, count24h: crashes.filter((time) => time > at - dayMs).length, uptimeS }, sentAt), health]
  }
}
