import { detectorOf, isBad, worstHop, type Detector } from './detect.js'
import { faultKinds, subjectText, type Fault, type FaultKind } from './faults.js'
import type { Window } from './measure.js'
import type { Mesh } from './mesh.js'
import { linkSubject, nodeSubject, pathSubject } from './subject.js'

const minute = 60_000

/** What is known of one fault. Subjects are in the contract's form (tables.md), times RFC 3339. */
export interface FaultTruth {
  kind: FaultKind
  /** The rule that should raise an incident on `subject`. */
  rule: string
  scope: 'path' | 'link' | 'node'
  subject: string
  start: string
  end: string
  /** The first moment its rule can hold, by the time of the messages; null: never (too short, no traffic, the routes moved away). */
  detectable_at: string | null
  /** Shows only where receipt times are real: not in a backfill. */
  live_only: boolean
  /** Paths whose windows it changed. */
  affected_paths: string[]
  /** Other incidents that may rightly be raised because of it. */
  consequences: { rule: string, subjects: string[] }[]
}

export interface Truth {
  seed: number
  nodes: number
  from: string
  /** End of what was generated. */
  to: string
  faults: FaultTruth[]
  /** Incidents to be expected without any fault: agents whose timings are wrong by construction. */
  standing: { rule: string, subjects: string[] }[]
}

interface Watched {
  fault: Fault
  detector: Detector
  detectable: number | null
  lastHeard: number | null
  skewedSince: number | null
  paths: Set<string>
  consequences: Map<string, Set<string>>
}

/** Learns from the generator when each fault can first be seen and what it touches. One recorder serves one run. */
export class TruthRecorder {
  readonly #mesh: Mesh
  readonly #watched: Watched[]
  readonly #from: number
  #now: number
  #active: Watched[] = []
  #nextLook = -Infinity

  constructor (mesh: Mesh, faults: Fault[], from: number) {
    this.#mesh = mesh
    this.#from = from
    this.#now = from
    this.#watched = faults.map((fault) => ({
      fault, detector: detectorOf(fault), detectable: null, lastHeard: null, skewedSince: null, paths: new Set(), consequences: new Map(),
    }))
  }

  window (window: Window): void {
    this.#moveTo(window.at)
    if (this.#active.length === 0) return
    for (const watched of this.#active) {
      if (watched.detectable === null && watched.detector.window?.(window) === true) this.#detected(watched, window.at)
    }
    if (window.touching.length === 0 && !window.moved) return
    const path = pathSubject(this.#mesh, window.src, window.dst)
    for (const watched of this.#active) this.#attribute(watched, window, path)
  }

  health (node: number, at: number, cpuPct: number): void {
    this.#moveTo(at)
    for (const watched of this.#active) {
      if (watched.detectable === null && watched.detector.health?.(node, at, cpuPct) === true) this.#detected(watched, at)
    }
  }

  crash (node: number, at: number): void {
    this.#moveTo(at)
    for (const watched of this.#active) {
      if (watched.detectable === null && watched.detector.crash?.(node) === true) this.#detected(watched, at)
    }
  }

  /** A message of the node leaves. */
  heard (node: number, at: number): void {
    this.#moveTo(at)
    for (const watched of this.#active) {
      const { fault } = watched
      if (fault.subject.scope !== 'node' || fault.subject.node !== node) continue
      if (at < fault.start) watched.lastHeard = at
      if (fault.kind !== 'skew' || at < fault.start || at >= fault.end) continue
      watched.skewedSince ??= at
      // All messages of 15 min must be skewed, and the match must hold for 5 min.
      if (watched.detectable === null && at - watched.skewedSince >= 20 * minute) watched.detectable = at
    }
  }

  /** A node is cut off from the collector: to the collector it is silent. */
  isolated (node: number): void {
    for (const watched of this.#active) {
      if (watched.fault.kind === 'silent' && this.#during(watched)) this.#consequence(watched, 'node_silent', nodeSubject(this.#mesh, node))
    }
  }

  /** What is known so far; `to` is the end of the run (ms). */
  truth (to: number): Truth {
    const v1 = this.#mesh.nodes.filter(({ style }) => style === 'v1').map(({ index }) => nodeSubject(this.#mesh, index))
    return {
      seed: this.#mesh.seed, nodes: this.#mesh.nodes.length, from: iso(this.#from), to: iso(to),
      faults: this.#watched.map((watched) => this.#faultTruth(watched, to)),
      standing: v1.length === 0 ? [] : [{ rule: 'timing_unusable', subjects: v1 }],
    }
  }

  #faultTruth (watched: Watched, to: number): FaultTruth {
    const { fault, paths, consequences } = watched
    const detectable = fault.kind === 'silent' ? this.#silentAt(watched, to) : watched.detectable
    return {
      kind: fault.kind, rule: faultKinds[fault.kind].rule, scope: faultKinds[fault.kind].scope, subject: subjectText(this.#mesh, fault.subject),
      start: iso(fault.start), end: iso(fault.end), detectable_at: detectable === null ? null : iso(detectable),
      live_only: fault.kind === 'skew', affected_paths: [...paths].sort(),
      consequences: [...consequences].map(([rule, subjects]) => ({ rule, subjects: [...subjects].sort() })).sort((x, y) => x.rule < y.rule ? -1 : 1),
    }
  }

  /** Half an hour after the last message, or three usual gaps of an agent that speaks every 4 h. */
  #silentAt ({ fault, lastHeard }: Watched, to: number): number | null {
    if (lastHeard === null || fault.subject.scope !== 'node') return null
    const style = this.#mesh.nodes[fault.subject.node]?.style
    const at = lastHeard + (style === 'v2' ? 720 : 30) * minute
    return at < Math.min(fault.end, to) ? at : null
  }

  /** Watching starts 70 min ahead, for baselines, and ends after the last message a fault can cause. */
  #moveTo (at: number): void {
    this.#now = at
    if (at < this.#nextLook) return
    this.#active = this.#watched.filter(({ fault }) => fault.start - 70 * minute <= at && at < fault.end + minute)
    this.#nextLook = Math.min(...this.#watched.flatMap(({ fault }) => [fault.start - 70 * minute, fault.end + minute]).filter((time) => time > at))
  }

  #during ({ fault }: Watched): boolean {
    return fault.start <= this.#now && this.#now < fault.end + minute
  }

  #detected (watched: Watched, at: number): void {
    if (at >= watched.fault.start) watched.detectable = at
  }

  #attribute (watched: Watched, window: Window, path: string): void {
    const { fault } = watched
    const moves = window.moved && (fault.kind === 'rf_drop' || fault.kind === 'silent') && this.#during(watched)
    if (!moves && !window.touching.includes(fault)) return
    watched.paths.add(path)
    if (moves) this.#consequence(watched, 'route_flapping', path)
    if ((window.jitterMs ?? 0) > 30) this.#consequence(watched, 'jitter_burst', path)
    if (window.lossPct > 1) this.#consequence(watched, 'loss_spike', path)
    if (!isBad(window, this.#mesh.nodes[window.src]?.style === 'v1')) return
    const worst = worstHop(window.hops)
    if (worst !== null) this.#consequence(watched, 'bottleneck_link', linkSubject(this.#mesh, worst.link))
  }

  #consequence ({ fault, consequences }: Watched, rule: string, subject: string): void {
    if (rule === faultKinds[fault.kind].rule && subject === subjectText(this.#mesh, fault.subject)) return
    const subjects = consequences.get(rule) ?? new Set()
    consequences.set(rule, subjects.add(subject))
  }
}

function iso (at: number): string {
  return new Date(at).toISOString()
}
