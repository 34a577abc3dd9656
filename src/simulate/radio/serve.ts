import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { frame } from '../../radio/frames/index.js'
import { FirmwareReceiver } from './receiver.js'
import type { World } from './world.js'

/** What a client may leave unread; frames beyond are dropped, as a full queue of the firmware drops them. */
const mostUnreadBytes = 65_536

export interface ServedWorld { port: number, close: () => Promise<void> }

/**
 * The companion of a world on a TCP port (0: any that is free). While it is switched off, connections are refused.
 * @throws Error of node:net when the port can't be had
 */
export async function serveWorld (world: World, { host, port }: { host: string, port: number }): Promise<ServedWorld> {
  const { companion } = world
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true).on('error', () => {}).on('close', () => sockets.delete(socket))
    connect(world, socket)
  })
  const bound = await listen(server, { host, port })
  companion.onPower = () => {
    if (!companion.isUp) server.close()
    else if (!server.listening) server.listen(bound, host)
  }
  return {
    port: bound,
    async close () {
      companion.onPower = () => {}
      companion.dropClient()
      for (const socket of sockets) socket.destroy()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    }
  }
}

async function listen (server: Server, address: { host: string, port: number }): Promise<number> {
  server.listen(address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return port
}

function connect ({ companion }: World, socket: Socket): void {
  const receiver = new FirmwareReceiver(companion.firmware.maxFrameBytes)
  const link = companion.attach({
    receive: (payload) => { if (socket.writableLength < mostUnreadBytes) socket.write(frame('>', payload)) },
    end (rest) {
      if (rest !== undefined) socket.write(frame('>', rest).subarray(0, Math.ceil(rest.length / 2) + 1))
      socket.end()
    }
  })
  if (link === null) {
    socket.destroy()
    return
  }
  socket.on('data', (chunk) => { for (const payload of receiver.push(chunk)) link.send(payload) }).on('close', link.detach).on('end', link.detach)
}
