/**
 * A circuit breaker for one repeater. Closed: it is asked in every step. Open: it is left alone. Half open: the pause is over, and one
 * try decides. Times are milliseconds of one clock of the caller's.
 */
export interface Breaker {
  /** Failed rounds since the last success. The pause does not zero them, so one more failure opens the breaker again. */
  failures: number
  /** When the pause is over; null while closed. */
  openUntilMs: number | null
  lastSuccessMs: number | null
}

export interface BreakerSettings { fails: number, cooldownMs: number }

export type BreakerState = 'closed' | 'open' | 'half_open'

export const newBreaker: Readonly<Breaker> = { failures: 0, openUntilMs: null, lastSuccessMs: null }

export function stateOf ({ openUntilMs }: Breaker, nowMs: number): BreakerState {
  if (openUntilMs === null) return 'closed'
  return nowMs < openUntilMs ? 'open' : 'half_open'
}

/** After a round that failed with all its tries. Trouble with the companion itself is no failure of a repeater. */
export function afterFailure (breaker: Breaker, nowMs: number, { fails, cooldownMs }: BreakerSettings): Breaker {
  const failures = breaker.failures + 1
  return { ...breaker, failures, openUntilMs: failures >= fails ? nowMs + cooldownMs : null }
}

/** After a status came, in time or late. What goes wrong behind it is no failure. */
export function afterSuccess (nowMs: number): Breaker {
  return { failures: 0, openUntilMs: null, lastSuccessMs: nowMs }
}

/** Closed by hand. */
export function afterReset ({ lastSuccessMs }: Breaker): Breaker {
  return { ...newBreaker, lastSuccessMs }
}
