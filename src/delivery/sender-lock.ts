import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../database/errors.js'
import { identifyThisProcess, isRunning, type ProcessIdentity } from '../process-identity.js'

const beatMs = 5000
/** A holder that has not been seen for so long is taken for gone, though its process cannot be asked after. */
const staleMs = 20_000

/**
 * Keeps several processes on one folder from sending the same messages. It saves work, no more: where two hold it for a moment, as after
 * one was suspended, messages are sent twice and the collector counts duplicates.
 */
export class SenderLock {
  readonly #path: string
  readonly #id = randomUUID()
  #beat: NodeJS.Timeout | null = null

  constructor (folder: string) {
    this.#path = join(folder, 'sender.lock')
  }

  get isHeld (): boolean {
    return this.#beat !== null
  }

  /** Takes the lock where nobody has it, or its holder is gone. */
  async tryHold (): Promise<boolean> {
    if (this.isHeld) return true
    if (!await this.#create()) {
      if (!await this.#isStale()) return false
      const removed = `${this.#path}.${this.#id}`
      await rename(this.#path, removed).then(() => rm(removed, { force: true }), () => {})
      if (!await this.#create()) return false
    }
    this.#beat = setInterval(() => { this.#show().catch(() => this.#drop()) }, beatMs).unref()
    return true
  }

  async release (): Promise<void> {
    if (!this.isHeld) return
    this.#drop()
    if ((await this.#read())?.id === this.#id) await rm(this.#path, { force: true })
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
      // What is sent makes room: then the next beat writes the file.
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

  async #isStale (): Promise<boolean> {
    const holder = await this.#read()
    if (holder !== undefined && isRunning(holder) === false) return true
    const seen = (await stat(this.#path).catch(() => null))?.mtimeMs ?? Date.now()
    return Math.abs(Date.now() - seen) > staleMs
  }

  async #read (): Promise<ProcessIdentity & { id: string } | undefined> {
    try {
      const record: Partial<ProcessIdentity & { id: string }> | null = JSON.parse(await readFile(this.#path, 'utf8'))
      const { id, pid, startTime, boot, pidNamespace } = record ?? {}
      return id === undefined || pid === undefined ? undefined : { id, pid, startTime, boot, pidNamespace }
    } catch {
      return undefined
    }
  }
}
