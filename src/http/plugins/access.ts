import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { Config } from '../../config.js'
import { sendProblem } from './problems.js'
import { sessionCookie, sessionOf } from './session.js'

/** Where a browser gives the token once: open to all, since it checks the token itself. */
export const loginRoute = '/ui/login'

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Wrong tokens at /ingest from one address, each answered as such. */
const ingestGuesses = { max: 60, timeWindow: 60_000, cache: 5000 }

/**
 * Who may write. A mesh is closed, so everybody may unless tokens are set. A browser's page of a foreign origin may not write
 * in any case, unless CORS_ORIGINS names it: otherwise every page an operator visits could.
 */
const guard: FastifyPluginAsync<{ config: Config }> = async (app, { config }) => {
  const { API_TOKEN, INGEST_TOKEN, CORS_ORIGINS } = config
  const countIngestGuess = app.createRateLimit(ingestGuesses)

  /**
   * Only who is wrong is counted: a whole mesh may stand behind one address, and the agent that has the right token is served
   * whatever its neighbours send. The body stays unread, and the connection ends with it.
   */
  async function refuseIngestGuess (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const guess = await countIngestGuess(request)
    if (guess.isAllowed || !guess.isExceeded) return undefined
    reply.headers({ 'retry-after': guess.ttlInSeconds, connection: 'close' })
    return sendProblem(reply, 429, `more than ${ingestGuesses.max} wrong tokens within a minute from this address; the right INGEST_TOKEN is still taken`)
  }

  // Behind the limit of writes, which counts in onRequest: whoever guesses API_TOKEN is slowed down, too.
  app.addHook('preParsing', async (request, reply) => {
    if (reading.has(request.method)) return
    const ingest = request.routeOptions.url === '/ingest'
    const { origin } = request.headers
    if (origin !== undefined && !CORS_ORIGINS.includes(origin) && !isOwn(origin, request)) {
      return sendProblem(reply, 403, `writes from pages of ${origin} are not allowed; CORS_ORIGINS can name it`)
    }
    const token = ingest ? INGEST_TOKEN : API_TOKEN
    if (request.routeOptions.url === loginRoute) return
    const isSignedIn = !ingest && API_TOKEN !== undefined && sameText(request.cookies[sessionCookie] ?? '', sessionOf(API_TOKEN))
    if (token !== undefined && !isSignedIn && !sameText(givenToken(request, ingest), token)) {
      if (request.routeOptions.url?.startsWith('/ui/') === true) return await reply.redirect(loginRoute, 303)
      if (ingest && await refuseIngestGuess(request, reply)) return reply
      reply.header('www-authenticate', 'Bearer')
      return sendProblem(reply, 401, `this needs the header "Authorization: Bearer …" with the collector's ${ingest ? 'INGEST_TOKEN' : 'API_TOKEN'}`)
    }
  })
}

export const access = plugin(guard)

function isOwn (origin: string, request: FastifyRequest): boolean {
  try {
    return new URL(origin).host === request.host
  } catch {
    return false
  }
}

function givenToken (request: FastifyRequest, ingest: boolean): string {
  const bearer = /^bearer +([^ ].*)$/i.exec(request.headers.authorization ?? '')?.[1]
  const { token } = request.query as { token?: unknown }
  return bearer ?? (ingest && typeof token === 'string' ? token : '')
}

/** Hashed first, so that neither content nor length shows in the time it takes. */
export function sameText (a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
