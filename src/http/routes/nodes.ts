import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { Site } from '../../places/sites.js'
import { linkNext } from '../paging.js'
import { listCrashes } from '../queries/crashes.js'
import { listIssues } from '../queries/issues.js'
import { listLinksOf } from '../queries/links.js'
import { findHealth, findNode, listNodes, retire } from '../queries/nodes.js'
import { listPathsOf } from '../queries/paths.js'
import { readPlaceNames } from '../queries/places.js'
import { notFound } from '../refused.js'
import { answers, json, list, Name, noQuery, oneOf, paging, query, Time } from '../schemas/common.js'
import { nodeStatuses } from '../schemas/nodes.js'
import { before, timeParameter } from '../time.js'

const shownIssues = 200
const shownCrashes = 200
const weekS = 7 * 86_400

export const nodeRoutes: FastifyPluginAsyncTypebox<{ db: Pool, now: () => number, sites: readonly Site[] }> = async (app, { db, now, sites }) => {
  app.get('/nodes', {
    schema: {
      tags: ['nodes'],
      summary: 'Nodes that sent something, retired ones left out',
      querystring: query({ status: Type.Optional(oneOf(nodeStatuses, { description: 'Of just this status' })), pushed_since: Type.Optional({ ...Time, description: 'Only AREDN nodes that posted their sysinfo themselves at this time or later' }), ...paging }),
      response: answers({ 200: list('The node that was first heard last comes first', 'Node') }),
    },
  }, async (request, reply) => {
    const { pushed_since: pushedSince, ...filter } = request.query
    const { rows, next } = await listNodes(db, { ...filter, pushedSince: timeParameter('pushed_since', pushedSince) }, now())
    linkNext(request, reply, next)
    const placeOf = await readPlaceNames(db, sites, now())
    return rows.map((node) => ({ ...node, site: placeOf(node) ?? node.site }))
  })

  app.get('/nodes/:id', {
    schema: {
      tags: ['nodes'],
      summary: 'A node with its health, crashes, open issues, paths and links',
      params: Type.Object({ id: Name }),
      querystring: noQuery,
      response: answers({ 200: json('The node, also a retired one', Type.Ref('NodeDetail')) }, 404),
    },
  }, async (request) => {
    const nowMs = now()
    const node = await findNode(db, request.params.id, nowMs)
    if (node === undefined) throw notFound()
    const health = await findHealth(db, node.id, nowMs)
    const crashes = await listCrashes(db, { node: node.id, since: before(nowMs, weekS), limit: shownCrashes })
    const issues = await listIssues(db, { status: 'open', node: node.id, limit: shownIssues })
    const placeOf = await readPlaceNames(db, sites, nowMs)
    return {
      ...node,
      site: placeOf(node) ?? node.site,
      last_health: health ?? null,
      crashes: crashes.rows,
      open_issues: issues.rows,
      paths: await listPathsOf(db, node.id, nowMs),
      links: await listLinksOf(db, node.id, nowMs),
    }
  })

  app.delete('/nodes/:id', {
    schema: {
      tags: ['nodes'],
      summary: 'Retire a node: its issues close and it leaves the lists; its data stays',
      description: 'A new message of the node brings it back.',
      params: Type.Object({ id: Name }),
      querystring: noQuery,
      response: answers({ 204: { description: 'Retired', type: 'null' } }, 401, 403, 404, 429),
    },
  }, async (request, reply) => {
    if (!await retire(db, request.params.id, now())) throw notFound()
    return reply.code(204).send()
  })
}
