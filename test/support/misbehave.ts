import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import { until } from './embedded.js'

/** A connection to the collector that does what no client should. It ends with the test; errors of it are of no interest. */
export async function openSocket (t: Test, port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Everything the collector still sends on this connection until it closes it, at most `limitMs`. */
export async function readToEnd (socket: Socket, limitMs = 20_000): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await until(() => socket.closed, 'the end of the connection', limitMs)
  return Buffer.concat(chunks).toString()
}

/** Writes `piece` again and again, as fast as it is taken, until the connection ends. */
export function writeForEver (socket: Socket, piece: string): void {
  const write = (): void => {
    while (socket.writable && socket.write(piece)) { /* more fits */ }
    if (socket.writable) socket.once('drain', () => setImmediate(write))
  }
  write()
}
