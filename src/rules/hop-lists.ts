import type { Answer, Observation } from './rule.js'

/** Hop lists of a path as `route_flapping` remembers them. */

/** A link of a path's routes with its newest quality; `etx` as under "worst hop" of rules.md. */
export interface KnownHop { from: string, to: string, lq: number | null, nlq: number | null, etx: number }

/** One window with the hop list it took, what was known of its hops, and, where nothing is remembered of the path, the windows before it. */
export interface SeenWindow {
  timeMs: number
  route: string[]
  before: Array<{ timeMs: number, route: string[] }>
  hops: KnownHop[]
}

export interface FlapMemory {
  /** Oldest first; `list` is the place of its hop list in `lists`. */
  windows: Array<{ timeMs: number, list: number }>
  lists: string[][]
  hops: KnownHop[]
  answered: Answer['is'] | null
}

export interface WindowRead {
  at_ms: number
  src: string
  dst: string
  time_ms: number
  route: string[]
  before: Array<[number, string[]]> | null
  hops: Array<[string, string, number | null, number | null, number]> | null
}

/** Windows closer together than 5 s at the default span of 300 s: the oldest of them go. */
const mostWindows = 64

export function readWindow ({ at_ms: atMs, src, dst, time_ms: timeMs, route, before, hops }: WindowRead): Observation<SeenWindow> {
  return {
    atMs,
    scope: { type: 'path', src, dst },
    seen: {
      timeMs,
      route,
      before: (before ?? []).map(([timeMs, route]) => ({ timeMs, route })),
      hops: (hops ?? []).map(([from, to, lq, nlq, etx]) => ({ from, to, lq, nlq, etx })),
    },
  }
}

/** The memory with what was seen, bounded; nothing is late for it. `newestArrivals`: windows that were not in it before. */
export function addSeen (memory: FlapMemory | null, seen: SeenWindow[], { spanMs, lastRows }: { spanMs: number, lastRows: number }): FlapMemory & { newestArrivals: number } {
  const known = new Map((memory?.windows ?? []).map(({ timeMs, list }) => [timeMs, memory?.lists[list] ?? []]))
  const priorSize = known.size
  for (const { timeMs, route, before } of seen) {
    for (const window of [...before, { timeMs, route }]) if (!known.has(window.timeMs)) known.set(window.timeMs, window.route)
  }
  const newestArrivals = known.size - priorSize
  const sorted = [...known].sort(([a], [b]) => a - b)
  const newestMs = sorted.at(-1)?.[0] ?? 0
  // One more than counts: what the oldest of them is compared with.
  const kept = sorted.filter(([timeMs], i) => i >= sorted.length - lastRows - 1 || timeMs > newestMs - spanMs).slice(-mostWindows)
  const lists: string[][] = []
  const places = new Map<string, number>()
  const windows = kept.map(([timeMs, route]) => {
    const key = JSON.stringify(route)
    const list = places.get(key) ?? lists.push(route) - 1
    places.set(key, list)
    return { timeMs, list }
  })
  return { windows, lists, hops: addHops(memory?.hops ?? [], seen.flatMap(({ hops }) => hops), lists), answered: memory?.answered ?? null, newestArrivals }
}

/** The newest quality of each link that is on one of the lists. */
function addHops (known: KnownHop[], seen: KnownHop[], lists: string[][]): KnownHop[] {
  const used = new Set(lists.flatMap(linksOf))
  return [...new Map([...known, ...seen].map((hop) => [linkKey(hop.from, hop.to), hop])).entries()].filter(([key]) => used.has(key)).map(([, hop]) => hop)
}

export function linksOf (route: string[]): string[] {
  return route.slice(1).map((node, i) => linkKey(route[i] ?? '', node))
}

/** The same for both directions. */
export function linkKey (from: string, to: string): string {
  return JSON.stringify([from, to].sort())
}

export function distinctLists (windows: FlapMemory['windows']): number {
  return new Set(windows.map(({ list }) => list)).size
}
