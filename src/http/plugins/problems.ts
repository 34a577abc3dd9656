import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import plugin from 'fastify-plugin'
import { Type } from 'typebox'
import { isUnavailable } from '../../database/errors.js'

/** RFC 9457, the shape of every error answer. */
export const Problem = Type.Object({
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
}, { $id: 'Problem', additionalProperties: true, description: 'What went wrong (RFC 9457)' })

/** SQLSTATE: the schema is not there yet, since the collector answers before it has migrated a new database. */
const undefinedTable = '42P01'
const retryAfterS = 5

export const problemType = 'application/problem+json'

export function sendProblem (reply: FastifyReply, status: number, detail: string, more: object = {}): FastifyReply {
  return reply.code(status).type(problemType).send(JSON.stringify({ title: STATUS_CODES[status] ?? 'Error', status, detail, ...more }))
}

/** What is wrong with a request, naming the parameter or field. `part` is that of the request: querystring, params or body. */
function describe ({ keyword, instancePath, params, message = 'is not valid' }: FastifySchemaValidationError, part: string): string {
  if (keyword === 'additionalProperties') return `unknown ${part === 'body' ? 'field' : 'parameter'}: ${String(params.additionalProperty).slice(0, 64)}`
  const allowed = Array.isArray(params.allowedValues) ? `: ${params.allowedValues.join(', ')}` : ''
  return `${instancePath.slice(1) || part}: ${message}${allowed}`
}

/** Turns whatever a route throws into a problem. What is our fault says nothing of our insides; the log does. */
export const problems = plugin(async (app) => {
  app.addSchema(Problem)

  app.setSchemaErrorFormatter(([first], part) => new Error(first ? describe(first, part) : 'is not valid'))

  app.setNotFoundHandler((request, reply) => sendProblem(reply, 404, `there is no ${request.method} ${request.url.split('?')[0]}`))

  app.setErrorHandler<RouteError>((error, request, reply) => {
    const { status, detail } = explainError(error, request, reply)
    return sendProblem(reply, status, detail)
  })
})

export type RouteError = FastifyError & { retryAfterS?: number }

/** INGEST_TOKEN may stand in a query. */
function withoutToken (url: string): string {
  return url.replace(/([?&]token=)[^&]*/gi, '$1***')
}

/** What an error means for the client; what it does not say goes to the log. Sets Retry-After where coming again helps. */
export function explainError (error: RouteError, request: FastifyRequest, reply: FastifyReply): { status: number, detail: string } {
  const { method } = request
  const url = withoutToken(request.url)
  if (isUnavailable(error) || error.code === undefinedTable) {
    request.log.warn({ err: error, method, url }, 'the database did not answer')
    reply.header('retry-after', retryAfterS)
    return { status: 503, detail: 'the database is away, busy or not ready yet; a shorter range or a smaller limit may help' }
  }
  const status = error.retryAfterS !== undefined ? 503 : error.statusCode ?? 500
  if (error.retryAfterS !== undefined) reply.header('retry-after', error.retryAfterS)
  if (status >= 500 && status !== 503) {
    request.log.error({ err: error, method, url }, 'request failed')
    return { status, detail: 'the collector failed to answer this; its log says why' }
  }
  request.log.debug({ method, url, detail: error.message }, 'request refused')
  return { status, detail: error.message }
}
