import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { drawReport } from '../../../dashboard/pages/report.js'
import { drawReports } from '../../../dashboard/pages/reports.js'
import { notFound } from '../../refused.js'
import { listPeriods, listReports } from '../../reports/index.js'
import { makeMeshReport } from '../../reports/mesh.js'
import { makeRadioReport } from '../../reports/radio.js'
import { Name, query } from '../../schemas/common.js'
import { MonthOfYear, periodOf, Year } from '../../schemas/reports.js'
import { readView, sendPage, type PageSources } from './view.js'

const noQuery = query({})
const when = { year: Year, month: Type.Optional(MonthOfYear) }

export const reportPageRoutes: FastifyPluginAsyncTypebox<PageSources> = async (app, sources) => {
  const { reports } = sources

  app.get('/ui/reports', { schema: { querystring: noQuery } }, async (request, reply) => sendPage(reply, drawReports(await readView(sources, request), await listReports(reports))))

  for (const part of ['', '/:month'] as const) {
    app.get(`/ui/reports/mesh/:year${part}`, { schema: { params: Type.Object(when), querystring: noQuery } }, async (request, reply) => {
      const report = await makeMeshReport(reports, periodOf(request.params))
      if (report === undefined) throw notFound()
      return sendPage(reply, drawReport(await readView(sources, request), { report, years: await listPeriods(reports, null) }))
    })

    app.get(`/ui/reports/radios/:node/:year${part}`, { schema: { params: Type.Object({ node: Name, ...when }), querystring: noQuery } }, async (request, reply) => {
      const report = await makeRadioReport(reports, request.params.node, periodOf(request.params))
      if (report === undefined) throw notFound()
      return sendPage(reply, drawReport(await readView(sources, request), { report, years: await listPeriods(reports, report.node) }))
    })
  }
}
