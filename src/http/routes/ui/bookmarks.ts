import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { windowNames, type ReportTarget } from '../../../dashboard/href.js'
import type { Role } from '../../../reports/radio-report.js'
import { findFirstRadio } from '../../queries/radios.js'
import { notFound } from '../../refused.js'
import { Name, noQuery } from '../../schemas/common.js'
import { MonthOfYear, periodOf, Year } from '../../schemas/reports.js'
import type { PageSources } from './view.js'

const roles: readonly Role[] = ['repeater', 'companion']
const when = { year: Year, month: Type.Optional(MonthOfYear) }
/** How web servers name a folder's page. */
const folderPages = ['', '/', '/index.html'] as const
const chartFile = /^(?<metric>.+)_(?<window>day|week|month|year)_(?:light|dark)\.svg$/

/**
 * Addresses of meshcore-stats, and of the files of `meshmon site`: who kept one is led to the page that shows the same here. Those that name
 * a role mean its first radio.
 */
export const bookmarkRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, { db, href }) => {
  async function first (role: Role): Promise<string> {
    const node = await findFirstRadio(db, role)
    if (node === undefined) throw notFound()
    return node
  }

  for (const role of roles) {
    const folder = role === 'repeater' ? '' : '/companion'
    for (const window of windowNames) {
      app.get(`${folder}/${window}.html`, { schema: { querystring: noQuery } }, async (_, reply) => await reply.redirect(href({ to: 'radio', node: await first(role), window })))
    }
    app.get(`/assets/${role}/:file`, { schema: { params: Type.Object({ file: Name }), querystring: noQuery } }, async ({ params }, reply) => {
      const { metric, window } = chartFile.exec(params.file)?.groups ?? {}
      const known = windowNames.find((name) => name === window)
      if (metric === undefined || known === undefined) throw notFound()
      return await reply.redirect(href({ to: 'chart', kind: 'radios', of: [await first(role)], metric, window: known }))
    })
  }

  for (const page of folderPages) app.get(`/reports${page}`, { schema: { querystring: noQuery } }, async (_, reply) => await reply.redirect(href({ to: 'reports' })))

  for (const month of ['', '/:month']) {
    for (const page of folderPages) {
      app.get(`/reports/mesh/:year${month}${page}`, { schema: { params: Type.Object(when), querystring: noQuery } }, async ({ params }, reply) => await reply.redirect(href({ to: 'report', ...periodOf(params) })))
      app.get(`/reports/radios/:node/:year${month}${page}`, { schema: { params: Type.Object({ node: Name, ...when }), querystring: noQuery } }, async ({ params }, reply) => await reply.redirect(href({ to: 'report', radio: params.node, ...periodOf(params) })))
    }
    for (const role of roles) {
      for (const page of [...folderPages, '/report.txt', '/report.json'] as const) {
        const file: Pick<ReportTarget, 'file'> = page === '/report.txt' ? { file: 'txt' } : page === '/report.json' ? { file: 'json' } : {}
        app.get(`/reports/${role}/:year${month}${page}`, { schema: { params: Type.Object(when), querystring: noQuery } }, async ({ params }, reply) => await reply.redirect(href({ to: 'report', radio: await first(role), ...periodOf(params), ...file })))
      }
    }
  }
}
