import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BaseLogger } from 'pino'
import { codeOf } from '../database/errors.js'
import { ProcessLock } from '../process-lock.js'
import type { Collector } from './collector.js'
import { keepRefused, type Refused } from './refused.js'
import type { SegmentWriter } from './segment-writer.js'
import { listSegments, readSegment, sealSegment, segmentPath, type Segment } from './segments.js'
import { Trouble } from './trouble.js'
import { judgeAnswer, type Verdict } from './verdict.js'

export interface SenderOptions {
  folder: string
  collector: Collector
  /** That of this process. */
  writer: SegmentWriter
  maxAgeMs: number
  maxBytes: number
  /** How old the first message of a segment can be when its last one comes. */
  segmentMs: number
  log: Pick<BaseLogger, 'debug' | 'info' | 'warn' | 'error'>
  /** Milliseconds since 1970. */
  now: () => number
}

/** Since the start of this process. */
export interface Counts { stored: number, duplicates: number, refused: number, dropped: number }

/** Time between two looks at the folder: other processes put messages there, too. */
const lookMs = 2000
const stopMs = 5000
/** A collector lists this many refusals of a request, no more. */
const batchMessages = 100
const batchCharacters = 512 * 1024
const reasonsLogged = 3
/** Before that a clock was not set: how old its messages are is not known. */
const year2020 = Date.UTC(2020, 0, 1)

/** Sends what waits in a folder, oldest first, where no other process does. */
export class Sender {
  readonly counts: Counts = { stored: 0, duplicates: 0, refused: 0, dropped: 0 }
  readonly trouble: Trouble
  /** Of all processes, as of the last look. */
  segments: Segment[] = []
  lastSuccessMs: number | null = null
  readonly #options: SenderOptions
  readonly #lock: ProcessLock
  readonly #closing = new AbortController()
  #running: Promise<void> | null = null
  #wake: AbortController | null = null
  #isWoken = false
  #isDropping = false
  #folderTrouble = ''
  #drained: (() => void)[] = []

  constructor (options: SenderOptions) {
    const { origin, pathname } = options.collector.target
    this.#options = options
    this.#lock = new ProcessLock(join(options.folder, 'sender.lock'))
    this.trouble = new Trouble(options.log, { collector: `${origin}${pathname}`, folder: options.folder })
  }

  start (): void {
    this.#running ??= this.#run()
  }

  /** Something was put into the folder. */
  wake (): void {
    this.#isWoken = true
    this.#wake?.abort()
  }

  /** Resolves true once nothing waits in the folder, false after `limitMs`. */
  async drain (limitMs: number): Promise<boolean> {
    const limit = new AbortController()
    const drained = new Promise<boolean>((resolve) => { this.#drained.push(() => resolve(true)) })
    this.wake()
    const late = delay(limitMs, false, { signal: limit.signal }).catch(() => false)
    return await Promise.race([drained, late]).finally(() => limit.abort())
  }

  /** Waits 5 s at most for an answer that is due. */
  async stop (): Promise<void> {
    const { collector } = this.#options
    this.#closing.abort()
    this.wake()
    const late = setTimeout(() => collector.close(), stopMs)
    await this.#running
    clearTimeout(late)
    collector.close()
    await this.#lock.release()
  }

  async #run (): Promise<void> {
    while (!this.#closing.signal.aborted) {
      this.#isWoken = false
      const isBusy = await this.#step().catch((error: unknown) => this.#noteFolderTrouble(error))
      if (!isBusy && !this.#isWoken) await this.#pause(lookMs)
    }
  }

  #noteFolderTrouble (error: unknown): false {
    const reason = error instanceof Error ? error.message : String(error)
    if (reason !== this.#folderTrouble) this.#options.log.error(`${this.#options.folder} cannot be used (${reason}): messages in it are not sent`)
    this.#folderTrouble = reason
    return false
  }

  /** Sends one segment; false where there is none for this process to send. */
  async #step (): Promise<boolean> {
    const isSender = await this.#lock.tryHold()
    const oldest = await this.#look(isSender)
    this.#folderTrouble = ''
    if (oldest === undefined) for (const resolve of this.#drained.splice(0)) resolve()
    if (!isSender || oldest === undefined) return false
    if (oldest.isOpen) {
      await this.#options.writer.seal()
      await sealSegment(this.#options.folder, oldest.name)
    }
    await this.#send(oldest)
    return true
  }

  /** The oldest segment, after those beyond the bounds were dropped. */
  async #look (isSender: boolean): Promise<Segment | undefined> {
    const { folder, maxAgeMs, segmentMs, maxBytes, now } = this.#options
    this.segments = await listSegments(folder, this.segments)
    if (!isSender) return this.segments[0]
    let bytes = this.segments.reduce((sum, segment) => sum + segment.bytes, 0)
    const isBeyond = ({ createdMs }: Segment): boolean => bytes > maxBytes || (createdMs > year2020 && now() - createdMs - segmentMs > maxAgeMs)
    for (let oldest = this.segments[0]; oldest !== undefined && isBeyond(oldest); oldest = this.segments[0]) {
      this.#noteDropped(oldest, bytes > maxBytes)
      await rm(segmentPath(folder, oldest), { force: true })
      bytes -= oldest.bytes
      this.segments.shift()
    }
    return this.segments[0]
  }

  #noteDropped ({ waiting }: Segment, isFull: boolean): void {
    const { folder, log, maxAgeMs, maxBytes } = this.#options
    this.counts.dropped += waiting
    if (this.#isDropping) return
    this.#isDropping = true
    log.warn(isFull ? `${folder} has reached ${maxBytes} bytes: the oldest messages are dropped` : `messages older than ${Math.round(maxAgeMs / 86_400_000)} days are dropped from ${folder}`)
  }

  async #send (segment: Segment): Promise<void> {
    const { folder, log } = this.#options
    const content = await readSegment(folder, segment.name)
    if (content === undefined) return
    if (content.tornBytes > 0) log.warn(`${segment.name}: left out ${content.tornBytes} bytes of a line that was not finished: its writer was ended`)
    if (content.broken.length > 0) await this.#refuse(content.broken.map((line) => ({ reason: 'not a JSON object', message: line })))
    Object.assign(segment, { isOpen: false, bytes: content.bytes, waiting: content.messages.length })
    let most = batchMessages
    for (let rest = content.messages; rest.length > 0;) {
      if (this.#closing.signal.aborted) return
      const batch = takeBatch(rest, most)
      const verdict = await this.#post(batch)
      if (verdict.is === 'too large' && batch.length > 1) {
        most = batch.length >> 1
        continue
      }
      if (verdict.is === 'trouble') {
        if (!await this.#waitOut(verdict, segment)) return
        continue
      }
      await this.#settle(batch, verdict)
      rest = rest.slice(batch.length)
      segment.waiting = rest.length
    }
    await rm(segmentPath(folder, segment), { force: true })
  }

  async #post (batch: string[]): Promise<Verdict> {
    const { collector, now } = this.#options
    try {
      return judgeAnswer(await collector.post(`[${batch.join()}]`), batch.length, now())
    } catch (error) {
      return { is: 'trouble', kind: 'away', text: `does not answer (${codeOf(error) ?? String(error)})` }
    }
  }

  async #settle (batch: string[], verdict: Exclude<Verdict, { is: 'trouble' }>): Promise<void> {
    const { now } = this.#options
    if (verdict.is === 'too large') {
      await this.#refuse(batch.map((line) => ({ reason: 'larger than the collector takes', message: JSON.parse(line) })))
      return
    }
    this.trouble.end(now(), this.segments.reduce((sum, { waiting }) => sum + waiting, 0))
    this.#isDropping = false
    this.lastSuccessMs = now()
    this.counts.stored += verdict.stored
    this.counts.duplicates += verdict.duplicates
    if (verdict.refused.length > 0) await this.#refuse(verdict.refused.map(({ index, reason }) => ({ reason, message: JSON.parse(batch[index] ?? 'null') })))
  }

  async #refuse (refused: Refused[]): Promise<void> {
    const { folder, log, now } = this.#options
    this.counts.refused += refused.length
    log.warn({ reasons: refused.slice(0, reasonsLogged).map(({ reason }) => reason) }, `${refused.length} messages were refused; they are kept in refused.jsonl in ${folder}`)
    await keepRefused(folder, refused, now()).catch((error: unknown) => log.error({ err: error }, 'refused messages could not be kept'))
  }

  /** Waits until it is time for another attempt. False where the segment is gone meanwhile, or this process is to stop. */
  async #waitOut (verdict: Extract<Verdict, { is: 'trouble' }>, segment: Segment): Promise<boolean> {
    const { now } = this.#options
    const { signal } = this.#closing
    if (signal.aborted) return false
    let leftMs = this.trouble.note(verdict, now())
    for (; leftMs > 0; leftMs -= lookMs) {
      await delay(Math.min(leftMs, lookMs), undefined, { signal }).catch(() => {})
      if (signal.aborted || !this.#lock.isHeld || await this.#look(true) !== segment) return false
    }
    return true
  }

  async #pause (ms: number): Promise<void> {
    this.#wake = new AbortController()
    await delay(ms, undefined, { signal: this.#wake.signal }).catch(() => {})
    this.#wake = null
  }
}

/** From the front, so many messages and so much text at most, but one in any case. */
function takeBatch (messages: string[], most: number): string[] {
  let characters = 0
  const end = messages.findIndex((message, i) => i > 0 && (i >= most || (characters += message.length) > batchCharacters))
  return end === -1 ? messages : messages.slice(0, end)
}
