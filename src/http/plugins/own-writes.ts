import type { FastifyPluginAsync } from 'fastify'
import plugin from 'fastify-plugin'

const cookie = 'meshmon_wrote'
const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

export interface OwnWrites {
  /** Runs `work` with reads from the primary. */
  onPrimary: (work: () => void) => void
  /** So long after a change its author is answered by the primary. */
  seconds: number
}

/**
 * Where a replica answers, whoever changed something sees it all the same: requests that change something read from the primary, and so do the
 * next ones of the same browser, which a cookie marks.
 */
const watch: FastifyPluginAsync<OwnWrites> = async (app, { onPrimary, seconds }) => {
  // After the body: what reads it would leave this context.
  app.addHook('preHandler', (request, _reply, done) => {
    if (reading.has(request.method) && request.cookies[cookie] === undefined) done()
    else onPrimary(done)
  })
  app.addHook('onSend', async (request, reply) => {
    if (reading.has(request.method) || reply.statusCode >= 400 || request.routeOptions.url === '/ingest') return
    reply.setCookie(cookie, '1', { path: '/', httpOnly: true, sameSite: 'strict', maxAge: seconds })
  })
}

export const ownWrites = plugin(watch)
