import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'

export interface CachedAnswer {
  body: string
  type: string
  maxAgeS: number
  headers?: Record<string, string>
}

/** Sends it with an ETag made of its text, a weak one: it is the same compressed or not. 304 where the client says that it has the same already. */
export async function sendCached (reply: FastifyReply, ifNoneMatch: string | undefined, { body, type, maxAgeS, headers = {} }: CachedAnswer): Promise<FastifyReply> {
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  reply.headers({ etag: `W/${tag}`, 'cache-control': `public, max-age=${maxAgeS}` })
  if (ifNoneMatch?.split(/,\s*/).some((known) => known.replace(/^W\//, '') === tag) === true) return await reply.code(304).send()
  return await reply.type(type).headers(headers).send(body)
}
