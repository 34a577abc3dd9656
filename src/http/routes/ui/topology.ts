import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { drawTopology } from '../../../dashboard/pages/topology.js'
import { createLayoutCache } from '../../../topology/layout-cache.js'
import type { Outline } from '../../../topology/outline.js'
import { readTopology } from '../../documents/topology.js'
import { oneOf, query } from '../../schemas/common.js'
import { Notice, readView, sendPage, type PageSources } from './view.js'

/** A mesh changes its links now and then; as many states of it are kept laid out. */
const keptLayouts = 4

const parameters = query({
  highlight: Type.Optional(Type.String({ maxLength: 800 })),
  links: Type.Optional(oneOf(['all'])),
  notice: Notice,
})

export const topologyPageRoutes: FastifyPluginAsyncTypebox<PageSources & { outline: Outline }> = async (app, { outline, ...sources }) => {
  const layOut = createLayoutCache(keptLayouts)
  app.get('/ui/topology', { schema: { querystring: parameters } }, async (request, reply) => {
    const { highlight, links } = request.query
    const view = await readView(sources, request)
    const document = await readTopology(sources.db, { nowMs: view.nowMs, layOut, ...(highlight !== undefined && { highlight }) })
    return sendPage(reply, drawTopology(view, document, { units: sources.units, outline, isComplete: links === 'all' }))
  })
}
