import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Assets } from '../../../dashboard/assets.js'
import { drawPanel } from '../../../dashboard/pages/panel.js'
import { noQuery } from '../../schemas/common.js'
import type { PageSources } from './view.js'
import { pageHeaders } from './view.js'

const cacheS = 300

export interface PanelOptions extends Pick<PageSources, 'href'> {
  assets: Assets
  /** FRAME_ANCESTORS: pages of these origins may show the panel in a frame, besides the collector's own. */
  frameAncestors: string[]
}

/** What other pages show of the mesh: /panel for a frame, /panel.js with the element <meshmon-issues>. */
export const panelRoutes: FastifyPluginAsyncTypebox<PanelOptions> = async (app, { href, assets, frameAncestors }) => {
  const ancestors = ["'self'", ...frameAncestors].join(' ')
  const headers = { ...pageHeaders, 'content-security-policy': pageHeaders['content-security-policy'].replace("frame-ancestors 'self'", `frame-ancestors ${ancestors}`) }
  app.get('/panel', { schema: { querystring: noQuery } }, async (_request, reply) => await reply.type('text/html; charset=utf-8').headers(headers).send(drawPanel({ href })))

  app.get('/panel.js', { schema: { querystring: noQuery } }, async (_request, reply) => {
    const script = assets.files.get(assets.fileOf('panel.js'))
    return await reply.type(script?.type ?? '').headers({ 'cache-control': `public, max-age=${cacheS}`, 'cross-origin-resource-policy': 'cross-origin' }).send(script?.body)
  })
}
