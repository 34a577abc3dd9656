import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { linkNext } from '../paging.js'
import { listNotifications, retryNotification } from '../queries/notifications.js'
import { notFound, Refused } from '../refused.js'
import { answers, json, list, noQuery, oneOf, paging, query } from '../schemas/common.js'
import { notificationStates } from '../schemas/notifications.js'

export const notificationRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number }> = async (app, { db, now }) => {
  app.get('/notifications', {
    schema: {
      tags: ['notifications'],
      summary: 'What people were told of issues, what waits, and what was given up',
      querystring: query({ state: oneOf(['all', ...notificationStates], { default: 'all', description: 'dead: given up' }), ...paging }),
      response: answers({ 200: list('Newest first', 'Notification') }),
    },
  }, async (request, reply) => {
    const { rows, next } = await listNotifications(db, request.query)
    linkNext(request, reply, next)
    return rows
  })

  app.post('/notifications/:id/retry', {
    schema: {
      tags: ['notifications'],
      summary: 'Try a message that was given up again, for another day',
      params: Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
      querystring: noQuery,
      response: answers({ 200: json('The message as it is now', Type.Ref('Notification')) }, 401, 403, 404, 409, 429),
    },
  }, async ({ params }) => {
    const found = await retryNotification(db, params.id, now())
    if (found === undefined) throw notFound()
    if (!found.isRetried) throw new Refused(409, `only what was given up can be tried again; this one is ${found.notification.state}`)
    return found.notification
  })
}
