import { Conditions } from '../conditions.js'
import { faultKinds, subjectText, type Fault } from '../faults.js'
import { measureHop, type Hop } from '../hop.js'
import type { Link, Mesh, MeshNode } from '../mesh.js'
import { Random } from '../random.js'
import { dayLoad, daySnr } from '../weather.js'
import type { OddNode, Oddity } from './odd.js'

/** A neighbour as a node sees it; `hop` is null where nothing came through for `goneS` seconds. */
export interface Neighbour { link: Link, node: number, name: string, address: string, hop: Hop | null, goneS: number }

/** What a node is made of at one moment, for its web server to tell. */
export interface NodeState {
  node: MeshNode
  name: string
  address: string
  /** Firmware 3.x: OLSR, no Babel. */
  isOld: boolean
  uptimeS: number
  loads: [number, number, number]
  freeKb: number
  neighbours: Neighbour[]
  /** Seconds of the node's own monotonic clock at which LQM last looked. */
  lqmS: number
}

export interface WorldOptions {
  mesh: Mesh
  faults: Fault[]
  odd: readonly OddNode[]
  /** Share of nodes with firmware 3.x; the collector's own has 4.x. */
  oldShare: number
  seed: number
  from: number
}

/** LQM looks so often; between two looks a node says the same. */
const lookMs = 30_000
const dayMs = 86_400_000

/** A mesh whose nodes run no agent. All of it goes by the plan's seed and the times that are asked for, which must not fall. */
export class ArednWorld {
  readonly mesh: Mesh
  readonly faults: readonly Fault[]
  readonly odd: ReadonlyMap<number, OddNode>
  readonly #options: WorldOptions
  readonly #conditions: Conditions
  readonly #random = new Random()
  readonly #owners: ReadonlyMap<string, number>
  readonly #isOld: readonly boolean[]

  constructor (options: WorldOptions) {
    const { mesh, faults, odd, seed, oldShare } = options
    this.#options = options
    this.mesh = mesh
    this.odd = new Map(odd.map((one) => [one.node, one]))
    this.faults = faults
    this.#conditions = new Conditions(mesh, faults)
    const random = new Random(seed, 42)
    this.#isOld = mesh.nodes.map(({ index }) => random.next() < oldShare && index !== mesh.collector)
    this.#owners = new Map(mesh.nodes.flatMap(({ index }) => this.addressesOf(index).map((address): [string, number] => [address, index])))
  }

  /** All addresses that a node ever has, the first one first. */
  addressesOf (node: number): string[] {
    const address = loopbackOf(this.mesh.nodes[node]?.address ?? '')
    return this.odd.get(node)?.oddity === 'renumbered' ? [address, address.replace('.47.', '.48.')] : [address]
  }

  /** The node that has an address now; undefined where nobody is. */
  nodeAt (address: string, at: number): number | undefined {
    const node = this.#owners.get(address)
    return node !== undefined && this.addressOf(node, at) === address ? node : undefined
  }

  addressOf (node: number, at: number): string {
    const [first = '', second = first] = this.addressesOf(node)
    return this.#hasChanged(node, 'renumbered', at) ? second : first
  }

  nameOf (node: number, at: number): string {
    const name = this.mesh.nodes[node]?.name ?? ''
    return this.#hasChanged(node, 'renamed', at) ? `${name}-NEW` : name
  }

  oddityOf (node: number): Oddity | undefined {
    return this.odd.get(node)?.oddity
  }

  /** Whether it has firmware 3.x. */
  isOld (node: number): boolean {
    return this.#isOld[node] ?? false
  }

  /** False for a node that is off, and for one to which no way leads from the collector's. */
  isReachable (node: number, at: number): boolean {
    this.#conditions.moveTo(at)
    return !this.#conditions.befalls('silent', node) && !this.#conditions.isIsolated(node)
  }

  stateOf (index: number, at: number): NodeState {
    this.#conditions.moveTo(at)
    const node = this.mesh.nodes[index]
    if (node === undefined) throw new RangeError(`the mesh has no node ${index}`)
    const lookedMs = Math.floor(at / lookMs) * lookMs
    const bootMs = this.#bootOf(index, at)
    const random = this.#random.seed(this.#options.seed, 43, index, lookedMs / lookMs)
    const load = this.#conditions.befalls('overload', index) ? 5 + random.noise() * 0.4 : 0.25 + 0.3 * dayLoad(at) + 0.05 * random.noise()
    const freeKb = Math.round(21_000 + 1500 * random.noise())
    return {
      node, name: this.nameOf(index, at), address: this.addressOf(index, at), isOld: this.isOld(index),
      uptimeS: Math.floor((at - bootMs) / 1000), loads: [load, 0.9 * load, 0.8 * load].map((one) => Math.round(100 * one) / 100) as [number, number, number], freeKb,
      lqmS: Math.max(0, Math.floor((lookedMs - bootMs) / 1000)),
      neighbours: node.links.flatMap((link) => this.#neighbour(index, link, at, lookedMs)),
    }
  }

  /** All nodes as those who know the whole mesh list them. */
  list (at: number): { name: string, ip: string }[] {
    return this.mesh.nodes.map(({ index }) => ({ name: this.nameOf(index, at), ip: this.addressOf(index, at) }))
  }

  /** What is wrong, where, and how long; `rule` is that of rules.md which should raise an incident. Times RFC 3339. */
  truth (to: number): object {
    const iso = (ms: number): string => new Date(ms).toISOString()
    const { seed, from } = this.#options
    return {
      seed, nodes: this.mesh.nodes.length, from: iso(from), to: iso(to),
      faults: this.faults.map(({ kind, subject, start, end }) => ({ kind, rule: faultKinds[kind].rule, scope: subject.scope, subject: subjectText(this.mesh, subject), start: iso(start), end: iso(end) })),
      odd: [...this.odd.values()].map(({ node, oddity, at }) => ({
        node: this.mesh.nodes[node]?.name, oddity, ...(oddity === 'renamed' && { at: iso(at), name: this.nameOf(node, at) }), ...(oddity === 'renumbered' && { at: iso(at), address: this.addressOf(node, at) }),
      })),
    }
  }

  #hasChanged (node: number, oddity: Oddity, at: number): boolean {
    const odd = this.odd.get(node)
    return odd?.oddity === oddity && at >= odd.at
  }

  #neighbour (from: number, index: number, at: number, lookedMs: number): Neighbour[] {
    const link = this.mesh.links[index]
    if (link === undefined) return []
    const node = link.a === from ? link.b : link.a
    const gone = this.#conditions.active.find(({ kind, subject }) => (kind === 'link_down' && subject.scope === 'link' && subject.link === index) ||
      (kind === 'silent' && subject.scope === 'node' && subject.node === node))
    const weather = { active: this.#conditions.active, load: dayLoad(lookedMs), snr: daySnr(lookedMs) }
    // Both ends draw the same numbers: what one hears of the other is what the other is told.
    const hop = gone === undefined ? measureHop({ from, to: node, link }, weather, this.#random.seed(this.#options.seed, 44, index, lookedMs / lookMs)) : null
    return [{ link, node, name: this.nameOf(node, at), address: this.addressOf(node, at), hop, goneS: gone === undefined ? 0 : Math.floor((at - gone.start) / 1000) }]
  }

  /** Some were started days before the run, some years; who was off started anew. */
  #bootOf (index: number, at: number): number {
    const offs = this.faults.filter(({ kind, subject, end }) => kind === 'silent' && subject.scope === 'node' && subject.node === index && end <= at).map(({ end }) => end)
    const days = this.#random.seed(this.#options.seed, 45, index).integer(index % 7 === 0 ? 700 : 30)
    return offs.length > 0 ? Math.max(...offs) : this.#options.from - (days + 1) * dayMs - index * 60_000
  }
}

/** The mesh's 10.0.0.0/8 is 127.0.0.0/8 here: addresses that every Linux answers by itself. */
function loopbackOf (address: string): string {
  return address.replace(/^10\./, '127.')
}
