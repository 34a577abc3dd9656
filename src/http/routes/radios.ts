import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { linkNext } from '../paging.js'
import { listIssues } from '../queries/issues.js'
import { findRadio, listEvents, listRadios } from '../queries/radios.js'
import { notFound } from '../refused.js'
import { answers, json, list, Name, noQuery, paging, query } from '../schemas/common.js'

const shownEvents = 50
const shownIssues = 200

export const radioRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number }> = async (app, { db, now }) => {
  app.get('/radios', {
    schema: {
      tags: ['radios'],
      summary: 'MeshCore radios with their newest readings',
      querystring: query(paging),
      response: answers({ 200: list('The radio that was first heard last comes first', 'Radio') }),
    },
  }, async (request, reply) => {
    const { rows, next } = await listRadios(db, request.query, now())
    linkNext(request, reply, next)
    return rows
  })

  app.get('/radios/:node', {
    schema: {
      tags: ['radios'],
      summary: 'A radio with its newest readings, events and open issues',
      params: Type.Object({ node: Name }),
      querystring: noQuery,
      response: answers({ 200: json('The radio', Type.Ref('RadioDetail')) }, 404),
    },
  }, async (request) => {
    const nowMs = now()
    const radio = await findRadio(db, request.params.node, nowMs)
    if (radio === undefined) throw notFound()
    const events = await listEvents(db, [radio.id], shownEvents, nowMs)
    const issues = await listIssues(db, { status: 'open', node: radio.id, limit: shownIssues })
    return { ...radio, events: events.map(({ node, ...event }) => event), open_issues: issues.rows }
  })
}
