import type { FastifyPluginAsync } from 'fastify'
import plugin from 'fastify-plugin'
import type { Histogram } from 'prom-client'

const observe: FastifyPluginAsync<{ histogram: Histogram<'method' | 'route' | 'status'> }> = async (app, { histogram }) => {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    histogram.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
  })
}

export const requestMetrics = plugin(observe)
