import { Collector, readTaken, type CollectorAnswer } from '../delivery/collector.js'
import { noCounts, type Outgoing, type Sink } from './sink.js'

export interface PostOptions {
  /** The collector; /ingest is added. */
  url: URL
  token?: string
  /** Messages per request. */
  batch: number
  connections: number
  /** Stops retries; what is in flight has 5 s. */
  signal: AbortSignal
  now: () => number
  /** Resolves after so many ms, or as soon as the signal aborts. */
  wait: (ms: number) => Promise<void>
}

export class PostError extends Error {}

const stopMs = 5_000
const giveUpMs = 300_000
const firstWaitMs = 250
const longestWaitMs = 30_000
const aheadBatches = 4

interface Lane { bodies: string[], waiting: number, tail: Promise<void> }

/**
 * Posts to a collector over a few connections kept open. The messages of a node always take the same one, so that each arrives
 * after those before it. A 5xx, a 429 or a broken connection is tried again (Retry-After, else doubling waits) for 5 min; every
 * connection holds at most four batches more than the one in flight.
 * @throws PostError from any call, once a request has failed for good
 */
export class PostSink implements Sink {
  readonly counts = noCounts()
  readonly #options: PostOptions
  readonly #collector: Collector
  readonly #lanes: Lane[]
  readonly #stop: () => void
  #failure: Error | null = null

  constructor (options: PostOptions) {
    this.#options = options
    this.#collector = new Collector(options)
    this.#lanes = Array.from({ length: options.connections }, () => ({ bodies: [], waiting: 0, tail: Promise.resolve() }))
    this.#stop = () => { setTimeout(() => { this.#collector.close() }, stopMs).unref() }
    options.signal.addEventListener('abort', this.#stop, { once: true })
  }

  write ({ node, message }: Outgoing): Promise<void> | undefined {
    if (this.#failure !== null) throw this.#failure
    const lane = this.#lanes[node % this.#lanes.length]
    if (lane === undefined) throw new PostError('no connections')
    this.counts.messages++
    lane.bodies.push(JSON.stringify(message))
    if (lane.bodies.length < this.#options.batch) return undefined
    this.#submit(lane)
    return lane.waiting > aheadBatches ? lane.tail : undefined
  }

  push (): void {
    for (const lane of this.#lanes) if (lane.bodies.length > 0 && lane.waiting === 0) this.#submit(lane)
  }

  async close (): Promise<void> {
    for (const lane of this.#lanes) if (lane.bodies.length > 0) this.#submit(lane)
    await Promise.all(this.#lanes.map(({ tail }) => tail))
    this.#options.signal.removeEventListener('abort', this.#stop)
    this.#collector.close()
    if (this.#failure !== null) throw this.#failure
  }

  #submit (lane: Lane): void {
    const bodies = lane.bodies
    lane.bodies = []
    lane.waiting++
    lane.tail = lane.tail.then(() => this.#deliver(bodies)).catch((error: unknown) => {
      this.#failure ??= error instanceof Error ? error : new PostError(String(error))
    }).finally(() => { lane.waiting-- })
  }

  async #deliver (bodies: string[]): Promise<void> {
    const body = `[${bodies.join()}]`
    let trouble = ''
    let wait = firstWaitMs
    const { now } = this.#options
    for (const since = now(); now() - since < giveUpMs;) {
      if (this.#options.signal.aborted && trouble !== '') break
      const answer = await this.#collector.post(body).catch((error: Error) => error)
      if (!(answer instanceof Error) && this.#settles(answer, bodies.length)) return
      trouble = answer instanceof Error ? answer.message : `answer ${answer.status}`
      if (answer instanceof Error && 'code' in answer && answer.code === 'ECONNREFUSED' && this.counts.stored + this.counts.duplicates === 0) {
        throw new PostError(`nothing listens at ${this.#collector.target.href}: start the collector, or name it with --url`)
      }
      this.counts.retries++
      const asked = answer instanceof Error ? NaN : Number(answer.retryAfter) * 1000
      await this.#options.wait(Number.isFinite(asked) ? Math.min(asked, longestWaitMs) : wait)
      wait = Math.min(2 * wait, longestWaitMs)
    }
    this.counts.unsent += bodies.length
    if (!this.#options.signal.aborted) throw new PostError(`${this.#collector.target.href} took nothing for ${giveUpMs / 60_000} min (${trouble}): is the collector running?`)
  }

  /** True when the answer is final and counted; throws where a repetition cannot help. */
  #settles ({ status, body }: CollectorAnswer, sent: number): boolean {
    if (status === 200) {
      const taken = readTaken(body)
      if (taken === undefined) throw new PostError(`not a collector's answer: ${body.slice(0, 100)}`)
      this.counts.stored += taken.stored
      this.counts.duplicates += taken.duplicates
      this.counts.rejected += taken.rejected.length
      return true
    }
    if (status === 400) {
      this.counts.rejected += sent
      return true
    }
    if (status === 429 || status >= 500) return false
    throw new PostError(`${this.#collector.target.href} answered ${status}: ${body.slice(0, 300)}`)
  }
}
