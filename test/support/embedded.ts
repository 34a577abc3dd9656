import { createHash, randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { startEmbedded, type EmbeddedOptions, type EmbeddedServer } from '../../src/database/embedded/embedded.js'
import { databaseName, userName } from '../../src/database/embedded/names.js'
import { packageRoot } from '../../src/paths.js'

/** What `pg` connects with. */
export interface Connection {
  host: string
  port: number
  user: string
  database: string
}

/** What every database of a kind starts with, such as our migrations. It is made once and copied. */
export interface Template {
  /** Changes when `make` makes something else, as a hash of the migrations does. */
  key: string
  make: (connection: Connection) => Promise<void>
}

export interface TestServer {
  server: EmbeddedServer
  connection: Connection
  dataDir: string
  /** Messages of its log, in order. */
  lines: string[]
}

export const emptyTemplate: Template = { key: 'empty', make: async () => {} }

export function connectionTo (server: EmbeddedServer): Connection {
  return { ...server.address, user: userName, database: databaseName }
}

/** The same as one text, for pg, psql and DATABASE_URL. */
export function connectionUrl ({ host, port, user, database }: Connection): string {
  return `postgres://${user}@${encodeURIComponent(host)}:${port}/${database}`
}

/** A log that keeps its messages. */
export function memoryLog (): { log: EmbeddedOptions['log'], lines: string[] } {
  const lines: string[] = []
  const write = (fields: unknown, message?: string): void => { lines.push(message ?? String(fields)) }
  return { log: { info: write, warn: write, error: write }, lines }
}

/** An empty folder that goes with the test. */
export function temporaryFolder (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshmon-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Waits until `condition` gives something; fails after `limitMs`. */
export async function until<T> (condition: () => T | Promise<T>, what: string, limitMs = 30_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + limitMs
  for (;;) {
    const result = await condition()
    if (result !== undefined && result !== null && result !== false) return result
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for ${what}`)
    await delay(20)
  }
}

/** Starts an embedded database on a copy of the template's folder; it ends, and its folder goes, with the test. */
export async function startTestServer (t: Test, options: Partial<EmbeddedOptions> & { template?: Template } = {}): Promise<TestServer> {
  const { template = emptyTemplate, ...rest } = options
  const dataDir = temporaryFolder(t)
  cpSync(await templateFolder(template), join(dataDir, 'pgdata'), { recursive: true })
  const { log, lines } = memoryLog()
  const server = startEmbedded({ dataDir, log, ...rest })
  // Before the folder goes: teardowns run in the order they were added, the last first.
  t.teardown(async () => await server.stop())
  await server.ready
  return { server, connection: connectionTo(server), dataDir, lines }
}

/** Several test files may make the same template at once: each in a folder of its own, and the first to finish wins. */
async function templateFolder ({ key, make }: Template): Promise<string> {
  const engine = readFileSync(join(packageRoot, 'dist/src/database/embedded/engine.js'))
  const hash = createHash('sha256').update(engine).update(key).digest('hex').slice(0, 16)
  const cache = join(packageRoot, 'dist/.cache')
  const folder = join(cache, `embedded-${hash}`)
  if (existsSync(folder)) return folder
  const dataDir = join(cache, randomBytes(6).toString('hex'))
  mkdirSync(dataDir, { recursive: true })
  try {
    const server = startEmbedded({ dataDir, log: memoryLog().log })
    await server.ready
    await make(connectionTo(server)).finally(async () => await server.stop())
    if (!existsSync(folder)) renameSync(join(dataDir, 'pgdata'), folder)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
  return folder
}
