import type { Conditions } from './conditions.js'
import type { Fault } from './faults.js'
import { measureHop, round, type Hop } from './hop.js'
import type { Mesh } from './mesh.js'
import type { Random } from './random.js'
import { alternatives, type Route } from './routes.js'
import { dayLoad, daySnr, type Outliers } from './weather.js'

export interface Probe {
  src: number
  dst: number
  /** ms since 1970 */
  at: number
  /** The agent's probe cycle, counted from 1970. */
  cycle: number
  /** Its place in the cycle: 0 and 1 the neighbours, 2 the rotating peer. */
  place: number
}

/** One probe burst and what it measured; `route` is empty where none leads. */
export interface Window extends Probe {
  route: number[]
  hops: Hop[]
  rttMs: number | null
  jitterMs: number | null
  lossPct: number
  /** Faults that changed what was measured. */
  touching: Fault[]
  /** A fault elsewhere moved the route. */
  moved: boolean
}

/** Measures windows of one mesh; calls come in order of time. */
export class Meter {
  readonly #mesh: Mesh
  readonly #conditions: Conditions
  readonly #outliers: Outliers
  readonly #flaps = new Map<Fault, Route[]>()

  constructor (mesh: Mesh, conditions: Conditions, outliers: Outliers) {
    this.#mesh = mesh
    this.#conditions = conditions
    this.#outliers = outliers
  }

  measure (probe: Probe, random: Random): Window {
    const { src, dst, at } = probe
    const normal = this.#conditions.router.route(src, dst)
    const flap = this.#conditions.active.find((fault) => fault.kind === 'flap' && isPath(fault, src, dst))
    const route = flap === undefined ? normal : this.#flapping(flap, src, dst, probe.cycle)
    const touching: Fault[] = flap === undefined ? [] : [flap]
    const moved = this.#conditions.reshaped && !sameRoute(route, this.#conditions.calm.route(src, dst))
    if (route === null) {
      touching.push(...this.#conditions.active.filter(({ kind }) => kind === 'silent'))
      return { ...probe, route: [], hops: [], rttMs: null, jitterMs: null, lossPct: 100, touching, moved }
    }
    const hops = this.#hops(route, at, random)
    const calm = this.#calm(hops, at, random)
    const outlier = this.#outliers.hits(src, probe.place, at) ? { jitter: random.between(28, 40), loss: random.between(0, 4) } : { jitter: 0, loss: 0 }
    let jitterMs = calm.jitterMs + outlier.jitter
    let lossPct = calm.lossPct + outlier.loss
    const down = this.#conditions.isDown(dst, at)
    for (const fault of this.#conditions.active) {
      const impact = impactOf(fault, { src, dst, hops, route, down })
      if (impact === null) continue
      touching.push(fault)
      jitterMs += impact.jitter * random.between(0.8, 1.25)
      lossPct += impact.loss * random.between(0.8, 1.25)
    }
    const window = { ...probe, route: route.nodes, hops, touching, moved }
    if (down || lossPct >= 100) return { ...window, rttMs: null, jitterMs: null, lossPct: 100 }
    return { ...window, rttMs: round(calm.rttMs + jitterMs / 3, 10), jitterMs: round(jitterMs, 10), lossPct: round(lossPct, 100) }
  }

  /** Three routes in turn, one a window. */
  #flapping (fault: Fault, src: number, dst: number, cycle: number): Route | null {
    let routes = this.#flaps.get(fault)
    if (routes === undefined) {
      routes = alternatives(this.#mesh, src, dst, 3)
      this.#flaps.set(fault, routes)
    }
    return routes[cycle % Math.max(1, routes.length)] ?? null
  }

  #hops ({ nodes, links }: Route, at: number, random: Random): Hop[] {
    const load = dayLoad(at)
    const snr = daySnr(at)
    const hops: Hop[] = []
    for (let place = 0; place < links.length; place++) {
      const link = this.#mesh.links[links[place] ?? -1]
      const from = nodes[place]
      const to = nodes[place + 1]
      if (link === undefined || from === undefined || to === undefined) continue
      hops.push(measureHop({ from, to, link }, { active: this.#conditions.active, load, snr }, random))
    }
    return hops
  }

  /** A path without faults. Jitter stays below 24 ms and loss below 0.9 % however long it is: queues are finite, radios retry. */
  #calm (hops: Hop[], at: number, random: Random): { rttMs: number, jitterMs: number, lossPct: number } {
    const load = dayLoad(at)
    let rtt = 0.5
    let jitterSquared = 0.2
    let loss = 0
    for (const { link } of hops) {
      const weakness = link.medium === 'rf' ? link.etx - 0.9 : 0.15
      const jitter = (1 + 5 * weakness) * (0.6 + 0.8 * load) * (1 + 0.25 * random.noise())
      rtt += link.rttMs * link.etx * (0.8 + 0.5 * load) * (1 + 0.06 * random.noise())
      jitterSquared += jitter * jitter
      loss += 0.25 * weakness * (0.4 + load) * random.next()
    }
    return { rttMs: rtt, jitterMs: bend(Math.sqrt(jitterSquared), 24), lossPct: bend(loss, 0.9) }
  }
}

type Crossing = Pick<Window, 'src' | 'dst' | 'hops'> & { route: Route, down: boolean }

/** What a fault adds to a window that meets it (jitter ms, loss %); null where it does not. */
function impactOf (fault: Fault, { src, dst, hops, route, down }: Crossing): { jitter: number, loss: number } | null {
  const { kind, subject } = fault
  if (subject.scope === 'path') {
    if (!isPath(fault, src, dst)) return null
    if (kind === 'jitter') return { jitter: 50, loss: 0 }
    return kind === 'loss' ? { jitter: 4, loss: 6 } : null
  }
  if (subject.scope === 'link') {
    const hop = hops.find(({ link }) => link.index === subject.link)
    if (hop === undefined) return null
    if (kind === 'bottleneck') return { jitter: 45, loss: 3 }
    const rise = Math.max(0, hop.etx - hop.link.etx)
    return { jitter: 16 * rise, loss: 2.5 * rise }
  }
  if (kind === 'overload') return route.nodes.includes(subject.node) ? { jitter: 42, loss: 0 } : null
  return (kind === 'silent' || kind === 'crash') && down && dst === subject.node ? { jitter: 0, loss: 0 } : null
}

function isPath ({ subject }: Fault, src: number, dst: number): boolean {
  return subject.scope === 'path' && subject.src === src && subject.dst === dst
}

function sameRoute (one: Route | null, other: Route | null): boolean {
  if (one === null || other === null) return one === other
  return one.nodes.length === other.nodes.length && one.nodes.every((node, place) => node === other.nodes[place])
}

/** Grows like `value` near 0 and never reaches `limit`. */
function bend (value: number, limit: number): number {
  return limit * (1 - Math.exp(-value / limit))
}
