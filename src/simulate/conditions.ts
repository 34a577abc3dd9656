import { crashTimes, restartMs, subjectNodes, type Fault, type FaultKind } from './faults.js'
import { baseEtx, type Link, type Mesh } from './mesh.js'
import { Router } from './routes.js'

/** A failing radio link delivers this share of what it did, per direction. */
export const dropFactors = { lq: 0.58, nlq: 0.62 }

/**
 * The state of the mesh as time goes on: which faults are under way and what routing makes of them.
 * `moveTo` must be called with times that never fall.
 */
export class Conditions {
  /** Faults under way. */
  active: Fault[] = []
  router: Router
  /** Routing of the mesh without faults. */
  readonly calm: Router
  readonly #mesh: Mesh
  readonly #faults: Fault[]
  readonly #crashes = new Map<number, number[]>()
  #nextChange = -Infinity
  #shape = ''

  constructor (mesh: Mesh, faults: Fault[]) {
    this.#mesh = mesh
    this.#faults = faults
    this.calm = new Router(mesh, baseEtx)
    this.router = this.calm
    for (const fault of faults) {
      if (fault.kind !== 'crash' || fault.subject.scope !== 'node') continue
      const { node } = fault.subject
      this.#crashes.set(node, [...this.#crashes.get(node) ?? [], ...crashTimes(fault)].sort((x, y) => x - y))
    }
  }

  moveTo (at: number): void {
    if (at < this.#nextChange) return
    this.active = this.#faults.filter((fault) => fault.start <= at && at < lastsUntil(fault))
    this.#nextChange = Math.min(...this.#faults.flatMap((fault) => [fault.start, lastsUntil(fault)]).filter((time) => time > at))
    const shaping = this.active.filter(({ kind }) => kind === 'rf_drop' || kind === 'silent' || kind === 'link_down')
    const shape = shaping.map((fault) => this.#faults.indexOf(fault)).join()
    if (shape === this.#shape) return
    this.#shape = shape
    this.router = shaping.length === 0 ? this.calm : new Router(this.#mesh, etxUnder(this.#mesh, shaping))
  }

  /** Faults that move routes are under way. */
  get reshaped (): boolean {
    return this.router !== this.calm
  }

  befalls (kind: FaultKind, node: number): boolean {
    return this.active.some((fault) => fault.kind === kind && fault.subject.scope === 'node' && fault.subject.node === node)
  }

  /** The node's agent answers no probe and sends nothing. */
  isDown (node: number, at: number): boolean {
    return this.befalls('silent', node) || this.isRestarting(node, at)
  }

  isRestarting (node: number, at: number): boolean {
    return this.#crashes.get(node)?.some((time) => time <= at && at - time < restartMs) ?? false
  }

  crashesBefore (node: number, at: number): number[] {
    return this.#crashes.get(node)?.filter((time) => time <= at) ?? []
  }

  /** The node cannot reach the collector's node. */
  isIsolated (node: number): boolean {
    return this.reshaped && node !== this.#mesh.collector && this.router.tree(this.#mesh.collector).via[node] === -1
  }
}

/** The last crash is at the end: its restart belongs to the fault. */
function lastsUntil ({ kind, end }: Fault): number {
  return kind === 'crash' ? end + restartMs : end
}

/** Cost of links while radio links have dropped (rf_drop), links are down (link_down) and nodes are gone (silent). */
export function etxUnder (mesh: Mesh, faults: Fault[]): (link: Link) => number {
  const dropped = new Set(faults.flatMap(({ kind, subject }) => kind === 'rf_drop' && subject.scope === 'link' ? [subject.link] : []))
  const down = new Set(faults.flatMap(({ kind, subject }) => kind === 'link_down' && subject.scope === 'link' ? [subject.link] : []))
  const gone = new Set(faults.flatMap(({ kind, subject }) => kind === 'silent' ? subjectNodes(mesh, subject) : []))
  return (link) => {
    if (gone.has(link.a) || gone.has(link.b) || down.has(link.index)) return Infinity
    return dropped.has(link.index) ? link.etx / (dropFactors.lq * dropFactors.nlq) : link.etx
  }
}
