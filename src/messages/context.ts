import type { Micros, NormalisedMessage, Row, Sighting } from './tables.js'

const fiveMinutes = 300_000_000
const year2020 = Date.UTC(2020, 0, 1) * 1000

/** What is known of a message beside its text. */
export interface MessageContext {
  /** Of this message alone: no two have the same. */
  receivedAt: Micros
  /** Setting NETWORK_STATUS_TIMING: whether rtt, jitter and loss of `network_status` can be used (rules.md, rule 10). */
  networkStatusTiming: 'trusted' | 'unusable'
}

/** The time columns every row has. Rows name each of them: spreading an object of numbers costs ten times the rest of the row. */
export interface Stamp {
  time: Micros
  received_at: Micros
  /** Time the message gave, where `time` is another. */
  sent_at: Micros | null
  clock_suspect: boolean
}

/** False for a time before 2020 (a router whose clock was never set) or more than 5 min ahead. */
export function isBelievable (time: Micros, context: MessageContext): boolean {
  return time >= year2020 && time <= context.receivedAt + fiveMinutes
}

/** A late time is kept, however late; one that can't be true is replaced by the time of receipt. */
export function stamp (sentAt: Micros, context: MessageContext): Stamp {
  return isBelievable(sentAt, context)
    ? { time: sentAt, received_at: context.receivedAt, sent_at: null, clock_suspect: false }
    : { time: context.receivedAt, received_at: context.receivedAt, sent_at: sentAt, clock_suspect: true }
}

/** What a message tells of the router that sent it. */
export function sightRouter (node: string, at: Stamp, known?: Partial<Sighting>): Sighting {
  return { name: node, kind: 'router', time: at.clock_suspect ? null : at.time, sendsItself: true, ...known }
}

/** A message of one time and one sender. */
export function normalised (type: string, at: Stamp, sighting: Sighting, rows: Row[]): NormalisedMessage {
  return { type, rows, sightings: [sighting], neighbours: [], skippedProbes: 0, clockSuspect: at.clock_suspect }
}
