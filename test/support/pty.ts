import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Readable, Writable } from 'node:stream'
import type { Test } from 'tap'

export const hasSocat = spawnSync('socat', ['-V']).status === 0

/** A radio on a serial port. */
export interface PluggedIn {
  /** What the radio hears and says. */
  hears: Readable
  says: Writable
  /** The port vanishes as if unplugged. */
  unplug: () => Promise<void>
}

/** A pseudo terminal at `path`. */
export async function plugIn (t: Pick<Test, 'teardown'>, path: string): Promise<PluggedIn> {
  const socat = spawn('socat', ['STDIO', `PTY,raw,echo=0,link=${path}`], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = once(socat, 'close')
  socat.stdin.on('error', () => {})
  const unplug = async (): Promise<void> => {
    socat.kill()
    await gone
  }
  t.teardown(unplug)
  while (!existsSync(path)) {
    if (socat.exitCode !== null) throw new Error(`socat made no ${path}`)
    await delay(5)
  }
  return { hears: socat.stdout, says: socat.stdin, unplug }
}
