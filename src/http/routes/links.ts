import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { linkNext } from '../paging.js'
import { listLinks } from '../queries/links.js'
import { answers, list, paging, query } from '../schemas/common.js'

export const linkRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number }> = async (app, { db, now }) => {
  app.get('/links', {
    schema: {
      tags: ['links'],
      summary: 'The present state of every link reported within 24 hours',
      description: 'Both directions of a link are one; each medium but radio is a link of its own.',
      querystring: query(paging),
      response: answers({ 200: list('By the names of the ends', 'Link') }),
    },
  }, async (request, reply) => {
    const { rows, next } = await listLinks(db, request.query, now())
    linkNext(request, reply, next)
    return rows
  })
}
