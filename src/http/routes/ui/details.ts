import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { windowNames } from '../../../dashboard/href.js'
import { drawLink } from '../../../dashboard/pages/link.js'
import { drawNode } from '../../../dashboard/pages/node.js'
import { drawPath } from '../../../dashboard/pages/path.js'
import { readLink, readNode, readPath } from '../../documents/details.js'
import { notFound } from '../../refused.js'
import { Name, oneOf, query } from '../../schemas/common.js'
import { mediumQuery } from '../../schemas/series.js'
import { readView, sendPage, type PageSources } from './view.js'

const window = oneOf(windowNames, { default: 'day' })

export const detailRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, sources) => {
  const { sites, charts, timeZone, units } = sources

  app.get('/ui/nodes/:id', { schema: { params: Type.Object({ id: Name }), querystring: query({ window }) } }, async (request, reply) => {
    const document = await readNode(charts, request.params.id, { timeZone, units, window: request.query.window }, sites)
    if (document === undefined) throw notFound()
    return sendPage(reply, drawNode(await readView(sources, request), document))
  })

  app.get('/ui/links/:a/:b', { schema: { params: Type.Object({ a: Name, b: Name }), querystring: query({ medium: mediumQuery, window }) } }, async (request, reply) => {
    const { medium, window } = request.query
    const document = await readLink(charts, { ...request.params, medium }, { timeZone, units, window })
    if (document === undefined) throw notFound()
    return sendPage(reply, drawLink(await readView(sources, request), document))
  })

  app.get('/ui/paths/:src/:dst', { schema: { params: Type.Object({ src: Name, dst: Name }), querystring: query({ window }) } }, async (request, reply) => {
    const document = await readPath(charts, request.params, { timeZone, units, window: request.query.window })
    if (document === undefined) throw notFound()
    return sendPage(reply, drawPath(await readView(sources, request), document))
  })
}
