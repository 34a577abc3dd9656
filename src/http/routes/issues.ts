import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { linkNext } from '../paging.js'
import { findIssueDetail, listIssues } from '../queries/issues.js'
import { notFound, Refused } from '../refused.js'
import { answers, json, list, noQuery, oneOf, paging, query, Time } from '../schemas/common.js'
import { issueId, objectFilters, severities } from '../schemas/issues.js'
import { timeParameter } from '../time.js'

export const issueRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number }> = async (app, { db, now }) => {
  app.get('/issues', {
    schema: {
      tags: ['issues'],
      summary: 'Issues, the open ones by default',
      description: 'All filters given must match.',
      querystring: query({
        status: oneOf(['open', 'closed', 'all'], { default: 'open', description: 'open means not closed' }),
        since: Type.Optional({ ...Time, description: 'Started at this time or later' }),
        until: Type.Optional({ ...Time, description: 'Started before this time' }),
        severity: Type.Optional(oneOf(severities, { description: 'Of just this severity' })),
        kind: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-z0-9_]+$', description: 'Opened by this rule' })),
        ...objectFilters,
        ...paging,
      }),
      response: answers({ 200: list('Newest start first', 'Issue') }),
    },
  }, async (request, reply) => {
    const { since, until, ...filter } = request.query
    const { rows, next } = await listIssues(db, { ...filter, since: timeParameter('since', since), until: timeParameter('until', until) })
    linkNext(request, reply, next)
    return rows
  })

  app.get('/issues/by-object', {
    schema: {
      tags: ['issues'],
      summary: 'Open issues of one node, link or path',
      description: 'Exactly one of `node`, `link` and `route`. Of a node: every issue about it, or about a path or link that ends at it.',
      querystring: query({ ...objectFilters, ...paging }),
      response: answers({ 200: list('Newest start first', 'Issue') }),
    },
  }, async (request, reply) => {
    const { node, link, route } = request.query
    if ([node, link, route].filter((given) => given !== undefined).length !== 1) throw new Refused(400, 'exactly one of node=, link= and route= is needed')
    const { rows, next } = await listIssues(db, { status: 'open', ...request.query })
    linkNext(request, reply, next)
    return rows
  })

  app.get('/issues/:id', {
    schema: {
      tags: ['issues'],
      summary: 'An issue with its timeline, the issues it causes and the work announced for it',
      params: issueId,
      querystring: noQuery,
      response: answers({ 200: json('The issue', Type.Ref('IssueDetail')) }, 404),
    },
  }, async (request) => {
    const issue = await findIssueDetail(db, request.params.id, now())
    if (issue === undefined) throw notFound()
    return issue
  })
}
