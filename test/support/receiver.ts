import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  /** As it came, byte by byte. */
  raw: string
  body: Record<string, unknown>
}

export type Behaviour = (response: ServerResponse) => void

export interface Receiver {
  url: string
  /** `host:port`. */
  host: string
  received: Received[]
  /** What it does with the requests to come, in turn; the last one for all further. */
  behave (...behaviours: Behaviour[]): void
  /** Resolves once so many requests have come. */
  count (n: number): Promise<void>
}

export const answer = (status: number, headers: Record<string, string> = {}, body = ''): Behaviour => (response) => { response.writeHead(status, headers).end(body) }
export const hang: Behaviour = () => {}
export const reset: Behaviour = (response) => { response.socket?.resetAndDestroy() }
/** A status line that never ends. */
export const halfAnHead: Behaviour = (response) => { response.socket?.end('HTTP/1.1 20') }
/** Less of a body than was promised. */
export const halfABody: Behaviour = (response) => { response.socket?.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf') }
/** A head, one character whenever the one before was taken, without end. */
export const drip: Behaviour = (response) => {
  const { socket } = response
  const write = (): void => { if (socket?.writable) socket.write('x', () => setImmediate(write)) }
  socket?.write('HTTP/1.1 200 OK\r\nX-Slow: ', write)
}
/** A body without end. */
export const huge = (status: number): Behaviour => (response) => {
  response.writeHead(status)
  const write = (): void => { while (response.writable && !response.destroyed && response.write('y'.repeat(65_536))) { /* more fits */ } }
  response.on('drain', write)
  write()
}

/** Somebody who is to be told: an HTTP server on loopback. Gone at the test's end. */
export async function startReceiver (t: Pick<Test, 'teardown'>): Promise<Receiver> {
  const arrivals = new EventEmitter()
  const received: Received[] = []
  let behaviours: Behaviour[] = [answer(200)]
  const server = createServer((request, response) => {
    response.on('error', () => {})
    let raw = ''
    request.setEncoding('utf8').on('data', (chunk: string) => { raw += chunk }).on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, raw, body: JSON.parse(raw) as Record<string, unknown> })
      const [behaviour = hang, ...rest] = behaviours
      if (rest.length > 0) behaviours = rest
      behaviour(response)
      arrivals.emit('request')
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  }))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `http://${host}`,
    host,
    received,
    behave: (...given) => { behaviours = given },
    async count (n) {
      while (received.length < n) await once(arrivals, 'request', { signal: AbortSignal.timeout(60_000) })
    },
  }
}
