import { open, rm, stat, type FileHandle } from 'node:fs/promises'
import { makeFolder } from '../folders.js'
import { makeName, sealSegment, segmentPath, syncFolder } from './segments.js'

/** A message could not be kept; what its text says can be shown to an operator. */
export class DeliveryError extends Error {
  override name = 'DeliveryError'
}

export interface SegmentWriterOptions {
  folder: string
  /** A segment is sealed at this size, and at the first message after this age. */
  segmentBytes: number
  segmentMs: number
  /** Milliseconds since 1970. */
  now: () => number
}

interface OpenSegment { name: string, begunMs: number, handle: FileHandle, bytes: number }

interface Pending { line: string, resolve: () => void, reject: (error: Error) => void }

/** Messages that may wait for the disk together. */
const mostPending = 10_000
const mostPendingBytes = 16 * 1024 * 1024
/** Well below the collector's INGEST_MAX_BODY. */
const largestMessage = 4 * 1024 * 1024

/**
 * Writes messages to a segment of its own, each process to another, and to a new one after every failure: a half-written line is always
 * the last of its file. Messages put while the disk is busy share one sync.
 */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions
  #segment: OpenSegment | null = null
  #pending: Pending[] = []
  #pendingBytes = 0
  #lastMs = 0
  #tail: Promise<void> = Promise.resolve()

  constructor (options: SegmentWriterOptions) {
    this.#options = options
  }

  /** Resolves once the message is on the disk. Rejects with DeliveryError. */
  append (message: object): Promise<void> {
    const line = `${JSON.stringify(message)}\n`
    if (line.length > largestMessage) return Promise.reject(new DeliveryError(`a message of ${line.length} characters is too large to be delivered`))
    if (this.#pending.length >= mostPending || this.#pendingBytes + line.length > mostPendingBytes) return Promise.reject(new DeliveryError(`the disk under ${this.#options.folder} does not keep up`))
    this.#pendingBytes += line.length
    return new Promise((resolve, reject) => {
      this.#pending.push({ line, resolve, reject })
      this.#enqueue(() => this.#flush())
    })
  }

  /** Ends the present segment, so that it can be sent. Later messages go to a new one. */
  seal (): Promise<void> {
    return this.#enqueue(() => this.#seal())
  }

  #enqueue (work: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(work)
    this.#tail = done.catch(() => {})
    return done
  }

  async #flush (): Promise<void> {
    const batch = this.#pending
    if (batch.length === 0) return
    this.#pending = []
    this.#pendingBytes = 0
    try {
      await this.#write(Buffer.from(batch.map(({ line }) => line).join('')))
      for (const { resolve } of batch) resolve()
    } catch (error) {
      const reason = new DeliveryError(`${this.#options.folder} takes nothing (${error instanceof Error ? error.message : String(error)}): make room on the disk, or give this user the right to write there`, { cause: error })
      for (const { reject } of batch) reject(reason)
    }
  }

  async #write (data: Buffer): Promise<void> {
    const { segmentBytes, segmentMs, now } = this.#options
    if (this.#segment !== null && Math.abs(now() - this.#segment.begunMs) > segmentMs) await this.#seal()
    for (;;) {
      const segment = this.#segment ??= await this.#create()
      try {
        await segment.handle.appendFile(data)
        await segment.handle.datasync()
        if (await this.#isStillOurs(segment)) {
          segment.bytes += data.length
          break
        }
      } catch (error) {
        await this.#abandon(segment)
        throw error
      }
      // Another process took the segment meanwhile, and may have read it before this was in it.
      this.#segment = null
      await segment.handle.close()
    }
    if (this.#segment.bytes >= segmentBytes) await this.#seal()
  }

  async #create (): Promise<OpenSegment> {
    const { folder, now } = this.#options
    // Two of the same millisecond must keep their order.
    const begunMs = now()
    this.#lastMs = Math.max(begunMs, this.#lastMs + 1)
    const name = makeName(this.#lastMs)
    makeFolder(folder)
    const handle = await open(segmentPath(folder, { name, isOpen: true }), 'ax', 0o600)
    const segment = { name, begunMs, handle, bytes: 0 }
    try {
      await syncFolder(folder)
      return segment
    } catch (error) {
      await this.#abandon(segment)
      throw error
    }
  }

  async #isStillOurs ({ name }: OpenSegment): Promise<boolean> {
    return await stat(segmentPath(this.#options.folder, { name, isOpen: true })).then(() => true, () => false)
  }

  /** Cuts off what was half written. Where that fails too, the reader leaves out the last line. */
  async #abandon (segment: OpenSegment): Promise<void> {
    const { folder } = this.#options
    this.#segment = null
    await segment.handle.truncate(segment.bytes).catch(() => {})
    await segment.handle.close().catch(() => {})
    if (segment.bytes === 0) await rm(segmentPath(folder, { name: segment.name, isOpen: true }), { force: true }).catch(() => {})
    else await sealSegment(folder, segment.name).catch(() => {})
  }

  async #seal (): Promise<void> {
    const segment = this.#segment
    if (segment === null) return
    this.#segment = null
    await segment.handle.close()
    await sealSegment(this.#options.folder, segment.name)
  }
}
