import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyInstance, type RouteOptions } from 'fastify'
import { version } from '../version.js'

/** The one style that Swagger UI writes into its page. */
const inlineStyleOfThePage = 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='

/** A mesh has no internet, and often no TLS: nothing is loaded from elsewhere, and nothing is asked for by https. */
const contentSecurityPolicy = [
  "default-src 'self'", "base-uri 'self'", "font-src 'self' data:", "frame-ancestors 'self'", "img-src 'self' data:", "object-src 'none'",
  "script-src 'self'", "script-src-attr 'none'", `style-src 'self' '${inlineStyleOfThePage}'`,
].join('; ')

/** An application that only documents these routes: /openapi.json, and /docs with assets from disk. Not listening. */
export async function buildOpenapiApp (routes: readonly RouteOptions[], schemas: readonly unknown[]): Promise<FastifyInstance> {
  const app = Fastify({ exposeHeadRoutes: false })
  app.setSerializerCompiler(() => JSON.stringify)
  app.setValidatorCompiler(() => () => true)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'meshmon',
        version,
        description: 'Collector and analyser for ham-radio mesh networks.',
        // Without its identifier, which the page makes a link to another host of.
        license: { name: 'MIT' },
      },
    },
    transformObject: (documented) => {
      if (!('openapiObject' in documented)) return documented.swaggerObject
      for (const operations of Object.values(documented.openapiObject.paths ?? {})) {
        for (const operation of Object.values(operations ?? {})) {
          if (typeof operation !== 'object' || !('responses' in operation)) continue
          relaxDefaults(operation.parameters ?? [])
          relaxBody(operation.requestBody)
        }
      }
      return documented.openapiObject
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => typeof json.$id === 'string' ? json.$id : `def-${i}` },
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: contentSecurityPolicy, uiConfig: { validatorUrl: null } })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  for (const schema of schemas) app.addSchema(schema)
  for (const { method, url, schema } of routes) app.route({ method, url, ...(schema && { schema }), handler: async () => {} })
  await app.ready()
  return app
}

/** What has a default need not be given; the validator knows it as required, since it is there once defaults are filled in. */
function relaxDefaults (parameters: object[]): void {
  for (const parameter of parameters) {
    const { schema }: { schema?: { default?: unknown } } = parameter
    if (schema?.default !== undefined) Object.assign(parameter, { required: false })
  }
}

/** A body that may be null may be left out. */
function relaxBody (body: object | undefined): void {
  const { content }: { content?: Record<string, { schema?: { type?: unknown } }> } = body ?? {}
  const type = content?.['application/json']?.schema?.type
  if (Array.isArray(type) && type.includes('null')) Object.assign(body ?? {}, { required: false })
}
