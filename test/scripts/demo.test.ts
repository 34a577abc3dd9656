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
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], HOST: '127.0.0.1', PORT: String(port), DATA_DIR: join(folder, 'data') },
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
  t.match(output, `A mesh of 30 nodes reports to http://127.0.0.1:${port}`)

  let nodes: unknown[] = []
  for (let tries = 0; nodes.length < 10 && tries < 600; tries++) {
    nodes = await (await fetch(`http://127.0.0.1:${port}/nodes`)).json() as unknown[]
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  t.ok(nodes.length >= 10, 'the history arrives')
  process.kill(-demo.pid!, 'SIGINT')
  t.equal(await ended, 0)
})
