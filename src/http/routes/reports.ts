import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { monthAt, type Period } from '../../reports/calendar.js'
import { reportJson } from '../../reports/json.js'
import { meshText } from '../../reports/mesh-text.js'
import { radioText } from '../../reports/radio-text.js'
import { sendCached } from '../cached.js'
import { notFound } from '../refused.js'
import { listReports } from '../reports/index.js'
import { makeMeshReport } from '../reports/mesh.js'
import { makeRadioReport } from '../reports/radio.js'
import { clockOf, type ReportSources } from '../reports/sources.js'
import { answers, Name, object, query } from '../schemas/common.js'
import { MonthOfYear, periodOf, ReportIndex, Year } from '../schemas/reports.js'

/** Seconds that a report is worth keeping: one that still grows, and one that late messages alone may change. */
const [growingS, finishedS] = [300, 3600]

const files = {
  'report.txt': { type: 'text/plain', schema: Type.String() },
  'report.json': { type: 'application/json', schema: object },
} as const
type File = keyof typeof files

const common = (file: File, summary: string, description: string) => ({
  tags: ['reports'],
  summary: `${summary}, as ${file === 'report.txt' ? 'text' : 'JSON'}`,
  description,
  querystring: query({}),
  response: answers({
    200: { description: 'The report', content: { [files[file].type]: { schema: files[file].schema } } },
    304: { description: 'As it was (If-None-Match)', type: 'null' },
  }, 404),
})

const ofRadio = 'Days and months of the zone TZ. Counters count from the last reading of the day before; resets and wraps are told apart by uptime. JSON: units as stored, bat_pct of each reading. A year is made of hourly aggregates, of daily ones (`resolution`) where those are gone.'

const ofMesh = 'Availability of a path: the share of its time in which its usual number of windows a day came and their packets came back; of a node: in which it was not silent. ' +
  'Issues by kind, how long they lasted, mean time to recovery; the worst links, paths and nodes.'

interface Asked {
  file: File
  period: Period
  headers: { 'if-none-match'?: string }
}

export const reportRoutes: FastifyPluginAsyncTypebox<ReportSources> = async (app, sources) => {
  app.get('/reports/index.json', {
    schema: { tags: ['reports'], summary: 'Which reports there are', querystring: query({}), response: answers({ 200: ReportIndex }) },
  }, async () => await listReports(sources))

  async function answer<Report extends object> ({ file, period, headers }: Asked, reply: FastifyReply, report: Report | undefined, write: (report: Report) => string): Promise<FastifyReply> {
    if (report === undefined) throw notFound()
    const now = monthAt(sources.now(), clockOf(sources))
    const isGrowing = period.year === now.year && (period.month === undefined || period.month === now.month)
    return await sendCached(reply, headers['if-none-match'], {
      body: file === 'report.txt' ? `${write(report)}\n` : reportJson(report),
      type: `${files[file].type}; charset=utf-8`,
      maxAgeS: isGrowing ? growingS : finishedS,
    })
  }

  for (const file of Object.keys(files) as File[]) {
    app.get(`/reports/radios/:node/:year/${file}`, {
      schema: { ...common(file, 'A year of a radio', ofRadio), params: Type.Object({ node: Name, year: Year }) },
    }, async ({ params, headers }, reply) => {
      const period = periodOf(params)
      return await answer({ file, period, headers }, reply, await makeRadioReport(sources, params.node, period), radioText)
    })

    app.get(`/reports/radios/:node/:year/:month/${file}`, {
      schema: { ...common(file, 'A month of a radio', ofRadio), params: Type.Object({ node: Name, year: Year, month: MonthOfYear }) },
    }, async ({ params, headers }, reply) => {
      const period = periodOf(params)
      return await answer({ file, period, headers }, reply, await makeRadioReport(sources, params.node, period), radioText)
    })

    app.get(`/reports/mesh/:year/${file}`, {
      schema: { ...common(file, 'A year of the mesh', ofMesh), params: Type.Object({ year: Year }) },
    }, async ({ params, headers }, reply) => {
      const period = periodOf(params)
      return await answer({ file, period, headers }, reply, await makeMeshReport(sources, period), meshText)
    })

    app.get(`/reports/mesh/:year/:month/${file}`, {
      schema: { ...common(file, 'A month of the mesh', ofMesh), params: Type.Object({ year: Year, month: MonthOfYear }) },
    }, async ({ params, headers }, reply) => {
      const period = periodOf(params)
      return await answer({ file, period, headers }, reply, await makeMeshReport(sources, period), meshText)
    })
  }
}
