import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { ListAllLinks } from '../queries/links.js'
import { listNodes } from '../queries/nodes.js'
import { findRoute } from '../queries/route.js'
import { answers, json, noQuery, query } from '../schemas/common.js'
import { toFeatures, toGraph } from '../topology.js'

const mostNodes = 10_000
const geoJson = 'application/geo+json'

export const topologyRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number, listAllLinks: ListAllLinks }> = async (app, { db, now, listAllLinks }) => {
  app.get('/topology', {
    schema: {
      tags: ['topology'],
      summary: 'The mesh as a NetJSON NetworkGraph',
      querystring: query({
        highlight: Type.Optional(Type.String({ maxLength: 800, description: 'src,dst: marks the present route of this path with `highlight`' })),
        links_per_node: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'For drawing: no node has more links; `links_left_out` of its properties counts the others' })),
      }),
      response: answers({ 200: json('The graph', Type.Ref('NetworkGraph')) }),
    },
  }, async (request) => {
    const nowMs = now()
    const { highlight, links_per_node: linksPerNode } = request.query
    const { route } = await findRoute(db, highlight, nowMs)
    const nodes = await listNodes(db, { limit: mostNodes }, nowMs)
    return toGraph(nodes.rows, await listAllLinks(nowMs), { route, ...(linksPerNode !== undefined && { linksPerNode }) })
  })

  app.get('/nodes.geojson', {
    schema: {
      tags: ['topology'],
      summary: 'Nodes with coordinates, and the links between them, as GeoJSON',
      querystring: noQuery,
      response: answers({ 200: { description: 'The features', content: { [geoJson]: { schema: Type.Ref('FeatureCollection') } } } }),
    },
  }, async (_request, reply) => {
    const nowMs = now()
    const nodes = await listNodes(db, { limit: mostNodes }, nowMs)
    const features = toFeatures(nodes.rows, await listAllLinks(nowMs))
    return await reply.type(geoJson).send(features)
  })
}
