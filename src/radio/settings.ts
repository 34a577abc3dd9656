/** Cells in series of one chemistry: liion, lipo or lifepo4 (docs/decisions/battery-curves.md). */
export interface Battery { chemistry: string, cells: number }

/** A repeater to poll. It is found among the contacts by name (exact, then without regard to case), then by key prefix. */
export interface RepeaterSettings {
  /** Advertised name; also the node's name in the database. */
  name?: string
  /** Hex, lower case, of the public key. */
  keyPrefix?: string
  /** A secret; 15 characters count. An empty one makes a guest of anybody where the firmware's default was left, and lets in who is known. */
  password: string
  displayName?: string
  hardware?: string
  battery?: Battery
  telemetry: boolean
  neighbours: boolean
}

/** How often and how patiently something remote is asked. */
export interface Patience { timeoutS: number, attempts: number, backoffS: number }

/** What the poller does, from the environment and REPEATERS. */
export interface PollSettings {
  companion: { displayName?: string, hardware?: string, battery?: Battery, telemetry: boolean, connection: 'serial' | 'tcp' | 'ble' }
  repeaters: RepeaterSettings[]
  companionStepS: number
  repeaterStepS: number
  status: Patience
  telemetry: Patience
  /** Failed rounds in a row that open a repeater's breaker, and for how long. */
  breakerFails: number
  breakerCooldownS: number
  /** Airtime that remote requests may take. */
  budgetSPerH: number
}
