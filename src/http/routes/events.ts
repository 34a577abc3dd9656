import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { createFeed } from '../events/feed.js'
import { EventHub, hubLimits } from '../events/hub.js'
import { answers, noQuery } from '../schemas/common.js'

export interface EventOptions { db: Pool, now: () => number, unknownAfterS: () => number }

const eventStream = 'text/event-stream'
// The connection ends with the stream: otherwise it would hold up a stop.
const streamHeaders = { 'content-type': eventStream, 'cache-control': 'no-cache, no-transform', connection: 'close', 'x-accel-buffering': 'no' }

const description = `An issue event's data is the issue as in \`/issues\`, as it is when the event is sent; that of \`health\` is the answer of \`/health\`, sent first and
whenever it changes. \`issue.updated\` is every change of state, severity, cause or acknowledgement. With \`Last-Event-ID\`, which browsers send when they come again, the stream begins with
what was missed. Where that is too much, or no longer known, it begins with \`reset\`: read \`/issues\` anew. A client that does not keep up is disconnected. A comment comes every ${hubLimits.heartbeatMs / 1000} s.`

export const eventRoutes: FastifyPluginAsyncTypebox<EventOptions> = async (app, { db, now, unknownAfterS }) => {
  const hub = new EventHub(createFeed(db, unknownAfterS, now), app.log)
  app.addHook('preClose', async () => hub.close())

  app.get('/events', {
    exposeHeadRoute: false,
    schema: {
      tags: ['issues'],
      summary: 'Server-sent events: issue.opened, issue.updated, issue.closed, health',
      description: description.replaceAll('\n', ' '),
      querystring: noQuery,
      headers: Type.Object({ 'last-event-id': Type.Optional(Type.String({ description: 'Id of the last event that was received' })) }),
      response: answers({ 200: { description: 'The stream', content: { [eventStream]: { schema: Type.String() } } } }),
    },
  }, async (request, reply) => {
    const lastId = request.headers['last-event-id']
    await hub.join({
      response: reply.raw,
      lastId: lastId === undefined ? null : /^\d{1,15}$/.test(lastId) ? Number(lastId) : -1,
      begin () {
        reply.hijack()
        // Those of CORS.
        for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value)
        reply.raw.writeHead(200, streamHeaders)
      },
    })
    return reply
  })
}
