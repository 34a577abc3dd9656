import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { withDeadline } from '../../deadline.js'
import { openStreamChannel } from './stream-channel.js'
import { TransportError, type Channel, type Transport, type TransportProblem } from './transport.js'

const connectMs = 5000
const keepAliveMs = 15_000
/** Nothing gets lost on TCP, but over a bad link a piece is sent again and comes late. Noise is rare: socat may share a serial port. */
const unfinishedMs = 5000

export interface TcpOptions { host: string, port: number }

/** A companion with WiFi or Ethernet firmware, or a serial port that socat or ser2net shares. */
export function createTcpTransport ({ host, port }: TcpOptions): Transport {
  const name = `tcp ${host.includes(':') ? `[${host}]` : host}:${port}`
  return {
    name,
    async open (events, signal): Promise<Channel> {
      const stream = await openSocket({ host, port }, name, signal)
      return openStreamChannel({
        stream, events, name, unfinishedMs,
        endedBecause: 'it was closed there',
        remedy: 'The radio restarted, or another program connected to it: it serves one at a time.',
      })
    },
  }
}

async function openSocket ({ host, port }: TcpOptions, name: string, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted()
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs })
  try {
    await withDeadline({ ms: connectMs, signal }, async (limited) => await once(socket, 'connect', { signal: limited }))
    return socket
  } catch (error) {
    socket.destroy()
    signal.throwIfAborted()
    throw explain(error as NodeJS.ErrnoException, name, { host, port })
  }
}

function explain (error: NodeJS.ErrnoException, name: string, { host, port }: TcpOptions): TransportError {
  const [problem, text, remedy] = ((): [TransportProblem, string, string] => {
    switch (error.code) {
      case 'ECONNREFUSED': return ['refused', `nothing listens at port ${port} of ${host}`, 'Check MESH_TCP_PORT, and that the radio has companion firmware for WiFi, or that socat shares its port.']
      case 'ENOTFOUND': case 'EAI_AGAIN': return ['unreachable', `the name ${host} is not known`, 'Check MESH_TCP_HOST, or use an address.']
      default: return ['unreachable', error.message === '' ? String(error.code) : error.message, 'Check MESH_TCP_HOST and MESH_TCP_PORT, that the radio is up, and that it can be pinged.']
    }
  })()
  return new TransportError(problem, `${name} can't be reached: ${text}`, remedy, { cause: error })
}
