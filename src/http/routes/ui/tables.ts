import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { drawLinks, linkColumns, linksShown } from '../../../dashboard/pages/links.js'
import { drawNodes, nodeColumns, nodeKinds, nodeStates } from '../../../dashboard/pages/nodes.js'
import { drawPaths, pathColumns, pathsShown } from '../../../dashboard/pages/paths.js'
import type { Column } from '../../../dashboard/table.js'
import { readLinks, readNodes, readPaths } from '../../documents/tables.js'
import { oneOf, query } from '../../schemas/common.js'
import { chosen, givenFields, Search, PageNumber } from './fields.js'
import { readView, sendPage, type PageSources } from './view.js'

/** How every table is asked for. */
function tableQuery<Row> (columns: readonly Column<Row>[]) {
  const names = columns.filter(({ value }) => value !== undefined).map(({ name }) => name)
  return { q: Search, sort: oneOf(names, { default: names[0] }), dir: chosen(['asc', 'desc']), page: PageNumber }
}

export const tableRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, sources) => {
  const { db, now, listAllLinks } = sources

  app.get('/ui/nodes', { schema: { querystring: query({ ...tableQuery(nodeColumns), status: chosen(nodeStates), kind: chosen(nodeKinds) }) } }, async (request, reply) => {
    return sendPage(reply, drawNodes(await readView(sources, request), await readNodes(db, givenFields(request.query), now())))
  })

  app.get('/ui/links', { schema: { querystring: query({ ...tableQuery(linkColumns), node: Search, medium: Type.Optional(Type.String({ maxLength: 64 })), only: chosen(linksShown) }) } }, async (request, reply) => {
    return sendPage(reply, drawLinks(await readView(sources, request), await readLinks({ db, listAllLinks }, givenFields(request.query), now())))
  })

  app.get('/ui/paths', { schema: { querystring: query({ ...tableQuery(pathColumns), node: Search, only: chosen(pathsShown) }) } }, async (request, reply) => {
    return sendPage(reply, drawPaths(await readView(sources, request), await readPaths(db, givenFields(request.query), now())))
  })
}
