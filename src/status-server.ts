import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'

export interface StatusServer {
  url: string
  close (): Promise<void>
}

export interface StatusServerOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  registry: Registry
  /** What /healthz answers: 200 as long as the worker runs, whatever it has to say. */
  health: () => object
}

const requestMs = 10_000
const mostConnections = 32

/** `/metrics` and `/healthz` of a worker, without the collector's HTTP stack: a worker has to stay small. Rejects where it can't listen. */
export async function startStatusServer ({ host, port, registry, health }: StatusServerOptions): Promise<StatusServer> {
  const server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs }, (request, response) => {
    const path = request.url?.split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, 'text/plain', 'only GET\n')
    else if (path === '/healthz') answer(response, 200, 'application/json', `${JSON.stringify(health())}\n`)
    else if (path !== '/metrics') answer(response, 404, 'text/plain', 'try /metrics or /healthz\n')
    else registry.metrics().then((text) => answer(response, 200, registry.contentType, text), () => answer(response, 500, 'text/plain', 'the metrics cannot be read\n'))
  })
  server.maxConnections = mostConnections
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

function answer (response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff', 'content-length': Buffer.byteLength(body) }).end(body)
}
