import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

export const hasDBusDaemon = spawnSync('dbus-daemon', ['--version']).status === 0

export interface DBusDaemon {
  address: string
  stop: () => Promise<void>
}

/** A D-Bus of the test's own. `policy` is added to one that allows everything. */
export async function startDBusDaemon (t: Pick<Test, 'teardown'>, policy = ''): Promise<DBusDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'meshmon-dbus-'))
  const config = join(folder, 'bus.conf')
  writeFileSync(config, `<busconfig>
    <type>session</type>
    <listen>unix:path=${join(folder, 'bus')}</listen>
    <auth>EXTERNAL</auth>
    <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>${policy}</policy>
  </busconfig>`)
  const daemon = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--nopidfile', '--nosyslog', '--print-address'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const gone = once(daemon, 'close')
  const stop = async (): Promise<void> => {
    daemon.kill('SIGKILL')
    await gone
  }
  t.teardown(async () => {
    await stop()
    rmSync(folder, { recursive: true })
  })
  const failed = gone.then(() => { throw new Error('dbus-daemon did not start') })
  const [address] = await Promise.race([once(daemon.stdout, 'data'), failed]) as [Buffer]
  failed.catch(() => {})
  return { address: String(address).trim(), stop }
}
