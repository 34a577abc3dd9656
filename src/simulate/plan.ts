import { etxUnder } from './conditions.js'
import { FaultError, faultKinds, subjectNodes, type Fault, type FaultKind, type FaultWish, type Subject } from './faults.js'
import { baseEtx, type Link, type Mesh } from './mesh.js'
import { Random } from './random.js'
import { alternatives, Router, shortestTree } from './routes.js'

export interface PlanOptions {
  wishes: FaultWish[]
  /** How many random faults beside those wished for. */
  random: number
  seed: number
  /** The run, ms since 1970; `to` may be Infinity. */
  from: number
  to: number
  /** Kinds of the random ones. */
  kinds: readonly FaultKind[]
}

const minute = 60_000

/** Faults on one node keep this far apart, so that the incident of the first is closed. */
const apartMs = 60 * minute

/** A run without end has its random faults in the first two hours. */
const endlessMs = 120 * minute

/**
 * The faults of a run: those wished for, `auto` subjects chosen so that their rule can see them, and random ones of all kinds in
 * turn (a kind that finds no place leaves its turn to the next). No two befall one node within an hour of each other. The same options give the same faults.
 * @throws FaultError where a fault finds no place
 */
export function planFaults (mesh: Mesh, { wishes, random: count, seed, from, to, kinds: possible }: PlanOptions): Fault[] {
  const chooser = new Chooser(mesh, new Random(seed, 2))
  const faults: Fault[] = []
  for (const wish of wishes.filter(({ subject }) => subject !== null).concat(wishes.filter(({ subject }) => subject === null))) {
    const start = Math.ceil(from / 1000) * 1000 + wish.offset
    const span = { start, end: start + wish.duration }
    const subject = wish.subject ?? chooser.choose(wish.kind, span, faults)
    if (subject === null) throw new FaultError(`no ${faultKinds[wish.kind].scope} of this mesh is free and fit for ${wish.kind}: name one, or take more --nodes or another --seed`)
    if (wish.kind === 'flap') requireRoutes(mesh, subject)
    faults.push({ kind: wish.kind, subject, ...span })
  }
  const kinds = chooser.random.shuffle(possible)
  const run = { from, to: Number.isFinite(to) ? to : from + endlessMs }
  for (let made = 0; made < count; made++) {
    const turn = [...kinds.slice(made % kinds.length), ...kinds.slice(0, made % kinds.length)]
    const fault = turn.reduce<Fault | null>((found, kind) => found ?? randomFault(chooser, kind, run, faults), null)
    if (fault === null) throw new FaultError(`no place left after ${made} random faults: fewer --faults, more --nodes or a longer run`)
    faults.push(fault)
  }
  return faults.sort((x, y) => x.start - y.start)
}

function requireRoutes (mesh: Mesh, subject: Subject): void {
  if (subject.scope !== 'path') return
  const count = alternatives(mesh, subject.src, subject.dst, 3).length
  if (count < 3) throw new FaultError(`a path flaps between 3 routes, and ${mesh.nodes[subject.src]?.name}>${mesh.nodes[subject.dst]?.name} has ${count}: take another, or auto`)
}

/** Random faults leave the first 75 min (or a third of a short run) for baselines and the last 20 min for closing. */
function randomFault (chooser: Chooser, kind: FaultKind, run: { from: number, to: number }, faults: Fault[]): Fault | null {
  const { random } = chooser
  const [shortest, longest] = faultKinds[kind].minutes
  const lead = Math.min(75 * minute, (run.to - run.from) / 3)
  const room = run.to - run.from - lead - 20 * minute
  if (room < longest * minute) return null
  for (let attempt = 0; attempt < 40; attempt++) {
    const duration = random.between(shortest, longest) * minute
    const start = whole(run.from + lead + random.between(0, room - duration))
    const span = { start, end: whole(start + duration) }
    const subject = chooser.choose(kind, span, faults)
    if (subject !== null) return { kind, subject, ...span }
  }
  return null
}

function whole (at: number): number {
  return Math.round(at / 1000) * 1000
}

interface RegularPath { src: number, dst: number, links: Link[] }

class Chooser {
  readonly random: Random
  readonly #mesh: Mesh
  /** Paths with a window every 40 s whose hops are known. */
  readonly #paths: RegularPath[]

  constructor (mesh: Mesh, random: Random) {
    this.#mesh = mesh
    this.random = random
    const router = new Router(mesh, baseEtx)
    this.#paths = mesh.nodes.filter(({ style }) => style === 'designed').flatMap(({ index: src, probes }) => probes.map((dst) => {
      const links = router.route(src, dst)?.links.flatMap((link) => mesh.links[link] ?? []) ?? []
      return { src, dst, links }
    }))
  }

  choose (kind: FaultKind, span: { start: number, end: number }, faults: Fault[]): Subject | null {
    return this.random.shuffle(this.#candidates(kind))
      .find((subject) => this.#free(kind, subject, span, faults) && this.#fits(kind, subject)) ?? null
  }

  #free (kind: FaultKind, subject: Subject, span: { start: number, end: number }, faults: Fault[]): boolean {
    const nodes = subjectNodes(this.#mesh, subject)
    return faults.every((other) => {
      if (!subjectNodes(this.#mesh, other.subject).some((node) => nodes.includes(node))) return true
      // Crashes are counted over days.
      if (kind === 'crash' && other.kind === 'crash') return false
      return span.start > other.end + apartMs || span.end < other.start - apartMs
    })
  }

  #candidates (kind: FaultKind): Subject[] {
    const { scope } = faultKinds[kind]
    if (scope === 'path') return this.#paths.map(({ src, dst }) => ({ scope, src, dst }))
    if (scope === 'link') return this.#mesh.links.filter(({ medium }) => medium === 'rf').map(({ index }) => ({ scope, link: index }))
    const styles = kind === 'crash' ? ['designed', 'v2'] : ['designed']
    return this.#mesh.nodes.filter(({ style }) => styles.includes(style)).map(({ index }) => ({ scope, node: index }))
  }

  /** The rule of this kind can see it there, and it does not take half the mesh along. */
  #fits (kind: FaultKind, subject: Subject): boolean {
    const mesh = this.#mesh
    if (subject.scope === 'path') return kind !== 'flap' || alternatives(mesh, subject.src, subject.dst, 3).length >= 3
    if (subject.scope === 'link') {
      const link = mesh.links[subject.link]
      if (link === undefined) return false
      if (kind === 'link_down') return this.#isExpendable({ kind, subject })
      return kind === 'rf_drop' ? this.#staysInUse(link) : this.#isWorstOfTwo(link)
    }
    const node = mesh.nodes[subject.node]
    if (kind === 'overload') return node !== undefined && node.links.length <= 2
    return kind !== 'silent' || (subject.node !== mesh.collector && this.#isExpendable({ kind, subject }))
  }

  /** A regular path crosses the link alone, and no detour is better once it has dropped. */
  #staysInUse (link: Link): boolean {
    if (Math.min(link.lq, link.nlq) < 0.8) return false
    const dropped = etxUnder(this.#mesh, [{ kind: 'rf_drop', subject: { scope: 'link', link: link.index }, start: 0, end: 0 }])
    return this.#paths.some(({ src, dst, links }) => links.length === 1 && links[0] === link && shortestTree(this.#mesh, src, dropped).via[dst] === link.index)
  }

  /** At least two regular paths have it as their clearly worst hop. */
  #isWorstOfTwo (link: Link): boolean {
    return link.etx >= 1.4 && this.#paths.filter(({ links }) => links.includes(link) && links.every((other) => other === link || other.etx < 0.9 * link.etx)).length >= 2
  }

  /** Without it everyone else still reaches the collector. */
  #isExpendable (fault: Pick<Fault, 'kind' | 'subject'>): boolean {
    const { cost } = shortestTree(this.#mesh, this.#mesh.collector, etxUnder(this.#mesh, [{ ...fault, start: 0, end: 0 }]))
    return this.#mesh.nodes.every(({ index }) => (fault.subject.scope === 'node' && index === fault.subject.node) || Number.isFinite(cost[index]))
  }
}
