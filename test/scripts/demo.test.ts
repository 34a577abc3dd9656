import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/paths.js'
import { freePort } from '../support/process.js'

t.test('the demo fills a collector of its own and ends cleanly with Ctrl-C', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'meshmon-demo-'))
  const port = await freePort()
  const demo = spawn(join(packageRoot, 'scripts/demo'), {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], HOST: '127.0.0.1', PORT: String(port), DATA_DIR: join(folder, 'data'), RADIO_PORT: String(await freePort()), AREDN_PORT: String(await freePort()) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => demo.once('close', resolve))
  t.teardown(async () => {
    if (demo.exitCode === null && demo.signalCode === null) process.kill(-demo.pid!, 'SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  let output = ''
  const history = new Promise<void>((resolve, reject) => {
    for (const stream of [demo.stdout, demo.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk
        if (output.includes('4 faults')) resolve()
      })
    }
    demo.once('close', () => reject(new Error(output)))
  })
  await history
  t.match(output, `Open http://127.0.0.1:${port}`)

  const first = async <T>(path: string, wanted: (found: T[]) => boolean): Promise<T[]> => {
    for (let tries = 0; tries < 3000; tries++) {
      const found = await (await fetch(`http://127.0.0.1:${port}${path}`)).json() as T[]
      if (wanted(found)) return found
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`not seen in time at ${path}:\n${output}`)
  }
  const nodes = await first<{ id: string }>('/nodes?limit=1000', (found) => found.some(({ id }) => id.startsWith('OE7')) && found.some(({ id }) => id.startsWith('HB9')))
  t.ok(nodes.length >= 10, 'the history arrives')
  const [bad] = await first<{ kind: string, scope: object }>('/issues?kind=rf_quality_drop&status=open', ([issue]) => issue !== undefined)
  t.match(bad, { kind: 'rf_quality_drop', scope: { a: /^oe7/i, b: /^oe7/i }, cause: /dB/ }, 'the bad link of the mesh without agents')
  process.kill(-demo.pid!, 'SIGINT')
  t.equal(await ended, 0)
})
