import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { codeOf } from '../database/errors.js'

const ownName = /^meshmon_\d{4}-\d\d-\d\d_\d{6}\.tar$/

/** Where a backup goes that was given this name: a folder, or none, gets a file named after the time (UTC). */
export async function chooseFile (given: string | undefined, nowMs: number): Promise<string> {
  const isFolder = given === undefined || given.endsWith('/') || (await stat(given).catch(() => null))?.isDirectory() === true
  if (!isFolder) return given
  const [date, time = ''] = new Date(nowMs).toISOString().split('T')
  return join(given ?? 'backups', `meshmon_${date}_${time.slice(0, 8).replaceAll(':', '')}.tar`)
}

/**
 * Writes a file that appears under its name only when it is whole and on the disk. When it fails or is stopped, nothing of it is left.
 * @throws with what to do, where the disk is full or the folder cannot be written to.
 */
export async function writeWhole (path: string, bytes: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
  const partial = `${path}.partial`
  try {
    await mkdir(dirname(path), { recursive: true })
    await pipeline(Readable.from(bytes, { objectMode: true, highWaterMark: 1 }), createWriteStream(partial, { mode: 0o600, flush: true }), { signal })
    await rename(partial, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {})
    signal.throwIfAborted()
    throw isOfFile(error) ? new Error(`${path} cannot be written: ${reasons[codeOf(error) ?? ''] ?? error.message}`, { cause: error }) : error
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. What was written of it is removed; make room, keep fewer with --keep, or name a folder on another disk',
  EDQUOT: 'this user\'s share of the disk is full. What was written of it is removed; make room or name a folder on another disk',
  EACCES: 'this user may not write there; name another folder',
  EROFS: 'that file system is read-only; name another folder',
}

/** Of the file system: what the database says of its own disk has no `syscall`. */
function isOfFile (error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && error.syscall !== 'connect' && error.syscall !== 'read'
}

async function syncFolder (folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/** Removes the oldest backups of a folder, only files with names of our own making, so that `keep` are left. Gives what was removed. */
export async function removeOldest (folder: string, keep: number): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => ownName.test(name)).sort()
  const removed = names.slice(0, Math.max(0, names.length - keep)).map((name) => join(folder, name))
  for (const path of removed) await rm(path)
  return removed
}
