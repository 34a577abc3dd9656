import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { findMeshHealth } from '../queries/health.js'
import { answers, json, noQuery } from '../schemas/common.js'

export interface MeshHealthOptions {
  db: Pool
  now: () => number
  /** The mesh is in an unknown state when no node that is due was heard for so long. */
  unknownAfterS: () => number
}

export const meshHealthRoutes: FastifyPluginAsyncTypebox<MeshHealthOptions> = async (app, { db, now, unknownAfterS }) => {
  app.get('/health', {
    schema: {
      tags: ['issues'],
      summary: 'How the mesh is, in one word and in numbers',
      querystring: noQuery,
      response: answers({ 200: json('How it is now', Type.Ref('MeshHealth')) }),
    },
  }, async () => await findMeshHealth(db, unknownAfterS(), now()))
}
