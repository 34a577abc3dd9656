import type { FastifyInstance, RouteOptions } from 'fastify'
import plugin from 'fastify-plugin'
import { noQuery } from '../schemas/common.js'

/**
 * Documents every route registered after it: /openapi.json, and /docs. The document is made when somebody first asks for it: until
 * then nothing of what makes it is loaded, which would take a tenth of every start.
 */
export const openapi = plugin(async (app) => {
  const routes: RouteOptions[] = []
  app.addHook('onRoute', (route) => {
    if (route.schema?.hide !== true && route.method !== 'HEAD') routes.push(route)
  })
  let making: Promise<FastifyInstance> | undefined
  const make = async (): Promise<FastifyInstance> => {
    const { buildOpenapiApp } = await import('../openapi-app.js')
    return await buildOpenapiApp(routes, Object.values(app.getSchemas()))
  }
  for (const url of ['/openapi.json', '/docs', '/docs/*']) {
    app.get(url, { schema: { hide: true, querystring: noQuery } }, async (request, reply) => {
      making ??= make()
      // Whether the connection goes on is said between this client and this server, not in the answer that is handed on.
      const { statusCode, headers: { connection, 'keep-alive': keepAlive, 'transfer-encoding': transferEncoding, ...headers }, rawPayload } = await (await making).inject({ url: request.url, headers: request.headers })
      return statusCode === 404 ? reply.callNotFound() : await reply.code(statusCode).headers(headers).send(rawPayload)
    })
  }
  app.addHook('onClose', async () => { await (await making)?.close() })
})
