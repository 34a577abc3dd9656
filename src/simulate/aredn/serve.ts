import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerOf } from './answer.js'
import type { ArednWorld } from './world.js'

/** A request that a node got. */
export interface Asked { node: number, url: string, agent: string | undefined }

export interface ServeOptions {
  /** 0: any that is free. All nodes have the same one. */
  port: number
  now: () => number
  /** Sees every request of a node that is there; true: it has taken the answer over. */
  onRequest?: (asked: Asked, response: ServerResponse) => boolean
}

export interface ServedMesh { port: number, close: () => Promise<void> }

const slowMs = 8000
const loginPage = '<!DOCTYPE html><html><head><title>Log in</title></head><body><form method="post"><input name="password" type="password"></form></body></html>\n'
const html = { 'content-type': 'text/html' }

/**
 * The web servers of a mesh, each node's at an address of its own in 127.0.0.0/8. One that is off, cut off or not at that address any more
 * closes the connection at once.
 * @throws Error of node:net where the port or an address can't be had
 */
export async function serveMesh (world: ArednWorld, options: ServeOptions): Promise<ServedMesh> {
  const stop = new AbortController()
  const servers: Server[] = []
  const close = async (): Promise<void> => {
    stop.abort()
    await Promise.all(servers.map((server) => new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })))
  }
  let { port } = options
  try {
    for (const address of world.mesh.nodes.flatMap(({ index }) => world.addressesOf(index))) {
      const server = createServer(listenerOf(world, address, { ...options, signal: stop.signal }))
      servers.push(server)
      port = await listen(server, port, address)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { port, close }
}

async function listen (server: Server, port: number, address: string): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, address, resolve))
  return (server.address() as AddressInfo).port
}

function listenerOf (world: ArednWorld, address: string, { now, onRequest, signal }: ServeOptions & { signal: AbortSignal }): RequestListener {
  return (request, response) => {
    const node = world.nodeAt(address, now())
    if (node === undefined || !world.isReachable(node, now())) {
      request.socket.destroy()
      return
    }
    response.setHeader('connection', 'close')
    if (onRequest?.({ node, url: request.url ?? '', agent: request.headers['user-agent'] }, response)) return
    const call = { world, node, now, request, response, signal }
    const oddly = oddAnswers[world.oddityOf(node) ?? 'none']
    if (oddly === undefined) answer(call)
    else oddly(call)
  }
}

interface Call { world: ArednWorld, node: number, now: () => number, request: IncomingMessage, response: ServerResponse, signal: AbortSignal }

const oddAnswers: Record<string, ((call: Call) => void) | undefined> = {
  silent () {},
  slow: (call) => { sleep(slowMs, undefined, { signal: call.signal }).then(() => answer(call), () => {}) },
  html: ({ response }) => { response.writeHead(200, html).end(loginPage) },
  redirect: ({ response }) => { response.writeHead(302, { location: 'http://login.invalid/' }).end() },
  cut_off ({ world, node, now, request, response }) {
    const body = JSON.stringify(answerOf(world, node, now(), flagsOf(request)))
    response.setHeader('content-length', Buffer.byteLength(body)).write(body.slice(0, body.length / 2), () => request.socket.destroy())
  },
  endless ({ response }) {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  },
}

/** Firmware 4.x has it at /a/sysinfo and redirects who comes by the old address, the only one of 3.x. */
function answer ({ world, node, now, request, response }: Call): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://node')
  const isOld = world.isOld(node)
  if (!isOld && pathname === '/cgi-bin/sysinfo.json') response.writeHead(307, { location: `/a/sysinfo${search}` }).end()
  else if (pathname !== (isOld ? '/cgi-bin/sysinfo.json' : '/a/sysinfo')) response.writeHead(404, html).end('<h1>Not Found</h1>\n')
  else response.setHeader('content-type', 'application/json').end(JSON.stringify(answerOf(world, node, now(), flagsOf(request))))
}

function flagsOf ({ url = '/' }: IncomingMessage): Set<string> {
  return new Set([...new URL(url, 'http://node').searchParams].flatMap(([name, value]) => value === '1' ? [name] : []))
}
