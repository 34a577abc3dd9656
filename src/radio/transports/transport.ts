/** Why a radio can't be reached. `remedy` tells an operator what to do. */
export class TransportError extends Error {
  override name = 'TransportError'
  constructor (readonly problem: TransportProblem, message: string, readonly remedy: string, options?: ErrorOptions) {
    super(message, options)
  }
}

export type TransportProblem = 'no_port' | 'permission' | 'busy' | 'refused' | 'unreachable' | 'pairing' | 'not_installed' | 'lost'

export interface ChannelEvents {
  /** One whole payload, without a header of the transport. */
  onFrame: (payload: Uint8Array) => void
  /** Once, when the channel has ended: null after `close`, else why. `lost` with a FIN at once may be a second client. */
  onEnd: (error: TransportError | null) => void
}

/** An open connection to a companion. Frames are found and bounded inside; what is no frame is skipped. */
export interface Channel {
  /** Throws TransportError `lost` when the channel has ended. Never waits: what the radio does not read is bounded and ends the channel. */
  send (payload: Uint8Array): void
  /** Ends it; resolves when the port may be opened by another. To be called after `onEnd` too. */
  close (): Promise<void>
}

export interface Transport {
  /** For logs and people: `serial /dev/ttyACM0`, `tcp 10.1.2.3:5000`. Never holds a secret. */
  readonly name: string
  /** Opens a channel, with a time limit of its own. Rejects with TransportError. */
  open (events: ChannelEvents, signal: AbortSignal): Promise<Channel>
}
