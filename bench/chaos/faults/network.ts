import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect as connectSocket, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
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

const hostName = 'db.chaos.test'

export const nameLost: Fault = {
  name: 'dns', what: 'the server\'s name stops resolving for 10 s, and all connections end', storage: 'server',
  settings (scope) {
    // The name service of the machine stays as it is: the collector's own look-up is changed.
    const hook = join(scope.folder, 'lookup.mjs')
    writeFileSync(hook, `import dns from 'node:dns'
import { existsSync } from 'node:fs'
const lookup = dns.lookup
dns.lookup = (name, options, done) => {
  const answer = typeof options === 'function' ? options : done
  if (name !== '${hostName}') return lookup(name, options, done)
  if (existsSync('${join(scope.folder, 'lost')}')) return setImmediate(answer, Object.assign(new Error('getaddrinfo ENOTFOUND ' + name), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: name }))
  return lookup('127.0.0.1', options, done)
}
`)
    return { NODE_OPTIONS: `--import=${hook}`, DATABASE_URL: `postgres://${hostName}/` }
  },
  async strike ({ scope, proxy, load }) {
    const lost = join(scope.folder, 'lost')
    writeFileSync(lost, '')
    proxy.refuse()
    proxy.pass()
    const refused = load.refused.length
    await delay(10_000)
    if (load.refused.length === refused) throw new Error('no sender was told to come again')
    rmSync(lost)
  },
}

const [idle, slow] = [5000, 200]

export const crowd: Fault = {
  name: 'crowd', what: `${idle} idle sockets and ${slow} that send a byte a second, for 15 s`, storage: 'server',
  async strike ({ scope, port, load }) {
    const sockets: Socket[] = []
    scope.teardown(() => { for (const socket of sockets) socket.destroy() })
    for (let i = 0; i < idle + slow; i++) {
      const socket = connectSocket({ host: '127.0.0.1', port }).on('error', () => {})
      sockets.push(socket)
      if (i % 100 === 0) await delay(10)
    }
    const before = load.acknowledged.length
    for (let second = 0; second < 15; second++) {
      for (const socket of sockets.slice(0, slow)) if (socket.writable) socket.write(second === 0 ? 'POST /ingest HTTP/1.1\r\nContent-Length: 5000\r\n\r\n' : '{')
      await delay(1000)
    }
    if (load.acknowledged.length === before) throw new Error('agents that were connected were not served')
    for (const socket of sockets) socket.destroy()
  },
}
