import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { readAnnouncement } from '../announcement.js'
import { linkNext } from '../paging.js'
import { announce, callOff, listMaintenance } from '../queries/maintenance.js'
import { notFound } from '../refused.js'
import { answers, json, list, noQuery, paging, query } from '../schemas/common.js'
import { NewMaintenance } from '../schemas/maintenance.js'

export const maintenanceRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number }> = async (app, { db, now }) => {
  app.get('/maintenance', {
    schema: {
      tags: ['maintenance'],
      summary: 'Announced work, in force and to come',
      querystring: query({ all: Type.Boolean({ default: false, description: 'What is over, too' }), ...paging }),
      response: answers({ 200: list('What was announced last comes first', 'Maintenance') }),
    },
  }, async (request, reply) => {
    const { rows, next } = await listMaintenance(db, request.query, now())
    linkNext(request, reply, next)
    return rows
  })

  app.post('/maintenance', {
    schema: {
      tags: ['maintenance'],
      summary: 'Announce work',
      description: 'Exactly one of `subject` and `pattern`. Incidents that are covered still open and close, within one evaluation marked `in_maintenance`: they send no message and do not colour health.',
      querystring: noQuery,
      body: NewMaintenance,
      response: answers({ 201: json('The entry', Type.Ref('Maintenance')) }, 401, 403, 409, 429),
    },
  }, async ({ body }, reply) => {
    const announcement = readAnnouncement(body, now())
    reply.code(201)
    return await announce(db, announcement, now())
  })

  app.delete('/maintenance/:id', {
    schema: {
      tags: ['maintenance'],
      summary: 'Call announced work off, or end it',
      params: Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
      querystring: noQuery,
      response: answers({ 204: { description: 'Called off', type: 'null' } }, 401, 403, 404, 429),
    },
  }, async (request, reply) => {
    if (!await callOff(db, request.params.id)) throw notFound()
    return reply.code(204).send()
  })
}
