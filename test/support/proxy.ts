import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface Proxy {
  port: number
  /** Passes bytes on, the way a network does that works. */
  pass: () => void
  /** Ends every connection and refuses new ones, as a server that is stopped. */
  refuse: () => void
  /** Bytes vanish in both directions, on old connections and new ones: nobody is told. Those connections never work again. */
  swallow: () => void
}

/** A TCP server on loopback in front of another that can fail as networks do. Starts refusing; gone at the test's end. */
export async function startProxy (t: Pick<Test, 'teardown'>, target: { host: string, port: number }): Promise<Proxy> {
  const pairs = new Set<{ sockets: Socket[], dead: boolean }>()
  let mode: 'pass' | 'refuse' | 'swallow' = 'refuse'

  const server = createServer((inside) => {
    const outside = connect(target)
    const pair = { sockets: [inside, outside], dead: mode === 'swallow' }
    pairs.add(pair)
    for (const [from, to] of [[inside, outside], [outside, inside]] as const) {
      from.on('data', (chunk) => { if (!pair.dead) to.write(chunk) })
      from.on('error', () => {})
      from.on('close', () => {
        if (!pair.dead) to.destroy()
        if (inside.destroyed && outside.destroyed) pairs.delete(pair)
      })
    }
    if (mode === 'refuse') drop(pair)
  })
  const drop = (pair: { sockets: Socket[] }): void => { for (const socket of pair.sockets) socket.destroy() }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  t.teardown(() => {
    for (const pair of pairs) drop(pair)
    server.close()
  })
  return {
    port,
    pass: () => { mode = 'pass' },
    refuse: () => {
      mode = 'refuse'
      for (const pair of pairs) drop(pair)
    },
    swallow: () => {
      mode = 'swallow'
      for (const pair of pairs) pair.dead = true
    },
  }
}
