import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import plugin from 'fastify-plugin'

const compress = promisify(gzip)
/** A Raspberry Pi's processor counts for more than the last tenth of the bytes. */
const level = 2
/** Smaller answers fit into a packet or two anyway. */
const leastBytes = 2048

/**
 * Sends text in gzip to clients that take it. What is sent as the same Buffer again, such as a script, is compressed once. Streams stay as they are: those of
 * events pass no hook. @fastify/compress costs every start a tenth of a second, and compresses each answer anew.
 */
export const compression = plugin(async (app) => {
  const kept = new WeakMap<Buffer, Buffer>()
  app.addHook<unknown>('onSend', async (request, reply, payload) => {
    const isLongText = isTextual(reply.getHeader('content-type')) && (typeof payload === 'string' || Buffer.isBuffer(payload)) && Buffer.byteLength(payload) >= leastBytes
    // 304 tells what 200 would; it has neither type nor text.
    if (isLongText || reply.statusCode === 304) reply.header('vary', [reply.getHeader('vary') ?? [], 'accept-encoding'].flat().join(', '))
    if (!isLongText) return payload
    if (reply.hasHeader('content-encoding') || !takesGzip(request.headers['accept-encoding'])) return payload
    const body = (Buffer.isBuffer(payload) ? kept.get(payload) : undefined) ?? await compress(payload, { level })
    if (Buffer.isBuffer(payload)) kept.set(payload, body)
    reply.removeHeader('content-length')
    reply.header('content-encoding', 'gzip')
    return body
  })
})

function isTextual (type: unknown): boolean {
  return /^(?:text\/|image\/svg\+xml|application\/(?:[\w.-]+\+)?(?:json|javascript|xml)\b)/.test(String(type))
}

/** Of `gzip;q=0.5, *;q=0` and the like (RFC 9110, 12.5.3). */
function takesGzip (accepted: string | string[] | undefined): boolean {
  const codings = String(accepted ?? '').toLowerCase().split(',').map((part) => part.split(';').map((piece) => piece.trim()))
  const [, ...parameters] = codings.find(([name]) => name === 'gzip') ?? codings.find(([name]) => name === '*') ?? ['', 'q=0']
  return !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))
}
