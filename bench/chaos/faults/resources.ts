import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { until, type Fault } from '../trial.js'

export const diskFull: Fault = {
  name: 'disk', what: 'a file system of 160 MB that is full for 5 s, under the embedded database', storage: 'embedded',
  folder (scope) {
    const folder = join(scope.folder, 'small')
    mkdirSync(folder)
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', folder], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`a small file system cannot be mounted here: ${stderr.trim()}`)
    scope.teardown(() => spawnSync('umount', ['-l', folder]))
    return folder
  },
  async strike ({ folder, load }) {
    const filler = join(folder, 'filler')
    const { bavail, bsize } = statfsSync(folder)
    writeFileSync(filler, Buffer.alloc(bavail * bsize, 1))
    const refused = load.refused.length
    await until(() => load.refused.length > refused, 'refused messages')
    await delay(5000)
    rmSync(filler)
  },
}

export const connectionsTaken: Fault = {
  name: 'connections', what: 'all connections of the server taken by others for 10 s, those of the collector ended', storage: 'server',
  async strike ({ connect, proxy, scope }) {
    const first = await connect()
    const { rows: [row] } = await first.query<{ most: number, url: string }>("select current_setting('max_connections')::int as most")
    const taken: pg.Client[] = []
    scope.teardown(async () => { await Promise.all(taken.map((client) => client.end().catch(() => {}))) })
    proxy.refuse()
    try {
      for (let i = 0; i < row!.most; i++) taken.push(await connect())
    } catch {
      // There are no more.
    }
    proxy.pass()
    await delay(10_000)
    await Promise.all(taken.map((client) => client.end()))
  },
}
