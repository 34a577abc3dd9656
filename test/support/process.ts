import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import { packageRoot } from '../../src/paths.js'

export interface RunningProgram {
  child: ChildProcess
  /** All it has printed so far. */
  output: () => string
  /** Resolves with the first match in what it prints, from the start; rejects when it ends without, or after `waitMs` (60 s). */
  printed: (pattern: RegExp, waitMs?: number) => Promise<RegExpExecArray>
  /** Resolves with exit code or signal. */
  ended: Promise<number | NodeJS.Signals>
}

/** Runs `meshmon` as an operator does: a process of its own, without our environment's settings. Killed at the test's end. `launcher` is a command that becomes it by exec. */
export function runMeshmon (t: Pick<Test, 'teardown'>, args: string[], env: Record<string, string> = {}, launcher: string[] = []): RunningProgram {
  const [program = '', ...rest] = [...launcher, process.execPath, join(packageRoot, 'dist/src/cli.js'), ...args]
  const child = spawn(program, rest, {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const progress = new EventEmitter()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      progress.emit('more')
    })
  }
  child.on('close', () => progress.emit('more'))
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, output: () => output, printed, ended }

  async function printed (pattern: RegExp, waitMs = 60_000): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(waitMs)
    for (;;) {
      const match = pattern.exec(output)
      if (match) return match
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`ended without printing ${pattern}:\n${output}`)
      await once(progress, 'more', { signal: deadline })
        .catch(() => { throw new Error(`did not print ${pattern} within ${waitMs} ms:\n${output}`) })
    }
  }
}

/** A port that was free a moment ago, for programs that must be told one. */
export async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
