import { randomUUID } from 'node:crypto'
import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf } from './database/errors.js'
import { identifyThisProcess, isRunning, type ProcessIdentity } from './process-identity.js'

const beatMs = 5000
/** A holder that has not been seen for so long is taken for gone, though its process cannot be asked after. */
const staleMs = 20_000

type Holder = ProcessIdentity & { id: string }

/**
 * A lock file for processes that share a folder, in several containers too. It is for work that two may do at once without harm, if not
 * for long: two hold it for a moment after one was suspended for 20 s.
 */
export class ProcessLock {
  readonly #path: string
  readonly #id = randomUUID()
  #beat: NodeJS.Timeout | null = null

  constructor (path: string) {
    this.#path = path
  }

  get isHeld (): boolean {
    return this.#beat !== null
  }

  /** Takes the lock where nobody has it, or its holder is gone. */
  async tryHold (): Promise<boolean> {
    if (this.isHeld) return true
    if (!await this.#create()) {
      const holder = await this.#read()
      if (!await this.#isStale(holder)) return false
      await this.#remove(holder)
      if (!await this.#create()) return false
    }
    this.#beat = setInterval(() => { this.#show().catch(() => this.#drop()) }, beatMs).unref()
    await this.#sweep().catch(() => {})
    return true
  }

  async release (): Promise<void> {
    if (!this.isHeld) return
    this.#drop()
    if ((await this.#read())?.id === this.#id) await rm(this.#path, { force: true })
  }

  /** Process that holds the lock; undefined when none does, or before it has written who it is. */
  async holderPid (): Promise<number | undefined> {
    return (await this.#read())?.pid
  }

  #drop (): void {
    if (this.#beat !== null) clearInterval(this.#beat)
    this.#beat = null
  }

  async #create (): Promise<boolean> {
    try {
      await writeFile(this.#path, JSON.stringify({ id: this.#id, ...identifyThisProcess() }), { flag: 'wx', mode: 0o600 })
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      if (codeOf(error) !== 'ENOSPC') throw error
      // The work may make room, as sending does: then the next beat writes the file.
      await rm(this.#path, { force: true })
      return true
    }
  }

  async #show (): Promise<void> {
    const holder = await this.#read()
    if (holder === undefined && await this.#create()) return
    if (holder?.id !== this.#id) throw new Error('taken by another process')
    await utimes(this.#path, new Date(), new Date())
  }

  async #remove (stale: Holder | undefined): Promise<void> {
    const removed = `${this.#path}.${this.#id}`
    try {
      await rename(this.#path, removed)
    } catch {
      return
    }
    // Somebody else took it over just then.
    if ((await this.#read(removed))?.id !== stale?.id) await link(removed, this.#path).catch(() => {})
    await rm(removed, { force: true })
  }

  /** Removes what processes left that were killed in the middle of taking over. */
  async #sweep (): Promise<void> {
    const folder = dirname(this.#path)
    for (const name of await readdir(folder)) {
      if (!name.startsWith(`${basename(this.#path)}.`)) continue
      const left = join(folder, name)
      if (Date.now() - (await stat(left)).mtimeMs > staleMs) await rm(left, { force: true })
    }
  }

  async #isStale (holder: Holder | undefined): Promise<boolean> {
    if (holder !== undefined && isRunning(holder) === false) return true
    const seen = (await stat(this.#path).catch(() => null))?.mtimeMs ?? Date.now()
    return Math.abs(Date.now() - seen) > staleMs
  }

  async #read (path = this.#path): Promise<Holder | undefined> {
    try {
      const record: Partial<Holder> | null = JSON.parse(await readFile(path, 'utf8'))
      const { id, pid, startTime, boot, pidNamespace } = record ?? {}
      return id === undefined || pid === undefined ? undefined : { id, pid, startTime, boot, pidNamespace }
    } catch {
      return undefined
    }
  }
}
