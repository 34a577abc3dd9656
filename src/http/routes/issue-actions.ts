import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { acknowledge, closeByHand, takeBackAck, type Action, type Outcome } from '../../incidents/actions.js'
import { findIssue } from '../queries/issues.js'
import { notFound, Refused } from '../refused.js'
import { answers, json, noQuery, Note, Person } from '../schemas/common.js'
import { issueId } from '../schemas/issues.js'

const Who = Type.Object({ by: Person, note: Type.Optional(Note) }, { additionalProperties: false })
/** Not every client can send a body with DELETE. */
const MaybeWho = Type.Unsafe<{ by?: string, note?: string } | null | undefined>({ ...Type.Object({ by: Type.Optional(Person), note: Type.Optional(Note) }, { additionalProperties: false }), type: ['object', 'null'] })

const schema = {
  tags: ['issues'],
  params: issueId,
  querystring: noQuery,
  response: answers({ 200: json('The issue as it is now', Type.Ref('Issue')) }, 401, 403, 404, 409, 429),
}

export const issueActionRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number }> = async (app, { db, now }) => {
  async function act (action: (db: Pool, action: Action, nowMs: number) => Promise<Outcome>, id: string, { by, note }: { by?: string, note?: string }) {
    const outcome = await action(db, { id, by: by ?? null, note: note ?? null }, now())
    const issue = outcome === 'missing' ? undefined : await findIssue(db, id)
    if (issue === undefined) throw notFound()
    return { outcome, issue }
  }

  app.post('/issues/:id/ack', {
    schema: {
      ...schema,
      summary: 'Acknowledge an issue until it closes: it no longer colours health',
      description: 'Doing the same again changes nothing; another name or note replaces the one before.',
      body: Who,
    },
  }, async ({ params, body }) => {
    const { outcome, issue } = await act(acknowledge, params.id, body)
    if (outcome === 'closed') throw new Refused(409, 'the issue is closed')
    return issue
  })

  app.delete('/issues/:id/ack', {
    schema: { ...schema, summary: 'Take an acknowledgement back', description: 'Where there is none, nothing changes. The body may be left out.', body: MaybeWho },
  }, async ({ params, body }) => {
    const { outcome, issue } = await act(takeBackAck, params.id, body ?? {})
    if (outcome === 'closed') throw new Refused(409, 'the issue is closed')
    return issue
  })

  app.post('/issues/:id/close', {
    schema: {
      ...schema,
      response: answers({ 200: json('The issue as it is now', Type.Ref('Issue')) }, 401, 403, 404, 429),
      summary: 'Close an issue by hand',
      description: 'What was measured until now no longer counts; newer measurements that match open a new issue. A closed issue stays as it is.',
      body: Who,
    },
  }, async ({ params, body }) => (await act(closeByHand, params.id, body)).issue)
}
