import type { Lookup, SubjectState } from './rule.js'

/** What rule `clock_skew` keeps of a node whose clock is wrong. */
export interface Skewed {
  /** Judged time when it was first found wrong. */
  judgedMs: number
  /** Receipt of the first such message, and of the newest. */
  startedMs: number
  rowMs: number
  /** Positive: slow. */
  skewS: number
}

/** The nodes whose clocks are wrong at this moment, whether told of or not. */
export function * allSkewed (lookup: Lookup): Iterable<{ node: string, skewed: Skewed }> {
  for (const [, { scope, memory }] of lookup.states('clock_skew') as Iterable<[string, SubjectState<Skewed>]>) {
    if (memory !== null && scope.type === 'node') yield { node: scope.node, skewed: memory }
  }
}
