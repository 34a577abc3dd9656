import type { ChannelEvents, TransportError } from '../../src/radio/transports/transport.js'

/** Keeps what a channel tells, for tests to wait for. */
export class ChannelListener implements ChannelEvents {
  readonly payloads: Uint8Array[] = []
  /** What `onEnd` was called with; it is called once. */
  readonly ended: Promise<{ error: TransportError | null }>
  ends = 0
  #resolveEnded: (ended: { error: TransportError | null }) => void = () => {}
  #frameCame: () => void = () => {}

  constructor () {
    this.ended = new Promise((resolve) => { this.#resolveEnded = resolve })
  }

  readonly onFrame = (payload: Uint8Array): void => {
    this.payloads.push(payload)
    this.#frameCame()
  }

  readonly onEnd = (error: TransportError | null): void => {
    this.ends++
    this.#resolveEnded({ error })
  }

  async untilFrames (count: number): Promise<Uint8Array[]> {
    while (this.payloads.length < count) await new Promise<void>((resolve) => { this.#frameCame = resolve })
    return this.payloads
  }
}
