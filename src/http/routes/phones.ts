import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { linkNext } from '../paging.js'
import { listPhones } from '../queries/phones.js'
import { answers, list, paging, query } from '../schemas/common.js'

export const phoneRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number }> = async (app, { db, now }) => {
  app.get('/phones', {
    schema: {
      tags: ['phones'],
      summary: 'Phones with their newest tests within 7 days',
      querystring: query(paging),
      response: answers({ 200: list('By testing node and number', 'Phone') }),
    },
  }, async (request, reply) => {
    const { rows, next } = await listPhones(db, request.query, now())
    linkNext(request, reply, next)
    return rows
  })
}
