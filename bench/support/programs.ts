import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { group } from 'd3-array'
import type pg from 'pg'
import { findServer } from '../../src/database/embedded/folder.js'
import { databaseName, userName } from '../../src/database/embedded/names.js'
import { runMeshmon } from '../../test/support/process.js'
import type { Scope } from './scope.js'

/** A collector in a process of its own. */
export interface Collector {
  port: number
  /** Its database, for a connection of one's own. */
  database: pg.ClientConfig
  /** Seconds of processor time it has used, without the embedded database's process. */
  cpuS (): number
  /** Megabytes in memory, without the embedded database's process. */
  rssMb (): number
  pid: number
  /** Lines of its log of level error or worse. */
  errors (): string[]
  stop (): Promise<void>
}

/** Where a collector keeps its data: a server's URL, or a folder for the embedded database. */
export type Storage = { url: string } | { folder: string }

/** Runs `meshmon simulate` to its end and returns what it printed. */
export async function simulate (scope: Scope, args: string[]): Promise<string> {
  const { ended, output } = runMeshmon(scope, ['simulate', ...args])
  if (await ended !== 0) throw new Error(`meshmon simulate failed:\n${output()}`)
  return output()
}

/** Settings of a collector that stores there and is heard on loopback only. */
export function settingsFor (storage: Storage, port = 0): Record<string, string> {
  const database: Record<string, string> = 'url' in storage ? { DATABASE_URL: storage.url } : { DATA_DIR: storage.folder }
  return { ...database, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'info' }
}

/** Starts `meshmon serve` and waits until it can store. */
export async function startCollector (scope: Scope, storage: Storage, settings: Record<string, string> = {}): Promise<Collector> {
  const program = runMeshmon(scope, ['serve'], { ...settingsFor(storage), ...settings })
  const [, port] = await program.printed(/listening on http:[^ "]+:(\d+)/)
  await program.printed(/ready for measurements/)
  const pid = program.child.pid!
  const stop = async (): Promise<void> => {
    program.child.kill('SIGTERM')
    await program.ended
  }
  scope.teardown(stop)
  return {
    port: Number(port),
    database: 'url' in storage ? { connectionString: storage.url } : await embeddedServer(storage.folder),
    cpuS: () => cpuSeconds(pid),
    rssMb: () => rssMegabytes(pid),
    pid,
    errors: () => program.output().split('\n').filter((line) => /"level":[56]0/.test(line)),
    stop,
  }
}

export function embeddedFolder (scope: Scope): { folder: string } {
  return { folder: join(scope.folder, 'embedded') }
}

async function embeddedServer (folder: string): Promise<pg.ClientConfig> {
  const address = await findServer(folder)
  if (address === undefined) throw new Error('the embedded database is not there')
  return { ...address, user: userName, database: databaseName }
}

/** What /proc counts in, on every Linux of today. */
const ticksPerSecond = 100

/** Seconds of processor time that a process has used. */
export function cpuSeconds (pid: number): number {
  const fields = statOf(pid)
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Megabytes of a process in memory. */
export function rssMegabytes (pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))!
  return Number(kb) / 1000
}

/** A process and all below it. */
export function processesOf (pid: number): number[] {
  const children = group(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number), parentOf)
  const withChildren = (one: number): number[] => [one, ...(children.get(one) ?? []).flatMap(withChildren)]
  return withChildren(pid)
}

/** Undefined for one that has ended. */
function parentOf (pid: number): number | undefined {
  try {
    return Number(statOf(pid)[1])
  } catch {
    return undefined
  }
}

/** What /proc tells of a process, from its state on. */
function statOf (pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** Whether a collector takes measurements. */
export async function isReady (port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(5000) }).then(({ ok }) => ok, () => false)
}
