import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { linkNext } from '../paging.js'
import { listParticipants, pin, unpin } from '../queries/registry.js'
import { notFound } from '../refused.js'
import { answers, json, list, Name, noQuery, paging, query } from '../schemas/common.js'

export const registryRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number }> = async (app, { db, now }) => {
  app.get('/registry', {
    schema: {
      tags: ['registry'],
      summary: 'Participants for agents: nodes heard within 24 hours, and pinned ones',
      querystring: query(paging),
      response: answers({ 200: list('The node that was first heard last comes first', 'Participant') }),
    },
  }, async (request, reply) => {
    const { rows, next } = await listParticipants(db, request.query, now())
    linkNext(request, reply, next)
    return rows
  })

  app.post('/registry', {
    schema: {
      tags: ['registry'],
      summary: 'Pin a node: it stays a participant, heard or not',
      querystring: noQuery,
      body: Type.Object({
        id: Name,
        host: Type.Optional(Type.String({ minLength: 1, maxLength: 253, pattern: '^[0-9A-Za-z.:_-]+$', description: 'Address or host name to probe; the name unless given' })),
      }, { additionalProperties: false }),
      response: answers({ 200: json('The participant', Type.Ref('Participant')) }, 401, 403, 429),
    },
  }, async (request) => await pin(db, request.body, now()))

  app.delete('/registry/:id', {
    schema: {
      tags: ['registry'],
      summary: 'Unpin a node: from now on it is a participant only while it is heard',
      params: Type.Object({ id: Name }),
      querystring: noQuery,
      response: answers({ 204: { description: 'Unpinned', type: 'null' } }, 401, 403, 404, 429),
    },
  }, async (request, reply) => {
    if (!await unpin(db, request.params.id, now())) throw notFound()
    return reply.code(204).send()
  })
}
