import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ProcessLock } from '../process-lock.js'
import { replaceFile } from '../replace-file.js'

/** A file of the site. Those of `freshMs` are made again when what lies there is older than that, or was made with other `base` files. */
export interface SiteFile {
  path: string
  freshMs?: number
  /** Every page refers to it. */
  isBase?: boolean
  /** Null: there is no such file at present. `earlier` reads what lies there; null where nothing does. */
  make: (earlier: () => Promise<string | null>) => Promise<string | null>
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

/** Of a file that a run was about to write: the next one makes it again. */
const unknownEntry: Entry = { hash: '', madeMs: 0 }

const manifestName = '.meshmon-site.json'
const lockName = '.meshmon-site.lock'
/** Where a run puts what it makes until it has made all. */
const newName = '.meshmon-site.new'

/**
 * Makes all files before any of them is seen: a run that fails or is stopped leaves the site as it was. Then those whose content changed take
 * their places, each in one step, in their order: what pages refer to comes before them, so that whoever reads meanwhile finds whole
 * files and no dead links. What the site no longer has is removed at the end. Files that are not ours stay.
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

async function writeAll (folder: string, files: SiteFile[], before: Manifest, options: WriteOptions): Promise<SiteResult> {
  const aside = join(folder, newName)
  await rm(aside, { recursive: true, force: true })
  await mkdir(aside)
  try {
    const { present, changed } = await makeAll(folder, files, before, options)
    return await putInPlace(folder, { before, present, changed })
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** `present`: every file of the site; `changed`: those that lie aside, by their number there. */
interface Made { present: Manifest, changed: { path: string, number: number }[] }

async function makeAll (folder: string, files: SiteFile[], before: Manifest, { now, signal, onProgress }: WriteOptions): Promise<Made> {
  const present: Manifest = {}
  const changed: Made['changed'] = []
  const isSameBase = files.every(({ path, isBase }) => isBase !== true || before[path] !== undefined)
  for (const [number, { path, freshMs, make }] of files.entries()) {
    signal?.throwIfAborted()
    onProgress?.(number, files.length)
    const [old, place] = [before[path], join(folder, path)]
    const isThere = old !== undefined && existsSync(place)
    if (isSameBase && freshMs !== undefined && isThere && now() - old.madeMs < freshMs && now() >= old.madeMs) {
      present[path] = old
      continue
    }
    const content = await make(async () => await readFile(place, 'utf8').catch(() => null))
    if (content === null) continue
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 16)
    present[path] = { hash, madeMs: now() }
    if (isThere && old.hash === hash) continue
    await writeFile(join(folder, newName, String(number)), content)
    changed.push({ path, number })
  }
  signal?.throwIfAborted()
  return { present, changed }
}

async function putInPlace (folder: string, { before, present, changed }: Made & { before: Manifest }): Promise<SiteResult> {
  const gone = Object.keys(before).filter((path) => present[path] === undefined)
  // All that is or was ours, should this end in between.
  replaceFile(join(folder, manifestName), JSON.stringify({ ...before, ...Object.fromEntries(changed.map(({ path }) => [path, before[path] ?? unknownEntry])) }))
  for (const { path, number } of changed) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await rename(join(folder, newName, String(number)), join(folder, path))
  }
  for (const path of gone) await removeFile(folder, path)
  replaceFile(join(folder, manifestName), JSON.stringify(present))
  return { written: changed.length, same: Object.keys(present).length - changed.length, removed: gone.length }
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

/** With the folders that it leaves empty. */
async function removeFile (folder: string, path: string): Promise<void> {
  await rm(join(folder, path), { force: true })
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    if (!await rmdir(join(folder, parent)).then(() => true, () => false)) return
  }
}
