import type { FastifyInstance } from 'fastify'
import type { View } from '../../../dashboard/page.js'
import { drawError } from '../../../dashboard/pages/error.js'
import { explainError, type RouteError } from '../../plugins/problems.js'
import { Refused } from '../../refused.js'
import { sendPage, type PageSources } from './view.js'

/** Pages tell of errors as pages. The frame then shows no health: to read it might fail for the same reason. */
export function answerWithPages (app: FastifyInstance, { href, now }: PageSources): void {
  const view = (): View => ({ href, nowMs: now(), health: { state: 'unknown', open: { critical: 0, major: 0, minor: 0 }, nodes: { active: 0, inactive: 0, dead: 0 } }, isLive: true })
  app.setErrorHandler<RouteError>((error, request, reply) => {
    const { status, detail } = explainError(error, request, reply)
    return sendPage(reply.code(status), drawError(view(), { status, detail }))
  })
  app.get('/ui/*', async (request) => { throw new Refused(404, `There is nothing at ${request.url.split('?')[0] ?? ''}.`) })
}
