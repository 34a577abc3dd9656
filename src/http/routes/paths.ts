import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { linkNext } from '../paging.js'
import { listPaths } from '../queries/paths.js'
import { answers, list, paging, query } from '../schemas/common.js'

export const pathRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number }> = async (app, { db, now }) => {
  app.get('/paths', {
    schema: {
      tags: ['paths'],
      summary: 'The present state of every path measured within 24 hours',
      querystring: query(paging),
      response: answers({ 200: list('By src and dst', 'Path') }),
    },
  }, async (request, reply) => {
    const { rows, next } = await listPaths(db, request.query, now())
    linkNext(request, reply, next)
    return rows
  })
}
