import type { Micros, NormalisedMessage } from '../messages/tables.js'

/** A valid message on its way to the database. */
export interface Arrival {
  message: NormalisedMessage
  /** The message as it came, for the case that the database refuses it. */
  raw: () => Buffer
  receivedAt: Micros
  address: string | null
}
