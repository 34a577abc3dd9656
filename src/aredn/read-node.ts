import { request, type IncomingMessage } from 'node:http'
import { repairNonFinite } from '../ingest/json-text.js'
import type { Ranges } from './ranges.js'

export interface ReadOptions {
  ranges: Ranges
  /** Addresses of a host name; a rejection is a name that nobody knows. */
  resolve (host: string): Promise<string[]>
  port: number
  userAgent: string
  limits: ReadLimits
  /** Gives a reading up that is under way. */
  signal?: AbortSignal
}

/** Nodes are weak and hostile ones exist: every wait and every answer is bounded. */
export interface ReadLimits { connectMs: number, wholeMs: number, bytes: number, redirects: number }

export const defaultLimits: ReadLimits = { connectMs: 5000, wholeMs: 20_000, bytes: 2 * 1024 ** 2, redirects: 3 }

/** Why there is no answer. `outside`: no address of the host is in the ranges, nothing was sent. */
export type Failure = 'unknown_host' | 'outside' | 'unreachable' | 'timeout' | 'too_large' | 'cut_off' | 'redirect' | 'status' | 'not_sysinfo'

/** `bytes` were received and sent, headers included, in so many `requests`, whatever came of it. */
export type ReadOutcome = Outcome<{ sysinfo: Record<string, unknown> }>
/** `page` is an object or a list. */
export type PageOutcome = Outcome<{ page: object }>
type Outcome<Found> =
  | { ok: true, address: string, bytes: number, requests: number } & Found
  | { ok: false, address: string | null, bytes: number, requests: number, failure: Failure, detail: string }

class ReadFailed extends Error {
  constructor (readonly failure: Failure, detail: string) {
    super(detail)
    this.name = 'ReadFailed'
  }
}

/** The present address of the answer, and that of firmware 3.x. */
const paths = ['/a/sysinfo', '/cgi-bin/sysinfo.json'] as const

/**
 * Asks one node for its `sysinfo`; never throws. It is asked at an address in the ranges, at that one alone: neither a name that changes its address
 * nor a redirect leads elsewhere.
 * @param host name or address of the node
 * @param flags sections to ask for: `lqm=1&link_info=1`
 */
export async function readNode (host: string, flags: string, options: ReadOptions): Promise<ReadOutcome> {
  return await reading(host, options, async (call) => ({ sysinfo: await readAny(call, flags) }))
}

/** Asks one node for another page that is JSON, in the same way. */
export async function readPage (host: string, path: string, options: ReadOptions): Promise<PageOutcome> {
  return await reading(host, options, async (call) => {
    const { status, body } = await follow(call, path)
    if (status !== 200) throw new ReadFailed('status', `status ${status}`)
    return { page: parseJson(body) }
  })
}

async function reading<Found> (host: string, options: ReadOptions, work: (call: Call) => Promise<Found>): Promise<Outcome<Found>> {
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(new ReadFailed('timeout', `no whole answer within ${options.limits.wholeMs / 1000} s`)), options.limits.wholeMs)
  const { signal } = deadline
  const giveUp = (): void => deadline.abort(new ReadFailed('timeout', 'given up'))
  if (options.signal?.aborted) giveUp()
  options.signal?.addEventListener('abort', giveUp)
  const call: Call = { host, address: null, bytes: 0, requests: 0, options, signal }
  try {
    call.address = await untilAborted(findAddress(host, options), signal)
    const found = await work(call)
    return { ok: true, address: call.address, bytes: call.bytes, requests: call.requests, ...found }
  } catch (error) {
    const { failure, message } = error instanceof ReadFailed ? error : { failure: 'unreachable' as const, message: error instanceof Error ? error.message : String(error) }
    return { ok: false, address: call.address, bytes: call.bytes, requests: call.requests, failure, detail: message }
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', giveUp)
  }
}

interface Call { host: string, address: string | null, bytes: number, requests: number, options: ReadOptions, signal: AbortSignal }

async function untilAborted<T> (work: Promise<T>, signal: AbortSignal): Promise<T> {
  return await new Promise((resolve, reject) => {
    if (signal.aborted) reject(reasonOf(signal))
    signal.addEventListener('abort', () => reject(reasonOf(signal)), { once: true })
    work.then(resolve, reject)
  })
}

function reasonOf ({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

async function findAddress (host: string, { ranges, resolve }: ReadOptions): Promise<string> {
  const addresses = await resolve(host).catch(() => {
    throw new ReadFailed('unknown_host', 'the name is not known')
  })
  const address = addresses.find((one) => ranges.includes(one))
  if (address === undefined) throw new ReadFailed('outside', `no address in the ranges: ${addresses.slice(0, 3).join(', ') || 'none at all'}`)
  return address
}

async function readAny (call: Call, flags: string): Promise<Record<string, unknown>> {
  for (const path of paths) {
    const { status, body } = await follow(call, `${path}?${flags}`)
    if (status === 200) return parseAnswer(body)
    if (status !== 404 || path === paths.at(-1)) throw new ReadFailed('status', `status ${status}`)
  }
  throw new ReadFailed('status', 'nothing was asked')
}

interface Page { status: number, location: string | undefined, body: string }

/** Follows redirects on the node itself: the same host and port by http. */
async function follow (call: Call, start: string): Promise<Page> {
  const { host, options: { port, limits } } = call
  const origin = new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`)
  let url = new URL(start, origin)
  for (let redirects = 0; ; redirects++) {
    const page = await ask(call, url)
    if (page.status < 300 || page.status > 399 || page.location === undefined) return page
    if (redirects === limits.redirects) throw new ReadFailed('redirect', `more than ${limits.redirects} redirects`)
    if (!URL.canParse(page.location, url.href)) throw new ReadFailed('redirect', 'a redirect to what is no address')
    url = new URL(page.location, url)
    if (url.origin !== origin.origin) throw new ReadFailed('redirect', `a redirect off the node, to ${url.origin}`)
  }
}

/** One request on a connection of its own. */
async function ask (call: Call, url: URL): Promise<Page> {
  const { options: { port, userAgent, limits }, address, signal } = call
  call.requests++
  const asked = request({
    host: address ?? '', port, path: url.pathname + url.search, agent: false, signal, headers: { host: url.host, 'user-agent': userAgent, accept: 'application/json', connection: 'close' },
  })
  const connecting = setTimeout(() => asked.destroy(new ReadFailed('timeout', `no connection within ${limits.connectMs / 1000} s`)), limits.connectMs)
  asked.on('socket', (socket) => socket.on('connect', () => clearTimeout(connecting)))
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => asked.on('response', resolve).on('error', reject).end())
    const body = await readBody(response, limits.bytes)
    return { status: response.statusCode ?? 0, location: response.headers.location, body }
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : error
  } finally {
    clearTimeout(connecting)
    call.bytes += (asked.socket?.bytesRead ?? 0) + (asked.socket?.bytesWritten ?? 0)
    asked.destroy()
  }
}

async function readBody (response: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > mostBytes) throw new ReadFailed('too_large', `more than ${mostBytes} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof ReadFailed ? error : new ReadFailed('cut_off', `the answer broke off after ${size} bytes`)
  }
  return Buffer.concat(chunks).toString()
}

/** What comes with status 200 may be a login page or `{"error": …}`. */
function parseAnswer (body: string): Record<string, unknown> {
  const value = parseJson(body)
  if (!('api_version' in value)) throw new ReadFailed('not_sysinfo', 'the answer is JSON, but no sysinfo')
  return { ...value }
}

/** As tolerant as /ingest is where a node posts the very same: C programs print its pages, too. */
function parseJson (body: string): object {
  let value: unknown
  try {
    value = JSON.parse(repairNonFinite(body.replace(/^\uFEFF/, '')).text)
  } catch {
    throw new ReadFailed('not_sysinfo', 'the answer is not JSON')
  }
  if (typeof value !== 'object' || value === null) throw new ReadFailed('not_sysinfo', 'the answer is JSON, but no sysinfo')
  return value
}
