import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { drawIssue } from '../../../dashboard/pages/issue.js'
import { drawIssues } from '../../../dashboard/pages/issues.js'
import { acknowledge, closeByHand, takeBackAck, type Action, type Outcome } from '../../../incidents/actions.js'
import { readIssue } from '../../documents/issue.js'
import { readIssues } from '../../documents/issues.js'
import { notFound } from '../../refused.js'
import { Note, oneOf, paging, Person, query } from '../../schemas/common.js'
import { issueId, severities } from '../../schemas/issues.js'
import { chosen, givenFields } from './fields.js'
import { Notice, readView, sendBack, sendPage, type PageSources } from './view.js'

const filter = query({
  status: oneOf(['open', 'closed', 'all'], { default: 'open' }),
  severity: chosen(severities),
  kind: Type.Optional(Type.String({ maxLength: 64, pattern: '^[a-z0-9_]*$' })),
  node: Type.Optional(Type.String({ maxLength: 128, pattern: '^[^\\p{Cc}]*$' })),
  cursor: paging.cursor,
  notice: Notice,
})
const Who = Type.Object({ by: Person, note: Type.Optional(Note) }, { additionalProperties: false })

export const issuePageRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, sources) => {
  const { db, now, href, charts, timeZone, units } = sources

  app.get('/ui/issues', { schema: { querystring: filter } }, async (request, reply) => {
    const { cursor, notice: _, ...fields } = request.query
    return sendPage(reply, drawIssues(await readView(sources, request), await readIssues(db, givenFields(fields), cursor)))
  })

  app.get('/ui/issues/:id', { schema: { params: issueId, querystring: query({ notice: Notice }) } }, async (request, reply) => {
    const document = await readIssue(charts, request.params.id, { timeZone, units })
    if (document === undefined) throw notFound()
    return sendPage(reply, drawIssue(await readView(sources, request), document))
  })

  async function act (action: (db: Pool, action: Action, nowMs: number) => Promise<Outcome>, { id, by, note }: { id: string, by?: string, note?: string }): Promise<Outcome> {
    const outcome = await action(db, { id, by: by ?? null, note: note === undefined || note === '' ? null : note }, now())
    if (outcome === 'missing') throw notFound()
    return outcome
  }
  const back = (reply: FastifyReply, id: string, outcome: Outcome, done: Parameters<typeof sendBack>[2]) => sendBack(reply, href({ to: 'issue', id }), outcome === 'closed' ? 'already_closed' : done)

  app.post('/ui/issues/:id/ack', { schema: { params: issueId, body: Who } }, async ({ params: { id }, body }, reply) => back(reply, id, await act(acknowledge, { id, ...body }), 'acknowledged'))
  app.post('/ui/issues/:id/unack', { schema: { params: issueId } }, async ({ params: { id } }, reply) => back(reply, id, await act(takeBackAck, { id }), 'unacknowledged'))
  app.post('/ui/issues/:id/close', { schema: { params: issueId, body: Who } }, async ({ params: { id }, body }, reply) => back(reply, id, await act(closeByHand, { id, ...body }), 'closed'))
}
