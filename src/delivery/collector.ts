import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent, request as requestTls } from 'node:https'
import { codeOf } from '../database/errors.js'

export interface CollectorOptions {
  /** The collector; /ingest is added. */
  url: URL
  token?: string
  /** Connections kept open, at most. */
  connections: number
}

/** As it came; `body` is its beginning. */
export interface CollectorAnswer {
  status: number
  retryAfter: string | undefined
  body: string
}

/** What a collector says of a request that it took. */
export interface Taken {
  received: number
  stored: number
  duplicates: number
  rejected: unknown[]
}

const deadlineMs = 30_000
const longestAnswer = 1 << 20

/** Posts bodies to the /ingest of a collector over connections kept open. */
export class Collector {
  readonly target: URL
  readonly #agent: Agent
  readonly #headers: Record<string, string>
  #isClosed = false

  constructor ({ url, token, connections }: CollectorOptions) {
    const settings = { keepAlive: true, maxSockets: connections }
    this.target = new URL(url)
    this.target.pathname = `${url.pathname.replace(/\/(ingest)?$/, '')}/ingest`
    this.#agent = url.protocol === 'https:' ? new TlsAgent(settings) : new Agent(settings)
    this.#headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  }

  /** Resolves with whatever was answered; rejects where no whole answer came within 30 s. */
  async post (body: string): Promise<CollectorAnswer> {
    for (;;) {
      const send = this.target.protocol === 'https:' ? requestTls : request
      const headers = { ...this.#headers, 'content-length': Buffer.byteLength(body) }
      const call = send(this.target, { method: 'POST', agent: this.#agent, headers })
      const deadline = setTimeout(() => call.destroy(new Error(`no answer for ${deadlineMs / 1000} s`)), deadlineMs)
      try {
        return await answerTo(call, body)
      } catch (error) {
        // The other side closed a connection that had nothing to do, just as we took it again.
        if (this.#isClosed || !call.reusedSocket || !['ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')) throw error
      } finally {
        clearTimeout(deadline)
      }
    }
  }

  /** Ends every connection, also where an answer is still awaited. */
  close (): void {
    this.#isClosed = true
    this.#agent.destroy()
  }
}

async function answerTo (call: ClientRequest, body: string): Promise<CollectorAnswer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    call.on('response', resolve).on('error', reject).end(body)
  })
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) if (text.length < longestAnswer) text += String(chunk)
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body: text }
}

/** The counts of a 200; undefined where the body is no collector's. */
export function readTaken (body: string): Taken | undefined {
  const { received, stored, duplicates, rejected } = readObject(body)
  if (typeof received !== 'number' || typeof stored !== 'number' || typeof duplicates !== 'number' || !Array.isArray(rejected)) return undefined
  return { received, stored, duplicates, rejected }
}

/** The object that a body is; an empty one where it is something else. */
export function readObject (body: string): Record<string, unknown> {
  try {
    const answer: unknown = JSON.parse(body)
    return typeof answer === 'object' && answer !== null ? { ...answer } : {}
  } catch {
    return {}
  }
}
