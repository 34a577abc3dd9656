import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ProcessLock } from '../process-lock.js'

/** A file of the site. Those of `freshMs` are made again when what lies there is older than that, or was made with other `base` files. */
export interface SiteFile {
  path: string
  freshMs?: number
  /** Every page refers to it. */
  isBase?: boolean
  /** Null: there is no such file at present. */
  make: () => Promise<string | null>
}

export interface SiteResult { written: number, same: number, removed: number }

export interface WriteOptions {
  /** Milliseconds since 1970. */
  now: () => number
  signal?: AbortSignal
  onProgress?: (done: number, of: number) => void
  /** Overwrites files that this program has not written. */
  force?: boolean
}

/** The folder holds what is not ours, or another process writes to it. */
export class SiteError extends Error {
  override name = 'SiteError'
}

interface Entry { hash: string, madeMs: number }
type Manifest = Record<string, Entry>

const manifestName = '.meshmon-site.json'
const lockName = '.meshmon-site.lock'

/**
 * Writes the files in their order: what pages refer to comes before them, so that whoever reads meanwhile finds whole files and no dead
 * links. A file changes in one step and only where its content did; what the site no longer has is removed at the end. Files that are not
 * ours stay.
 */
export async function writeSite (folder: string, files: SiteFile[], options: WriteOptions): Promise<SiteResult> {
  await mkdir(folder, { recursive: true })
  const lock = new ProcessLock(join(folder, lockName))
  if (!await lock.tryHold()) throw new SiteError(`another meshmon site writes to ${folder} at present`)
  try {
    const before = await readManifest(folder)
    if (options.force !== true) refuseForeign(folder, files, before)
    return await writeAll(folder, files, before, options)
  } finally {
    await lock.release()
  }
}

async function writeAll (folder: string, files: SiteFile[], before: Manifest, { now, signal, onProgress }: WriteOptions): Promise<SiteResult> {
  const kept: Manifest = { ...before }
  const result: SiteResult = { written: 0, same: 0, removed: 0 }
  const present = new Set<string>()
  const isSameBase = files.every(({ path, isBase }) => isBase !== true || before[path] !== undefined)
  try {
    for (const [i, { path, freshMs, make }] of files.entries()) {
      signal?.throwIfAborted()
      onProgress?.(i, files.length)
      const old = before[path]
      if (isSameBase && freshMs !== undefined && old !== undefined && now() - old.madeMs < freshMs && now() >= old.madeMs && existsSync(join(folder, path))) {
        present.add(path)
        result.same++
        continue
      }
      const content = await make()
      if (content === null) continue
      present.add(path)
      const hash = createHash('sha256').update(content).digest('hex').slice(0, 16)
      const isSame = old?.hash === hash && existsSync(join(folder, path))
      if (!isSame) await replaceFile(join(folder, path), content)
      kept[path] = { hash, madeMs: now() }
      result[isSame ? 'same' : 'written']++
    }
    for (const path of Object.keys(kept).filter((path) => !present.has(path))) {
      await removeFile(folder, path)
      Reflect.deleteProperty(kept, path)
      result.removed++
    }
    return result
  } finally {
    await replaceFile(join(folder, manifestName), JSON.stringify(kept))
  }
}

function refuseForeign (folder: string, files: SiteFile[], before: Manifest): void {
  const foreign = files.find(({ path }) => before[path] === undefined && existsSync(join(folder, path)))
  if (foreign !== undefined) throw new SiteError(`${join(folder, foreign.path)} was not written by meshmon site; choose another folder, or overwrite such files with --force`)
}

async function readManifest (folder: string): Promise<Manifest> {
  try {
    return JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as Manifest
  } catch {
    return {}
  }
}

async function replaceFile (path: string, content: string): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`)
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(temporary, content)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** With the folders that it leaves empty. */
async function removeFile (folder: string, path: string): Promise<void> {
  await rm(join(folder, path), { force: true })
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    if (!await rmdir(join(folder, parent)).then(() => true, () => false)) return
  }
}
