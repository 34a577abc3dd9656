import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { drawOverview } from '../../../dashboard/pages/overview.js'
import { readOverview } from '../../documents/overview.js'
import { query } from '../../schemas/common.js'
import { Notice, readView, sendPage, type PageSources } from './view.js'

export const overviewRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, sources) => {
  app.get('/', { schema: { querystring: query({ notice: Notice }) } }, async (request, reply) => {
    const view = await readView(sources, request)
    return sendPage(reply, drawOverview(view, await readOverview(sources.db, { ...sources, nowMs: view.nowMs }), sources))
  })
}
