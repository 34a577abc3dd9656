import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { linkNext } from '../paging.js'
import { findPatterns, listCrashes } from '../queries/crashes.js'
import { answers, json, list, Name, paging, query, Time } from '../schemas/common.js'
import { timeParameter } from '../time.js'

const unitSeconds: Readonly<Record<string, number>> = { h: 3600, d: 86_400 }

export const crashRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number }> = async (app, { db, now }) => {
  app.get('/crashes', {
    schema: {
      tags: ['crashes'],
      summary: 'Crash reports',
      querystring: query({
        node: Type.Optional(Name),
        since: Type.Optional({ ...Time, description: 'Crashed at this time or later' }),
        ...paging,
      }),
      response: answers({ 200: list('Newest first', 'Crash') }),
    },
  }, async (request, reply) => {
    const { since, ...filter } = request.query
    const { rows, next } = await listCrashes(db, { ...filter, since: timeParameter('since', since) })
    linkNext(request, reply, next)
    return rows
  })

  app.get('/crashes/patterns', {
    schema: {
      tags: ['crashes'],
      summary: 'Crashes counted by signal, thread, operation and version',
      querystring: query({
        timeframe: Type.String({ pattern: '^[1-9][0-9]{0,3}[hd]$', default: '7d', description: 'Hours or days up to now: 24h, 7d' }),
      }),
      response: answers({ 200: json('The counts', Type.Ref('CrashPatterns')) }),
    },
  }, async (request) => {
    const { timeframe } = request.query
    return await findPatterns(db, Number(timeframe.slice(0, -1)) * unitSeconds[timeframe.slice(-1)]!, now())
  })
}
