import type { NativeServer } from './servers.js'
import type { Scope } from './scope.js'

/** What every figure is measured with. */
export interface Bench {
  scope: Scope
  /** The native server; made at the first call. */
  native (): Promise<NativeServer>
  /** A file of path_results of a simulated mesh (traffic.ts); made at the first call. */
  traffic (): Promise<string>
  /** Alternating rounds; ratios are of the two halves of one round, figures are medians of all. */
  rounds: number
  /** Of load, for each database, while memory is watched. */
  minutes: number
  /** Below 1 for a try: shortens what takes long. Its results mean little. */
  scale: number
  /** A line on the terminal about what goes on. */
  progress (line: string): void
}

/** One line of the table. */
export interface Figure {
  what: string
  measured: string
  target: string
  /** null: could not be measured here; `notes` say why. */
  pass: boolean | null
  notes: string[]
  data: object
  /** What is compared with the run kept last, by name. */
  numbers?: Record<string, Tracked>
}

/** A number, and what is better. */
export interface Tracked { value: number, better: 'more' | 'less' }

export const more = (value: number): Tracked => ({ value, better: 'more' })
export const less = (value: number): Tracked => ({ value, better: 'less' })

/** Could not be measured here. */
export function unmeasured (what: string, target: string, reason: string): Figure {
  return { what, measured: 'not measured', target, pass: null, notes: [reason], data: { reason } }
}
