import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'

export interface CachedAnswer {
  body: string
  type: string
  maxAgeS: number
  headers?: Record<string, string>
}

/** Sends it with an ETag made of its text; 304 where the client says that it has the same already. */
export async function sendCached (reply: FastifyReply, ifNoneMatch: string | undefined, { body, type, maxAgeS, headers = {} }: CachedAnswer): Promise<FastifyReply> {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  reply.headers({ etag, 'cache-control': `public, max-age=${maxAgeS}` })
  if (ifNoneMatch?.split(/,\s*/).includes(etag) === true) return await reply.code(304).send()
  return await reply.type(type).headers(headers).send(body)
}
