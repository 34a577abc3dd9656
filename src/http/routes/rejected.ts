import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { linkNext } from '../paging.js'
import { listRejected } from '../queries/rejected.js'
import { answers, list, paging, query } from '../schemas/common.js'

export const rejectedRoutes: FastifyPluginAsyncTypebox<{ db: Pool }> = async (app, { db }) => {
  app.get('/rejected', {
    schema: {
      tags: ['ingest'],
      summary: 'Messages that were not stored, with what was wrong; kept for 30 days',
      querystring: query({
        address: Type.Optional(Type.String({ maxLength: 64, pattern: '^[0-9A-Fa-f.:%a-z]+$', description: 'Of just this sender' })),
        ...paging,
      }),
      response: answers({ 200: list('Newest first', 'Rejected') }),
    },
  }, async (request, reply) => {
    const { rows, next } = await listRejected(db, request.query)
    linkNext(request, reply, next)
    return rows
  })
}
