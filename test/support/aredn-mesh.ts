import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface ArednMesh {
  port: number
  /** What was asked: node, address with its query, user agent. */
  asked: { node: string, url: string, agent: string | undefined }[]
  /** Most requests that one node had open at a time. */
  mostAtOnce: () => number
}

/** The answer of a node that hears the next one of so many. */
export function answerOf (i: number, count: number, withList: boolean): object {
  return {
    api_version: '2.0', node: `HB9X-${i}`, ip: `127.0.1.${i}`, node_details: { model: 'hAP', firmware_version: '4.26.1.0' },
    sysinfo: { uptime: '1 day, 3:07', loads: [0.1, 0.2, 0.3], freememory: '51200' },
    lqm: { info: { now: 100, trackers: { aa: { type: 'RF', hostname: `hb9x-${i % count + 1}`, lq: 100, rev_lq: 94, signal: -71, snr: 20, rxcost: 256, txcost: 272, routable: true, lastseen: 100 } } } },
    ...(withList && { nodes: Array.from({ length: count }, (_, k) => ({ name: `HB9X-${k + 1}`, ip: `127.0.1.${k + 1}` })) }),
  }
}

/** Nodes HB9X-1 and so on, at 127.0.1.1 and so on, all with one port. `listener` may answer in another way and return true. */
export async function startArednMesh (t: Pick<Test, 'teardown'>, count: number, listener: (i: number, ...call: Parameters<RequestListener>) => boolean = () => false): Promise<ArednMesh> {
  const servers: Server[] = []
  t.teardown(() => Promise.all(servers.map((server) => new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  }))))
  const asked: ArednMesh['asked'] = []
  let port = 0
  let most = 0
  for (let i = 1; i <= count; i++) {
    let open = 0
    const server = createServer((request, response) => {
      most = Math.max(most, ++open)
      response.on('close', () => open--)
      asked.push({ node: `HB9X-${i}`, url: request.url ?? '', agent: request.headers['user-agent'] })
      if (!listener(i, request, response)) response.end(JSON.stringify(answerOf(i, count, request.url?.includes('nodes=1') ?? false)))
    })
    servers.push(server)
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, `127.0.1.${i}`, resolve))
    port = (server.address() as AddressInfo).port
  }
  return { port, asked, mostAtOnce: () => most }
}
