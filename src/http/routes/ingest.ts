import type { Readable } from 'node:stream'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { BodyRefused, type Ingest, type IngestResult, type Rejection } from '../../ingest/ingest.js'
import { decompress } from '../../ingest/decompress.js'
import { BodyMemory, receiveBody, type BodyAllowance } from '../../ingest/receive.js'
import { problemType, sendProblem } from '../plugins/problems.js'
import { answers } from '../schemas/common.js'

/** An answer to one message has at most 500 bytes, the oldest agent reads no more: these are left of them by our headers (200). */
const bodyBytes = 300
const detailBytes = 140
const rejectionsShown = 100
/** Bodies of this many times the largest may be under way together. */
const largestBodies = 8

export const ingestRoutes: FastifyPluginAsync<{ ingest: Ingest, maxBody: number }> = async (app, { ingest, maxBody }) => {
  const memory = new BodyMemory(largestBodies * maxBody)

  // The body decides what it is, not the header: whatever an agent's client claims, the handler reads it as bytes.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.addHook('onRequest', async (request) => {
    request.raw.headers['content-type'] = 'application/octet-stream'
  })

  app.post<{ Body: Readable }>('/ingest', {
    config: { rateLimit: false },
    schema: {
      tags: ['ingest'],
      summary: 'What agents send: one message, an array, or one JSON object a line',
      description: 'Messages `meshmon.v1` and `meshmon.v2`, and what an AREDN node answers at `/a/sysinfo`, as it is. The answer comes after the commit. `Content-Encoding` gzip and deflate are understood, `Content-Type` does not matter.',
      querystring: Type.Object({ token: Type.Optional(Type.String({ description: 'INGEST_TOKEN, for clients that cannot set headers' })) }, { additionalProperties: false }),
      response: answers({
        200: { description: 'Stored, or stored before; what was rejected is listed', content: { 'application/json': { schema: Type.Ref('IngestAnswer') } } },
        400: { description: 'Nothing of it could be accepted', content: { [problemType]: { schema: Type.Ref('Problem') } } },
        413: { description: 'Too large, or too many messages', content: { [problemType]: { schema: Type.Ref('Problem') } } },
        415: { description: 'A content encoding other than gzip and deflate', content: { [problemType]: { schema: Type.Ref('Problem') } } },
        429: { description: 'Too many wrong tokens within a minute from one address; the right one is still taken', content: { [problemType]: { schema: Type.Ref('Problem') } } },
        503: { description: 'The database is away or the queue is full; nothing was stored', content: { [problemType]: { schema: Type.Ref('Problem') } } },
      }, 401, 403),
    },
  }, async (request, reply) => {
    const allowance = memory.open()
    try {
      const body = await readWhole(request.body, request.headers['content-encoding'], allowance)
      if (!body.ok) {
        await ingest.quarantine(body.bytes, senderOf(request), body.detail)
        return sendProblem(reply, body.status, cut(body.detail, detailBytes))
      }
      const result = await ingest.accept(body.bytes, senderOf(request))
      if (result.received > 0 && result.rejected.length === result.received) {
        const detail = cut(detailOf(result), detailBytes)
        return sendProblem(reply, 400, detail, { rejected: result.received === 1 ? fitting(result.rejected, detail) : shown(result) })
      }
      return reply.type('application/json').send(JSON.stringify({ accepted: true, ...result, rejected: shown(result) }))
    } catch (error) {
      if (error instanceof BodyRefused) return sendProblem(reply, error.statusCode, cut(error.message, detailBytes))
      throw error
    } finally {
      allowance.release()
    }
  })

  /** The body without its encoding, or as much of it as there is and what is wrong with it. */
  async function readWhole (stream: Readable, encoding: string | undefined, allowance: BodyAllowance) {
    const received = await receiveBody(stream, maxBody, allowance)
    if (!received.ok) return received
    const body = await decompress(received.bytes, encoding, maxBody)
    if (!body.ok) return { ...body, bytes: received.bytes }
    if (body.bytes !== received.bytes) allowance.take(body.bytes.length)
    return body
  }
}

/** On a socket for both families an IPv4 address comes as `::ffff:10.1.2.3`: the node's is what stands behind. */
function senderOf ({ ip }: FastifyRequest): string {
  return ip.replace(/^::ffff:(?=\d+\.)/i, '')
}

function detailOf ({ rejected: [first, ...others] }: IngestResult): string {
  const detail = first!.detail ?? first!.errors.map(({ path, message }) => `${path} ${message}`.trim())[0] ?? 'not accepted'
  return others.length > 0 ? `all ${others.length + 1} messages were rejected; the first: ${detail}` : detail
}

/** Of a batch the first hundred. */
function shown ({ rejected }: IngestResult): Rejection[] {
  return rejected.slice(0, rejectionsShown)
}

/** Of a single message what the smallest agent can read; what comes first in its errors stands in the detail, too. */
function fitting (rejected: Rejection[], detail: string): Rejection[] {
  return rejected.map(({ index, type, errors }) => {
    let room = bodyBytes - bytesOf({ title: 'Bad Request', status: 400, detail, rejected: [{ index, type: '', errors: [] }] })
    const fits = (value: unknown) => (room -= bytesOf(value) + 1) >= 0
    return { index, ...(type !== undefined && fits(type) && { type }), errors: errors.filter(fits) }
  })
}

function bytesOf (value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** Text that takes at most so many bytes in JSON, however wide its characters. */
function cut (text: string, longest: number): string {
  if (bytesOf(text) <= longest) return text
  const ellipsis = '…'
  let room = longest - bytesOf(ellipsis)
  const kept = Array.from(text)
  const end = kept.findIndex((character) => (room -= bytesOf(character) - 2) < 0)
  return kept.slice(0, end).join('') + ellipsis
}
