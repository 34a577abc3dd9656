import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'

export interface Proxy {
  port: number
  /** Passes bytes on, the way a network does that works. */
  pass: () => void
  /** Passes bytes on, each so many milliseconds later, in either direction. */
  slow: (ms: number) => void
  /** Ends every connection and refuses new ones, as a server that is stopped. */
  refuse: () => void
  /** Bytes vanish in both directions, on old connections and new ones: nobody is told. Those connections never work again. */
  swallow: () => void
}

/** A TCP server on loopback in front of another that can fail as networks do. Starts refusing; gone at the test's end. */
export async function startProxy (t: Pick<Test, 'teardown'>, target: { host: string, port: number }): Promise<Proxy> {
  const pairs = new Set<{ sockets: Socket[], dead: boolean }>()
  let mode: 'pass' | 'refuse' | 'swallow' = 'refuse'
  let slowMs = 0

  const server = createServer((inside) => {
    const outside = connect(target)
    const pair = { sockets: [inside, outside], dead: mode === 'swallow' }
    pairs.add(pair)
    for (const [from, to] of [[inside, outside], [outside, inside]] as const) {
      // One after the other, also when it gets faster.
      let sent = Promise.resolve()
      let held = 0
      from.on('data', (chunk) => {
        if (pair.dead) return
        if (slowMs === 0 && held === 0) {
          to.write(chunk)
          return
        }
        const dueMs = performance.now() + slowMs
        held++
        sent = sent.then(() => delay(dueMs - performance.now())).then(() => {
          held--
          if (!pair.dead) to.write(chunk)
        })
      })
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
    pass: () => {
      mode = 'pass'
      slowMs = 0
    },
    slow: (ms) => {
      mode = 'pass'
      slowMs = ms
    },
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
