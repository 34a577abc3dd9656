import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { withDeadline } from '../../deadline.js'
import { judgeAnswer, type Result } from './retry.js'
import { clip } from './text.js'

export interface Post {
  url: URL
  headers: Record<string, string>
  body: string
  signal: AbortSignal
  /** For connection and answer together. */
  deadlineMs: number
  nowMs: number
  /** Not to be repeated of what the receiver says. */
  secrets: string[]
}

const readBytes = 64 * 1024
const shownCharacters = 300
/** Shorter ones stand in every other text, and keep nobody out. */
const leastSecret = 4

/**
 * One POST on a connection of its own, redirects not followed. User and password of the URL are sent as basic authorisation. Of the
 * answer's body only its beginning is read. Rejects only where `signal` says so.
 */
export async function postJson ({ url, headers, body, signal, deadlineMs, nowMs, secrets }: Post): Promise<Result> {
  const options: RequestOptions = {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body), 'user-agent': 'meshmon', ...headers },
  }
  try {
    return await withDeadline({ ms: deadlineMs, signal }, async (limited) => {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const send = url.protocol === 'https:' ? requestHttps : requestHttp
        send(url, { ...options, signal: limited }).on('response', resolve).on('error', reject).end(body)
      })
      const { statusCode: status = 0, headers: { 'retry-after': retryAfter, location } } = response
      return judgeAnswer({ status, retryAfter, location, text: tidy(await readBeginning(response), secrets) }, nowMs)
    })
  } catch (error) {
    signal.throwIfAborted()
    return { is: 'failed', permanent: false, reason: reasonOf(error) }
  }
}

/** What can be read of the body before its limit, its end, or the end of the connection. */
async function readBeginning (response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= readBytes) break
    }
  } catch {
    // The status has come; what the body still held is of no use.
  }
  return Buffer.concat(chunks).toString()
}

/** Parts of an address that may be all that keeps strangers out: servers repeat them in their errors. */
export function secretsOf ({ password, pathname, searchParams }: URL): string[] {
  const parts = [password, ...pathname.split('/'), ...searchParams.values()]
  return [...new Set(parts.flatMap((part) => [part, decode(part)]))].filter((part) => part.length >= leastSecret)
}

function decode (part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function tidy (text: string, secrets: string[]): string {
  const harmless = secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '…'), text)
  return clip(harmless.replace(/[\p{Cc}\s]+/gu, ' '), shownCharacters)
}

function reasonOf (error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
