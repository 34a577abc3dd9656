import plugin from 'fastify-plugin'

/** No browser takes an answer for something else than its type says. */
export const typedHeaders = { 'x-content-type-options': 'nosniff' }

/** An answer that a browser opens by itself runs and loads nothing, is shown in no foreign frame, and tells other hosts of no address. Pages and charts say what they need. */
export const closedHeaders = { ...typedHeaders, 'content-security-policy': "default-src 'none'; frame-ancestors 'self'", 'referrer-policy': 'same-origin' }

/** The headers of every answer. Those to agents have the first alone: the oldest reads 511 bytes, once. */
export const answerHeaders = plugin(async (app) => {
  app.addHook('onRequest', async (request, reply) => { reply.headers(request.routeOptions.url === '/ingest' ? typedHeaders : closedHeaders) })
})
