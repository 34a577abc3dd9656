import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Assets } from '../../../dashboard/assets.js'
import { notFound } from '../../refused.js'

const yearS = 31_536_000

export const assetRoutes: FastifyPluginAsyncTypebox<{ assets: Assets }> = async (app, { assets }) => {
  app.get('/ui/assets/:file', { schema: { params: Type.Object({ file: Type.String({ maxLength: 128 }) }) } }, async (request, reply) => {
    const asset = assets.files.get(request.params.file)
    if (asset === undefined) throw notFound()
    return await reply.type(asset.type).header('cache-control', `public, max-age=${yearS}, immutable`).send(asset.body)
  })
}
