import { faultKinds, type Fault, type Subject } from './faults.js'
import type { Hop } from './hop.js'
import type { Window } from './measure.js'

/** Sees what concerns the subject of one fault and answers true as soon as the rule's condition of rules.md holds. */
export interface Detector {
  window?: (window: Window) => boolean
  health?: (node: number, at: number, cpuPct: number) => boolean
  crash?: (node: number) => boolean
}

const minute = 60_000

/** Keeps what is younger than `span` ms at the newest item. */
class Span<T extends { at: number }> {
  items: T[] = []
  readonly #span: number

  constructor (span: number) {
    this.#span = span
  }

  add (item: T): T[] {
    this.items.push(item)
    const oldest = item.at - this.#span
    if ((this.items[0]?.at ?? oldest) <= oldest) this.items = this.items.filter(({ at }) => at > oldest)
    return this.items
  }
}

/** The worst hop of a window as rules.md defines it. */
export function worstHop (hops: Hop[]): Hop | null {
  let worst: Hop | null = null
  for (const hop of hops) {
    if (hop.etx < 1.25) continue
    if (worst === null || hop.etx > worst.etx || (hop.etx === worst.etx && Math.min(hop.lq, hop.nlq) < Math.min(worst.lq, worst.nlq))) worst = hop
  }
  return worst
}

/** `tens`: loss comes in steps of ten (network_status). */
export function isBad (window: Window, tens: boolean): boolean {
  return (window.jitterMs ?? 0) > 30 || (tens ? window.lossPct >= 20 : window.lossPct > 2)
}

export function detectorOf (fault: Fault): Detector {
  const { kind, subject } = fault
  const makers: Record<keyof typeof faultKinds, () => Detector> = {
    rf_drop: () => rfDrop(subject),
    jitter: () => ({ window: onPath(subject, runOf((window) => (window.jitterMs ?? 0) > 30, 3, 5)) }),
    loss: () => ({ window: onPath(subject, runOf((window) => window.lossPct > 2, 2, 4)) }),
    flap: () => ({ window: onPath(subject, flapping()) }),
    bottleneck: () => ({ window: bottleneck(subject) }),
    overload: () => overload(subject),
    crash: () => crashes(subject),
    // Silence and skew are seen in what does not come and when: the recorder knows the times.
    silent: () => ({}),
    // Agents tell of no link that is down; AREDN nodes do.
    link_down: () => ({}),
    skew: () => ({}),
  }
  return makers[kind]()
}

type Judge = (window: Window) => boolean

function onPath (subject: Subject, judge: Judge): Judge {
  return (window) => subject.scope === 'path' && window.src === subject.src && window.dst === subject.dst && judge(window)
}

/** `inRow` bad ones in a row, or `ofEight` of the last 8 with the newest among them. */
function runOf (bad: Judge, inRow: number, ofEight: number): Judge {
  let last: boolean[] = []
  return (window) => {
    last = [...last, bad(window)].slice(-8)
    return last.at(-1) === true && (last.slice(-inRow).filter(Boolean).length === inRow || last.filter(Boolean).length >= ofEight)
  }
}

function flapping (): Judge {
  const recent = new Span<{ at: number, list: string }>(5 * minute)
  return ({ at, route }) => route.length > 0 && new Set(recent.add({ at, list: route.join() }).map(({ list }) => list)).size >= 3
}

function bottleneck (subject: Subject): Judge {
  const recent = new Span<{ at: number, path: string }>(30 * minute)
  return (window) => {
    if (subject.scope !== 'link' || !isBad(window, false) || worstHop(window.hops)?.link.index !== subject.link) return false
    const bad = recent.add({ at: window.at, path: `${window.src}>${window.dst}` })
    return bad.length >= 5 && new Set(bad.map(({ path }) => path)).size >= 2
  }
}

/** The last 10 min against the 60 min before them. */
function rfDrop (subject: Subject): Detector {
  const recent = new Span<{ at: number, hop: Hop }>(70 * minute)
  const mean = (rows: { hop: Hop }[], field: 'lq' | 'nlq' | 'etx'): number => rows.reduce((sum, { hop }) => sum + hop[field], 0) / rows.length
  return {
    window: ({ at, hops }) => {
      const hop = subject.scope === 'link' ? hops.find(({ link }) => link.index === subject.link) : undefined
      if (hop === undefined) return false
      const turned = hop.from === hop.link.a ? hop : { ...hop, lq: hop.nlq, nlq: hop.lq }
      const rows = recent.add({ at, hop: turned })
      const now = rows.filter((row) => row.at > at - 10 * minute)
      const before = rows.filter((row) => row.at <= at - 10 * minute)
      if (now.length < 3 || before.length < 3) return false
      return (mean(now, 'lq') < 0.7 || mean(now, 'nlq') < 0.7) && mean(now, 'etx') > 1.2 * mean(before, 'etx')
    },
  }
}

function overload (subject: Subject): Detector {
  const reports = new Span<{ at: number, cpuPct: number }>(10 * minute)
  let lastBad = -Infinity
  const hot = (at: number): boolean => {
    const recent = reports.items.filter((report) => report.at > at - 10 * minute)
    return recent.length > 0 && recent.reduce((sum, { cpuPct }) => sum + cpuPct, 0) / recent.length > 80
  }
  return {
    window: (window) => {
      if (subject.scope !== 'node' || !window.route.includes(subject.node) || !isBad(window, false)) return false
      lastBad = window.at
      return hot(window.at)
    },
    health: (node, at, cpuPct) => {
      if (subject.scope !== 'node' || node !== subject.node) return false
      reports.add({ at, cpuPct })
      return lastBad > at - 10 * minute && hot(at)
    },
  }
}

function crashes (subject: Subject): Detector {
  let count = 0
  return { crash: (node) => subject.scope === 'node' && node === subject.node && ++count >= 2 }
}
