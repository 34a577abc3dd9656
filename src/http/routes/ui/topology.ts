import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { drawTopology } from '../../../dashboard/pages/topology.js'
import { readTopology } from '../../documents/topology.js'
import { oneOf, query } from '../../schemas/common.js'
import { Notice, readView, sendPage, type PageSources } from './view.js'

const parameters = query({
  highlight: Type.Optional(Type.String({ maxLength: 800 })),
  links: Type.Optional(oneOf(['all'])),
  notice: Notice,
})

export const topologyPageRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, sources) => {
  const { layOut, listAllLinks, outline } = sources
  app.get('/ui/topology', { schema: { querystring: parameters } }, async (request, reply) => {
    const { highlight, links } = request.query
    const view = await readView(sources, request)
    const document = await readTopology(sources.db, { nowMs: view.nowMs, layOut, listAllLinks, ...(highlight !== undefined && { highlight }) })
    return sendPage(reply, drawTopology(view, document, { units: sources.units, outline, isComplete: links === 'all' }))
  })
}
