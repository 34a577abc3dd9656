import type { Contact, DeviceInfo, LoginSuccess, LppReading, RemoteRequest, SelfInfo, Sent, StatsKind, Stats } from './frames/types.js'
import type { TransportError } from './transports/transport.js'

/**
 * Why a question to the companion, or through it to a repeater, came to nothing.
 * - `no_answer`: the companion itself said nothing in time: it hangs, or the link is dead.
 * - `not_a_contact`: the companion does not know the key (error 2); an advert of the node, or an import, mends it.
 * - `queue_full`: its packet pool is full (error 3), or too many questions wait here. Nothing was sent; later it works again.
 * - `refused`: any other error answer.
 * - `closed`: the connection ended.
 */
export type RadioProblem = 'no_answer' | 'not_a_contact' | 'queue_full' | 'refused' | 'closed'

/** Frames that came to nothing. */
export interface FrameCounts {
  /** Not of this protocol. */
  undecodable: number
  /** Answers to nothing that was asked here, or too late. */
  unasked: number
}

export class RadioError extends Error {
  override name = 'RadioError'
  constructor (readonly problem: RadioProblem, message: string, readonly code: number | null = null) {
    super(message)
  }
}

/** A question that is on the air. A repeater that does not want to answer says nothing: there is no refusal. */
export interface Asked<T> {
  sent: Sent
  /** Bytes behind the key in the command: the password or the request's body, for the airtime. */
  requestBytes: number
  /**
   * The answer whenever it comes, however late; null once it can't come any more: another remote request was sent, or the
   * connection ended. Whoever waits sets the time limit: `sent.suggestedMs` is no bound (meshcore.md 4.2, point 4).
   */
  answer: Promise<T | null>
}

/**
 * The companion's clock against the host's, in seconds before anything was set.
 * - `ahead` can't be mended from here: repeaters go on only if it was not set back since.
 * - `behind`: it refused to be set.
 * - `host_wrong`: the host's clock can't be right (before 2026), so nothing was set: a wrong date could never be set back.
 */
export interface ClockCheck { state: 'right' | 'was_set' | 'ahead' | 'behind' | 'host_wrong', offsetS: number }

/** A connected companion after its start-up. One command is in flight at a time; callers wait their turn. Methods reject with RadioError. */
export interface Companion {
  /** Of the transport: for logs. */
  readonly name: string
  readonly self: SelfInfo
  readonly device: DeviceInfo
  /** Of the last check. */
  readonly clock: ClockCheck
  /** Frames since the connection was opened that came to nothing. */
  readonly frames: FrameCounts
  /** Resolves when the connection has ended: null after `close`, RadioError `no_answer` when the companion hung and was given up. */
  readonly ended: Promise<TransportError | RadioError | null>
  /** Compares the clocks again and sets the companion's when it is behind, as it is after a restart of the companion. */
  checkClock (): Promise<ClockCheck>
  /** Every contact the companion stores, read anew where it changed. `total` is the companion's own count. */
  contacts (): Promise<{ total: number, contacts: Contact[] }>
  stats<K extends StatsKind> (kind: K): Promise<Extract<Stats, { kind: K }>>
  customVars (): Promise<Record<string, string>>
  ownTelemetry (): Promise<LppReading[]>
  /**
   * One remote request is outstanding at a time: a newer one ends the older one's `answer` with null. A login waits until an
   * answer to an unanswered request could no longer be taken for its own (4.2, point 8).
   */
  login (key: Uint8Array, password: string): Promise<Asked<LoginSuccess>>
  /** The answer's body behind the tag, matched by the tag. */
  request (key: Uint8Array, request: RemoteRequest): Promise<Asked<Uint8Array>>
  /** Makes the next request to this contact flood. */
  resetPath (key: Uint8Array): Promise<void>
  close (): Promise<void>
}
