import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { prometheusContentType } from 'prom-client'
import { Type } from 'typebox'
import { answers, noQuery } from '../schemas/common.js'

export const metricsRoutes: FastifyPluginAsyncTypebox<{ readMetrics: () => Promise<string> }> = async (app, { readMetrics }) => {
  app.get('/metrics', {
    schema: {
      tags: ['operation'],
      summary: 'The collector\'s own figures, for Prometheus',
      querystring: noQuery,
      response: answers({ 200: { description: 'Prometheus text format', content: { 'text/plain': { schema: Type.String() } } } }),
    },
  }, async (_request, reply) => reply.type(prometheusContentType).send(await readMetrics()))
}
