import { Agent, request, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent, request as requestTls } from 'node:https'
import type { Emission } from './generate.js'
import { noCounts, type Sink } from './sink.js'

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

const requestMs = 30_000
const stopMs = 5_000
const giveUpMs = 300_000
const firstWaitMs = 250
const longestWaitMs = 30_000
const aheadBatches = 4

interface Lane { bodies: string[], waiting: number, tail: Promise<void> }

interface Answer { status: number, retryAfter: string | undefined, body: string }

/**
 * Posts to a collector over a few connections kept open. The messages of a node always take the same one, so that each arrives
 * after those before it. A 5xx, a 429 or a broken connection is tried again (Retry-After, else doubling waits) for 5 min; every
 * connection holds at most four batches more than the one in flight.
 * @throws PostError from any call, once a request has failed for good
 */
export class PostSink implements Sink {
  readonly counts = noCounts()
  readonly #options: PostOptions
  readonly #target: URL
  readonly #agent: Agent
  readonly #lanes: Lane[]
  readonly #stop: () => void
  #failure: Error | null = null

  constructor (options: PostOptions) {
    const settings = { keepAlive: true, maxSockets: options.connections }
    this.#options = options
    this.#target = ingestUrl(options.url)
    this.#agent = this.#target.protocol === 'https:' ? new TlsAgent(settings) : new Agent(settings)
    this.#lanes = Array.from({ length: options.connections }, () => ({ bodies: [], waiting: 0, tail: Promise.resolve() }))
    this.#stop = () => { setTimeout(() => { this.#agent.destroy() }, stopMs).unref() }
    options.signal.addEventListener('abort', this.#stop, { once: true })
  }

  write ({ node, message }: Emission): Promise<void> | undefined {
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
    this.#agent.destroy()
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
      const answer = await this.#post(body).catch((error: Error) => error)
      if (!(answer instanceof Error) && this.#settles(answer, bodies.length)) return
      trouble = answer instanceof Error ? answer.message : `answer ${answer.status}`
      if (answer instanceof Error && 'code' in answer && answer.code === 'ECONNREFUSED' && this.counts.stored + this.counts.duplicates === 0) {
        throw new PostError(`nothing listens at ${this.#target.href}: start the collector, or name it with --url`)
      }
      this.counts.retries++
      const asked = answer instanceof Error ? NaN : Number(answer.retryAfter) * 1000
      await this.#options.wait(Number.isFinite(asked) ? Math.min(asked, longestWaitMs) : wait)
      wait = Math.min(2 * wait, longestWaitMs)
    }
    this.counts.unsent += bodies.length
    if (!this.#options.signal.aborted) throw new PostError(`${this.#target.href} took nothing for ${giveUpMs / 60_000} min (${trouble}): is the collector running?`)
  }

  /** True when the answer is final and counted; throws where a repetition cannot help. */
  #settles ({ status, body }: Answer, sent: number): boolean {
    if (status === 200) {
      const { stored, duplicates, rejected } = readCounts(body)
      this.counts.stored += stored
      this.counts.duplicates += duplicates
      this.counts.rejected += rejected
      return true
    }
    if (status === 400) {
      this.counts.rejected += sent
      return true
    }
    if (status === 429 || status >= 500) return false
    throw new PostError(`${this.#target.href} answered ${status}: ${body.slice(0, 300)}`)
  }

  #post (body: string): Promise<Answer> {
    const { token } = this.#options
    const headers = {
      'content-type': 'application/json', 'content-length': Buffer.byteLength(body),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    return new Promise((resolve, reject) => {
      const send = this.#target.protocol === 'https:' ? requestTls : request
      const call = send(this.#target, { method: 'POST', agent: this.#agent, headers, timeout: requestMs }, (response) => {
        readAll(response).then((text) => resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body: text }), reject)
      })
      call.on('timeout', () => call.destroy(new PostError(`no answer for ${requestMs / 1000} s`)))
      call.on('error', reject)
      call.end(body)
    })
  }
}

function ingestUrl (url: URL): URL {
  const target = new URL(url)
  target.pathname = `${target.pathname.replace(/\/(ingest)?$/, '')}/ingest`
  return target
}

const longestAnswer = 1 << 20

async function readAll (response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) if (text.length < longestAnswer) text += String(chunk)
  return text
}

function readCounts (body: string): { stored: number, duplicates: number, rejected: number } {
  const { stored, duplicates, rejected } = readObject(body)
  if (typeof stored !== 'number' || typeof duplicates !== 'number' || !Array.isArray(rejected)) throw new PostError(`not a collector's answer: ${body.slice(0, 100)}`)
  return { stored, duplicates, rejected: rejected.length }
}

function readObject (body: string): { [key: string]: unknown } {
  try {
    const answer: unknown = JSON.parse(body)
    return typeof answer === 'object' && answer !== null ? { ...answer } : {}
  } catch {
    return {}
  }
}
