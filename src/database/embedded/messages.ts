import type { GatewayLimits } from './gateway.js'

/** First argument of the child process, as JSON. */
export interface ChildOptions {
  dataDir: string
  /** How long to wait for a predecessor that is ending. */
  lockWaitMs: number
  limits: Partial<GatewayLimits>
}

/** What the child tells its parent. `isLasting`: trying again does not help. Any message of the parent means: stop. */
export type ChildMessage = { type: 'ready' } | { type: 'failed', reason: string, isLasting: boolean }
