import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the collector was sent, and how it is to behave. */
export interface FakeCollector {
  url: URL
  messages: unknown[]
  requests: { path: string | undefined, authorization: string | undefined, count: number, socket: unknown }[]
  /** Answers a request in another way and returns true, or returns false to take it. */
  trouble: (request: IncomingMessage, response: ServerResponse) => boolean
  /** Resolves once a message of this kind has come. */
  waitFor (wanted: (message: unknown) => boolean): Promise<void>
  close (): Promise<void>
}

/** An /ingest on loopback that stores everything it gets in memory; its lists are empty. */
export async function startFakeCollector (): Promise<FakeCollector> {
  const arrivals = new EventEmitter()
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.setHeader('content-type', 'application/json').end('[]')
      return
    }
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => { body += chunk }).on('end', () => {
      if (collector.trouble(request, response)) return
      const parsed: unknown = JSON.parse(body)
      const messages: unknown[] = Array.isArray(parsed) ? parsed : [parsed]
      collector.messages.push(...messages)
      collector.requests.push({ path: request.url, authorization: request.headers.authorization, count: messages.length, socket: request.socket })
      response.setHeader('content-type', 'application/json')
        .end(JSON.stringify({ accepted: true, received: messages.length, stored: messages.length, duplicates: 0, rejected: [] }))
      arrivals.emit('messages')
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  const collector: FakeCollector = {
    url: new URL(`http://127.0.0.1:${port}`), messages: [], requests: [], trouble: () => false,
    async waitFor (wanted) {
      while (!collector.messages.some(wanted)) await once(arrivals, 'messages', { signal: AbortSignal.timeout(60_000) })
    },
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
  return collector
}
