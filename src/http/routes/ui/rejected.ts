import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { drawRejected } from '../../../dashboard/pages/rejected.js'
import { encodeCursor } from '../../paging.js'
import { listRejected } from '../../queries/rejected.js'
import { paging, query } from '../../schemas/common.js'
import { givenFields, Search } from './fields.js'
import { readView, sendPage, type PageSources } from './view.js'

const perPage = 50
const filter = query({ q: Search, address: Type.Optional(Type.String({ maxLength: 64, pattern: '^[0-9A-Fa-f.:%a-z]*$' })), cursor: paging.cursor })

export const rejectedPageRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, sources) => {
  app.get('/ui/rejected', { schema: { querystring: filter } }, async (request, reply) => {
    const { cursor, ...form } = givenFields(request.query)
    const { rows, next } = await listRejected(sources.db, { address: form.address, text: form.q, limit: perPage, cursor })
    return sendPage(reply, drawRejected(await readView(sources, request), { form, messages: rows, next: next && encodeCursor(next) }))
  })
}
