import { createHash } from 'node:crypto'
import { accessSync, constants, lstatSync, mkdirSync, readFileSync, realpathSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { makeFolder } from '../../folders.js'
import { identifyThisProcess, isRunning, type ProcessIdentity } from '../../process-identity.js'

/** A cause that waiting does not cure; the message says what to do. */
export class EmbeddedError extends Error {
  override name = 'EmbeddedError'
}

/** What `pg` and psql connect to: `host` is the folder of the socket, `port` the number in its name. */
export interface ServerAddress {
  host: string
  port: number
}

const port = 5432
const socketPathBytes = 107
const takeOverMs = 15_000

export const socketPath = ({ host, port }: ServerAddress): string => join(host, `.s.PGSQL.${port}`)
export const databaseFolder = (dataDir: string): string => join(dataDir, 'pgdata')
const recordFile = (dataDir: string): string => join(dataDir, 'embedded.json')

/** Makes `dataDir` if need be and gives its real path. EmbeddedError when it cannot hold a database. */
export function prepareDataDir (dataDir: string): string {
  try {
    makeFolder(dataDir)
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK)
    return realpathSync(dataDir)
  } catch (error) {
    throw new EmbeddedError(`DATA_DIR ${dataDir} cannot be used (${reasonOf(error)}): name a folder that this user may write to, or set DATABASE_URL`)
  }
}

/** PGlite also throws objects that are no Error. */
export function reasonOf (error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)
}

/** Address for a data folder (a real path): a private folder in it, or one in the temporary folder where that path is too long for a socket. */
export function serverAddress (dataDir: string): ServerAddress {
  const inside = { host: join(dataDir, 'socket'), port }
  if (Buffer.byteLength(socketPath(inside)) <= socketPathBytes) return inside
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  return { host: join(tmpdir(), `meshmon-${process.getuid?.() ?? 0}-${hash}`), port }
}

/** Makes the socket's folder with access for this user only; refuses one that somebody else put there. */
export function prepareSocketFolder ({ host }: ServerAddress): void {
  mkdirSync(host, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(host)
  const isOurs = lstatSync(host).isDirectory() && uid === (process.getuid?.() ?? uid) && (mode & 0o077) === 0
  if (!isOurs) throw new EmbeddedError(`${host} must be a folder of this user that nobody else may enter: remove it or run chmod 700`)
}

/** Who runs the database of a folder, and where it listens. */
type ServerRecord = ServerAddress & ProcessIdentity

function readRecord (dataDir: string): ServerRecord | undefined {
  try {
    const record: ServerRecord | undefined = JSON.parse(readFileSync(recordFile(dataDir), 'utf8'))
    return typeof record?.pid === 'number' && typeof record.host === 'string' && typeof record.port === 'number' ? record : undefined
  } catch {
    return undefined
  }
}

function answers (address: ServerAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath(address))
    const finish = (result: boolean): void => {
      socket.destroy()
      resolve(result)
    }
    socket.on('connect', () => finish(true)).on('error', () => finish(false))
  })
}

// The socket answers as long as its process lives, whatever container that is in; the pid still tells when a cleaner of the
// temporary folder has removed the socket.
async function isAlive (record: ServerRecord): Promise<boolean> {
  return await answers(record) || isRunning(record) === true
}

/** Where the running server of a data folder listens; undefined when none runs. For other processes, such as `meshmon sql`. */
export async function findServer (dataDir: string): Promise<ServerAddress | undefined> {
  const record = readRecord(dataDir)
  return record !== undefined && await answers(record) ? { host: record.host, port: record.port } : undefined
}

// Only one process at a time may judge the record and replace it; the folder of one that was killed just then is removed.
async function holdGuard<T> (dataDir: string, work: () => Promise<T>): Promise<T> {
  const guard = join(dataDir, 'embedded.guard')
  for (;;) {
    try {
      mkdirSync(guard)
      break
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    await delay(20)
    const age = Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (Math.abs(age) > takeOverMs) rmSync(guard, { recursive: true, force: true })
  }
  try {
    return await work()
  } finally {
    rmdirSync(guard)
  }
}

/**
 * Makes this process the only one on the data folder, for as long as it lives: `listen` has to bind the socket of `address`.
 * A predecessor that is ending (its parent was killed) is waited for, `waitMs` at most; then EmbeddedError. One that is gone is replaced.
 */
export async function lockDataDir (dataDir: string, address: ServerAddress, listen: () => Promise<void>, waitMs: number): Promise<void> {
  const deadline = Date.now() + waitMs
  const tryLock = async (): Promise<string | undefined> => {
    const record = readRecord(dataDir)
    if (record !== undefined && await isAlive(record)) return `process ${record.pid}`
    if (await answers(address)) return 'another process'
    rmSync(socketPath(address), { force: true })
    await listen()
    const unfinished = `${recordFile(dataDir)}.new`
    writeFileSync(unfinished, JSON.stringify({ ...address, ...identifyThisProcess() }), { mode: 0o600 })
    renameSync(unfinished, recordFile(dataDir))
    return undefined
  }
  for (;;) {
    const holder = await holdGuard(dataDir, tryLock)
    if (holder === undefined) return
    if (Date.now() > deadline) {
      throw new EmbeddedError(`${holder} already runs the embedded database in ${dataDir}: stop it, or give this one a DATA_DIR of its own`)
    }
    await delay(100)
  }
}

/** Gives the folder up; the socket must still be open, so that nobody takes the folder before. */
export function unlockDataDir (dataDir: string, address: ServerAddress): void {
  rmSync(recordFile(dataDir), { force: true })
  rmSync(socketPath(address), { force: true })
}
