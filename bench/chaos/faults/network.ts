import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect as connectSocket, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Scope } from '../../support/scope.js'
import { until, type Fault } from '../trial.js'

export const connectionsDropped: Fault = {
  name: 'drop', what: 'every connection to the server ended and refused, three times for 3 s', storage: 'server',
  async strike ({ proxy, load }) {
    for (let outage = 0; outage < 3; outage++) {
      proxy.refuse()
      await delay(3000)
      proxy.pass()
      const before = load.acknowledged.length
      await until(() => load.acknowledged.length > before + 50, 'acknowledged messages between two outages')
    }
  },
}

export const connectionsSwallowed: Fault = {
  name: 'swallow', what: 'bytes to and from the server vanish for 15 s, nobody is told', storage: 'server',
  async strike ({ proxy }) {
    proxy.swallow()
    await delay(15_000)
    proxy.pass()
  },
}

const slowMs = 400

export const connectionsSlow: Fault = {
  name: 'slow', what: `bytes to and from the server take ${slowMs} ms longer, for 20 s`, storage: 'server',
  async strike ({ proxy, load }) {
    proxy.slow(slowMs)
    // What was on its way before.
    await delay(slowMs)
    const before = load.acknowledged.length
    await delay(20_000)
    proxy.pass()
    if (load.acknowledged.length === before) throw new Error('nothing was acknowledged while the server was slow')
  },
}

const hostName = 'db.chaos.test'
const known = `127.0.0.1 localhost\n127.0.0.1 ${hostName}\n`
const unknown = '127.0.0.1 localhost\n'

export const nameLost: Fault = {
  name: 'dns', what: 'the server\'s name stops resolving for 10 s, and all connections end', storage: 'server', hostName,
  // In a mount namespace of its own the collector has other files of names and name servers, where nobody listens: the machine's stay as they are.
  launcher (scope) {
    writeFileSync(join(scope.folder, 'hosts'), known)
    writeFileSync(join(scope.folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
    return ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"', scope.folder]
  },
  async strike ({ scope, proxy, load }) {
    // The same file, since it is mounted.
    writeFileSync(join(scope.folder, 'hosts'), unknown)
    proxy.refuse()
    proxy.pass()
    const refused = load.refused.length
    await delay(10_000)
    if (load.refused.length === refused) throw new Error('no sender was told to come again')
    writeFileSync(join(scope.folder, 'hosts'), known)
  },
}

const idle = 5000

export const crowd: Fault = {
  name: 'crowd', what: `${idle} idle sockets for 15 s`, storage: 'server',
  async strike ({ scope, port, load }) {
    const sockets = await openSockets(scope, port, idle)
    const before = load.acknowledged.length
    await delay(15_000)
    if (load.acknowledged.length === before) throw new Error('agents that were connected were not served')
    for (const socket of sockets) socket.destroy()
  },
}

const [dripping, dripS] = [400, 45]

export const slowRequests: Fault = {
  name: 'loris', what: `${dripping} requests that send a byte a second, half of them of their headers, for ${dripS} s`, storage: 'server',
  async strike ({ scope, port, load }) {
    const sockets = await openSockets(scope, port, dripping)
    const before = load.acknowledged.length
    sockets.forEach((socket, i) => socket.write(i % 2 === 0 ? 'POST /ingest HTTP/1.1\r\nX-Slow: ' : 'POST /ingest HTTP/1.1\r\nContent-Length: 5000\r\n\r\n'))
    for (let second = 0; second < dripS; second++) {
      await delay(1000)
      for (const socket of sockets) if (socket.writable) socket.write('{')
    }
    if (load.acknowledged.length === before) throw new Error('agents that were connected were not served')
    const left = sockets.filter((socket) => !socket.destroyed).length
    if (left > 0) throw new Error(`${left} requests that never end are still held`)
  },
}

async function openSockets (scope: Scope, port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  scope.teardown(() => { for (const socket of sockets) socket.destroy() })
  for (let i = 0; i < count; i++) {
    // Read, so that its end is seen.
    sockets.push(connectSocket({ host: '127.0.0.1', port }).on('error', () => {}).resume())
    if (i % 100 === 0) await delay(10)
  }
  return sockets
}
