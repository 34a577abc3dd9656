import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { windowNames } from '../../../dashboard/href.js'
import { drawSite } from '../../../dashboard/pages/site.js'
import { drawSites } from '../../../dashboard/pages/sites.js'
import { readPlace, readSites } from '../../documents/place.js'
import { notFound } from '../../refused.js'
import { noQuery, oneOf, query } from '../../schemas/common.js'
import { readView, sendPage, type PageSources } from './view.js'

const Name = Type.String({ minLength: 1, maxLength: 512 })

export const placeRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, sources) => {
  const { db, now, sites, charts, timeZone, units } = sources

  app.get('/ui/sites', { schema: { querystring: noQuery } }, async (request, reply) => {
    return sendPage(reply, drawSites(await readView(sources, request), await readSites(db, sites, now())))
  })

  app.get('/ui/sites/:name', { schema: { params: Type.Object({ name: Name }), querystring: query({ window: oneOf(windowNames, { default: 'day' }) }) } }, async (request, reply) => {
    const document = await readPlace(charts, sites, request.params.name, { timeZone, units, window: request.query.window })
    if (document === undefined) throw notFound()
    return sendPage(reply, drawSite(await readView(sources, request), document))
  })
}
