import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Connection } from './embedded.js'

/** A client that speaks the protocol byte by byte, to send what `pg` never would. */
export interface WireClient {
  socket: Socket
  send: (...messages: Buffer[]) => void
  /** Waits for a message of one of these types and gives all messages up to it, as type and printable body. */
  receive: (types: string) => Promise<Array<{ type: string, body: string }>>
  closed: Promise<void>
}

export const wireSocket = (t: Test, { host, port }: Connection): Socket => {
  const socket = connect(join(host, `.s.PGSQL.${port}`))
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  return socket
}

export function wireMessage (type: string, ...parts: Array<string | Buffer>): Buffer {
  const body = Buffer.concat(parts.map((part) => typeof part === 'string' ? Buffer.from(part + '\0') : part))
  const header = Buffer.from(type + '    ', 'latin1')
  header.writeUInt32BE(body.length + 4, type.length)
  return Buffer.concat([header, body])
}

/** Parse, Bind and Execute of the unnamed statement, without parameters. */
export const wireParse = (sql: string): Buffer => wireMessage('P', '', sql, Buffer.alloc(2))
export const wireBind = wireMessage('B', '', '', Buffer.alloc(6))
export const wireExecute = wireMessage('E', '', Buffer.alloc(4))
export const wireSync = wireMessage('S')
export const wireFlush = wireMessage('H')

export async function openWire (t: Test, connection: Connection): Promise<WireClient> {
  const socket = wireSocket(t, connection)
  let received = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => { received = Buffer.concat([received, chunk]) })
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const receive: WireClient['receive'] = async (types) => {
    const messages: Array<{ type: string, body: string }> = []
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await delay(5)) {
      while (received.length >= 5 && received.length > received.readUInt32BE(1)) {
        const end = 1 + received.readUInt32BE(1)
        const message = { type: received.toString('latin1', 0, 1), body: received.toString('utf8', 5, end) }
        received = received.subarray(end)
        messages.push(message)
        if (types.includes(message.type)) return messages
      }
    }
    throw new Error(`no ${types} but ${JSON.stringify(messages)}`)
  }
  const version = Buffer.from([0, 3, 0, 0])
  socket.write(wireMessage('', version, 'user', connection.user, 'database', connection.database, ''))
  await receive('ZE')
  return { socket, send: (...messages) => { socket.write(Buffer.concat(messages)) }, receive, closed }
}
