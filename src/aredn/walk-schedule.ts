import { createHash } from 'node:crypto'

export interface WalkOptions {
  stepMs: number
  /** The longest pause of a node that does not answer. */
  longestPauseMs: number
  /** More nodes than this are not taken: a broken or hostile one may tell of any number. */
  mostNodes: number
}

/** Which node is asked when. Times are milliseconds of one clock of the caller's that only grows; names are in lower case. */
export interface WalkSchedule {
  /** A node that somebody told of, first asked at its place in the step, or at once. False where there are too many. */
  add (name: string, nowMs: number, atOnce?: 'at once'): boolean
  /** Nobody tells of it any more. */
  remove (name: string): void
  /** A node has another name than was thought; nothing where that is known already. */
  rename (name: string, newName: string): void
  /**
   * At most `most` nodes to be asked now: first those that answered last time, then new ones, then silent ones; of each who waits longest.
   * So neither dead nodes nor invented ones delay the rest. They are under way until `done`.
   */
  take (nowMs: number, most: number): string[]
  /** A node that was taken answered, or did not: then it is left alone for twice as long each time. */
  done (name: string, answered: boolean, nowMs: number): void
  /** It sends its reports itself: it is not asked in the step that follows. */
  reportsItself (name: string, nowMs: number): void
  /** When the next one falls due; infinity where none waits. */
  nextMs (): number
  readonly size: number
}

interface Node { offset: number, dueMs: number, isBusy: boolean, hasAnswered: boolean, failures: number }

const rankOf = ({ hasAnswered, failures }: Node): number => failures > 0 ? 2 : hasAnswered ? 0 : 1

/** Share of a step at which a node's turn comes: even over all names, the same after a restart. */
function offsetOf (name: string): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32
}

export function createWalkSchedule ({ stepMs, longestPauseMs, mostNodes }: WalkOptions): WalkSchedule {
  const nodes = new Map<string, Node>()

  /** The node's first turn that is at least half a step away: a late one is not asked twice in a row. */
  const turnAfter = ({ offset }: Node, ms: number): number => (Math.ceil((ms + stepMs / 2) / stepMs - offset) + offset) * stepMs

  return {
    get size () {
      return nodes.size
    },
    add (name, nowMs, atOnce) {
      if (nodes.has(name)) return true
      if (nodes.size >= mostNodes) return false
      const offset = atOnce ? nowMs / stepMs % 1 : offsetOf(name)
      const dueMs = atOnce ? nowMs : (Math.ceil(nowMs / stepMs - offset) + offset) * stepMs
      nodes.set(name, { offset, dueMs, isBusy: false, hasAnswered: false, failures: 0 })
      return true
    },
    remove: (name) => { nodes.delete(name) },
    rename (name, newName) {
      const node = nodes.get(name)
      if (node === undefined || nodes.has(newName)) return
      nodes.delete(name)
      nodes.set(newName, node)
    },
    take (nowMs, most) {
      const waiting = [...nodes].filter(([, { isBusy, dueMs }]) => !isBusy && dueMs <= nowMs).sort(([, a], [, b]) => rankOf(a) - rankOf(b) || a.dueMs - b.dueMs).slice(0, most)
      for (const [, node] of waiting) node.isBusy = true
      return waiting.map(([name]) => name)
    },
    done (name, answered, nowMs) {
      const node = nodes.get(name)
      if (node === undefined) return
      node.isBusy = false
      node.hasAnswered ||= answered
      node.failures = answered ? 0 : node.failures + 1
      const pauseMs = answered ? 0 : Math.min(longestPauseMs, stepMs * 2 ** Math.min(node.failures - 1, 20))
      node.dueMs = Math.max(node.dueMs, turnAfter(node, nowMs + Math.max(0, pauseMs - stepMs)))
    },
    reportsItself (name, nowMs) {
      const node = nodes.get(name)
      if (node !== undefined) node.dueMs = Math.max(node.dueMs, turnAfter(node, nowMs + stepMs / 2))
    },
    nextMs: () => [...nodes.values()].reduce((least, { isBusy, dueMs }) => isBusy ? least : Math.min(least, dueMs), Infinity),
  }
}
