import type { Arrival } from './arrival.js'
import type { Outcome } from './flush.js'
import type { RejectedMessage } from './rejected.js'

/** What one request brought. Its messages are stored in one transaction. */
export interface Submission {
  arrivals: Arrival[]
  rejected: RejectedMessage[]
}

/** Stores in one transaction what several requests brought (flush.ts). */
export type Store = (arrivals: Arrival[], rejected: RejectedMessage[]) => Promise<Map<Arrival, Outcome>>

export interface WriterOptions {
  /** Rows that may wait or be on their way. */
  queueRows: number
  /** Rows at which a flush is due at once. */
  flushRows: number
  /** Time between the starts of small flushes: how long a row waits for others at most. The first after a pause does not wait. */
  flushMs: number
  /** Transactions under way at once. A second one keeps the server busy while the process reads requests; one session can't have it. */
  parallel: number
  /** How long a request waits in the queue before it is told that the database is away. */
  waitMs: number
  /** When a request is answered at the latest, though its transaction still runs. */
  answerMs: number
  /** Milliseconds since 1970. */
  now: () => number
}

export interface WriterStats {
  onFlush (seconds: number): void
  onFailure (error: Error): void
}

export interface Writer {
  /**
   * Resolves after the commit with one outcome per arrival, in order. Rejects with Unavailable; then nothing of the
   * submission is stored, but where the database falls silent during the transaction itself: then it may be, and the repeat is a duplicate.
   */
  submit (submission: Submission): Promise<Outcome[]>
  /** Rows waiting and on their way. */
  readonly queuedRows: number
  /** Writes what waits, then refuses more. */
  close (): Promise<void>
}

/** The request can't be taken now; the sender should come again. */
export class Unavailable extends Error {
  constructor (message: string, readonly retryAfterS: number) {
    super(message)
    this.name = 'Unavailable'
  }
}

/** Fewer rows than this are not worth a transaction beside another. */
const worthwhileRows = 300

interface Waiting extends Submission {
  rows: number
  queuedAtMs: number
  resolve: (outcomes: Outcome[]) => void
  reject: (error: Error) => void
}

/**
 * Batching writer. Requests that come together share one transaction.
 *
 * - idle: nothing waits. A submission starts a timer that ends `flushMs` after the last flush started: at once after a pause.
 * - gathering: the timer runs; `flushRows` rows end it early.
 * - flushing: a transaction is under way, and more submissions gather behind it. When it ends and rows wait, the timer starts
 *   again: under load `flushMs` are long over. Beside it another starts (up to `parallel`) when enough rows wait to be worth one.
 *
 * The queue is bounded by `queueRows`, the time in it by `waitMs`.
 */
class BatchingWriter implements Writer {
  queuedRows = 0
  readonly #queue: Waiting[] = []
  #waitingRows = 0
  #timer: NodeJS.Timeout | null = null
  #flushedAtMs = -Infinity
  readonly #flushing = new Set<Promise<void>>()
  #closed = false

  constructor (readonly store: Store, readonly options: WriterOptions, readonly stats: WriterStats) {}

  async submit (submission: Submission): Promise<Outcome[]> {
    const rows = countRows(submission)
    if (this.#closed) throw new Unavailable('the collector is stopping', 5)
    // A single large request must fit, however small the queue.
    if (this.queuedRows > 0 && this.queuedRows + rows > this.options.queueRows) throw new Unavailable('the queue is full', 2)
    this.queuedRows += rows
    this.#waitingRows += rows
    let late: NodeJS.Timeout | undefined
    try {
      return await new Promise((resolve, reject) => {
        late = setTimeout(() => reject(new Unavailable('the database does not answer in time', 5)), this.options.answerMs)
        this.#queue.push({ ...submission, rows, queuedAtMs: this.options.now(), resolve, reject })
        this.#schedule()
      })
    } finally {
      clearTimeout(late)
    }
  }

  async close (): Promise<void> {
    this.#closed = true
    while (this.#queue.length > 0 || this.#flushing.size > 0) {
      if (this.#flushing.size === 0) this.#flush()
      await Promise.race(this.#flushing)
    }
  }

  #schedule (): void {
    const { flushRows, flushMs, parallel } = this.options
    if (this.#flushing.size > 0) {
      if (this.#flushing.size < parallel && this.#waitingRows >= Math.min(flushRows, worthwhileRows)) this.#flush()
    } else if (this.#waitingRows >= flushRows) {
      this.#flush()
    } else {
      this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, this.#flushedAtMs + flushMs - performance.now()))
    }
  }

  #flush (): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#flushedAtMs = performance.now()
    const flushing = this.#write(this.#takeBatch()).finally(() => {
      this.#flushing.delete(flushing)
      if (this.#queue.length > 0) this.#schedule()
    })
    this.#flushing.add(flushing)
  }

  /** Whole submissions, at least one, up to `flushRows`. What waited too long is turned away instead. */
  #takeBatch (): Waiting[] {
    const { flushRows, waitMs, now } = this.options
    const batch: Waiting[] = []
    let rows = 0
    for (let next = this.#queue[0]; next && (batch.length === 0 || rows + next.rows <= flushRows); next = this.#queue[0]) {
      this.#queue.shift()
      this.#waitingRows -= next.rows
      if (now() - next.queuedAtMs > waitMs) {
        this.queuedRows -= next.rows
        next.reject(new Unavailable('the database did not keep up', 5))
      } else {
        batch.push(next)
        rows += next.rows
      }
    }
    return batch
  }

  async #write (batch: Waiting[]): Promise<void> {
    if (batch.length === 0) return
    const startedAtMs = performance.now()
    try {
      const outcomes = await this.store(batch.flatMap((waiting) => waiting.arrivals), batch.flatMap((waiting) => waiting.rejected))
      this.stats.onFlush((performance.now() - startedAtMs) / 1000)
      for (const { arrivals, resolve } of batch) resolve(arrivals.map((arrival) => outcomes.get(arrival) ?? 'duplicate'))
    } catch (error) {
      if (!(error instanceof Unavailable)) this.stats.onFailure(error as Error)
      const answer = error instanceof Unavailable ? error : new Unavailable('the database can\'t store anything now', 5)
      for (const { reject } of batch) reject(answer)
    } finally {
      for (const { rows } of batch) this.queuedRows -= rows
    }
  }
}

export function createWriter (store: Store, options: WriterOptions, stats: WriterStats): Writer {
  return new BatchingWriter(store, options, stats)
}

function countRows ({ arrivals, rejected }: Submission): number {
  return arrivals.reduce((sum, { message }) => sum + Math.max(1, message.rows.length), rejected.length)
}
