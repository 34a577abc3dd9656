import { TransportError, type Channel, type ChannelEvents, type Transport } from '../../radio/transports/transport.js'
import type { World } from './world.js'

/** A world's companion without sockets, for tests on a clock of their own. A frame that is cut in its middle is none. */
export function createSimulatedTransport ({ companion }: World): Transport {
  return {
    name: 'simulated radio',
    async open (events: ChannelEvents, signal: AbortSignal): Promise<Channel> {
      signal.throwIfAborted()
      let isOpen = true
      const end = (error: TransportError | null): void => {
        if (!isOpen) return
        isOpen = false
        events.onEnd(error)
      }
      const link = companion.attach({ receive: events.onFrame, end: () => end(lost()) })
      if (link === null) throw new TransportError('refused', 'the simulated radio is off', 'Switch it on.')
      return {
        send (payload) {
          if (!isOpen) throw lost()
          link.send(payload)
        },
        async close () {
          link.detach()
          end(null)
        }
      }
    }
  }
}

function lost (): TransportError {
  return new TransportError('lost', 'the simulated radio ended the connection', 'See whether another program uses it.')
}
