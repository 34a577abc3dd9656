import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { version } from '../../version.js'
import { sendProblem } from '../plugins/problems.js'
import { answers, json, noQuery } from '../schemas/common.js'
import { EngineStatus, type EngineStatusBody } from '../schemas/rules.js'

/** Where the two answers come from. `status` must not wait; `unreadyReason` asks the database. */
export interface HealthSources {
  status: () => { queue_rows: number, database: object, maintenance: object[], engine: EngineStatusBody }
  /** Null when ready; may take up to two seconds. */
  unreadyReason: () => Promise<string | null>
}

export const healthRoutes: FastifyPluginAsyncTypebox<{ sources: HealthSources }> = async (app, { sources }) => {
  app.get('/healthz', {
    schema: {
      tags: ['operation'],
      summary: 'The process is alive; never waits for the database',
      querystring: noQuery,
      response: answers({ 200: json('It is', Type.Object({ ok: Type.Boolean(), version: Type.String(), uptime_s: Type.Number(), engine: EngineStatus }, { additionalProperties: true })) }),
    },
  }, async () => ({ ok: true, version, uptime_s: Math.round(process.uptime()), ...sources.status() }))

  app.get('/readyz', {
    schema: {
      tags: ['operation'],
      summary: 'The database answers and its schema is current',
      querystring: noQuery,
      response: answers({ 200: json('Ready; 503 gives the reason why not', Type.Object({ ready: Type.Boolean() })) }),
    },
  }, async (_request, reply) => {
    const reason = await sources.unreadyReason()
    if (reason === null) return { ready: true }
    reply.header('retry-after', 5)
    return sendProblem(reply, 503, reason)
  })
}
