import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { chartWindows, drawRadio } from '../../../dashboard/pages/radio.js'
import { drawRadios } from '../../../dashboard/pages/radios.js'
import { readRadio, readRadios } from '../../documents/radio.js'
import { notFound } from '../../refused.js'
import { Name, noQuery, oneOf } from '../../schemas/common.js'
import { readView, sendPage, type PageSources } from './view.js'

export const radioPageRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, sources) => {
  const { sites, charts, timeZone, units, reports: { settings }, href } = sources

  app.get('/ui/radios', { schema: { querystring: noQuery } }, async (request, reply) => sendPage(reply, drawRadios(await readView(sources, request), await readRadios(charts, settings))))

  app.get('/ui/radios/:node', { schema: { params: Type.Object({ node: Name }), querystring: noQuery } }, async (request, reply) => await reply.redirect(href({ to: 'radio', node: request.params.node }), 302))

  app.get('/ui/radios/:node/:window', { schema: { params: Type.Object({ node: Name, window: oneOf(chartWindows) }), querystring: noQuery } }, async (request, reply) => {
    const document = await readRadio(charts, request.params, { ...settings, sites, timeZone, units })
    if (document === undefined) throw notFound()
    return sendPage(reply, drawRadio(await readView(sources, request), document))
  })
}
