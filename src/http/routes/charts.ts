import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type, type Static } from 'typebox'
import { chartCss } from '../../charts/style.js'
import type { UnitSystem } from '../../charts/units.js'
import { isTimeZone } from '../../charts/wall-clock.js'
import { sendCached } from '../cached.js'
import { findIssue } from '../queries/issues.js'
import { notFound, Refused } from '../refused.js'
import { answers, Name, oneOf, query, Time } from '../schemas/common.js'
import { mediumQuery } from '../schemas/series.js'
import { annotate } from '../series/annotations.js'
import { makeChart, type ChartSource } from '../series/chart.js'
import { linkSource, nodeSource, pathSource, radioSource, type ChartSources } from '../series/sources.js'

export interface ChartOptions extends ChartSources {
  /** IANA name of the zone of charts that ask for none. */
  timeZone: string
  units: UnitSystem
}

const svgType = 'image/svg+xml'
const windows = { 'day.svg': 'day', 'week.svg': 'week', 'month.svg': 'month', 'year.svg': 'year', 'range.svg': 'range' } as const
const file = oneOf(['day.svg', 'week.svg', 'month.svg', 'year.svg', 'range.svg'], { description: 'What it looks back over; range.svg: from and to' })
const metricOf = (description: string) => Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\u0000-\\u001f]+$', description })
const chartQuery = {
  from: Type.Optional({ ...Time, description: 'Start of range.svg' }),
  to: Type.Optional({ ...Time, description: 'End of range.svg, now unless given' }),
  tz: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Time zone, such as Europe/Zurich; the collector\'s own unless given' })),
  issue: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Id of an issue: its time is marked, and on the chart of what its rule judged also the thresholds' })),
  units: Type.Optional(oneOf(['metric', 'imperial'], { description: 'As DISPLAY_UNIT_SYSTEM unless given' })),
}
const plainQuery = query(chartQuery)
const common = {
  tags: ['charts'],
  querystring: plainQuery,
  response: answers({
    200: { description: 'The chart, for light and dark', content: { [svgType]: { schema: Type.String() } } },
    304: { description: 'As it was (If-None-Match)', type: 'null' },
  }, 404),
}

/** Opened by itself a chart runs and loads nothing; the one style sheet in it is ours. */
const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(chartCss).digest('base64')}'; frame-ancestors 'self'`

/** A request as its schema has checked it. */
interface ChartRequest {
  params: { window: Static<typeof file> }
  query: Static<typeof plainQuery>
  headers: { 'if-none-match'?: string }
}

export const chartRoutes: FastifyPluginAsyncTypebox<ChartOptions> = async (app, options) => {
  app.get('/charts/radios/:node/:metric/:window', {
    schema: {
      ...common,
      summary: 'A reading of a radio as a chart',
      description: 'Metrics are named as in its series. Counters are shown per minute.',
      params: Type.Object({ node: Name, metric: metricOf('Such as bat, last_snr, nb_recv or telemetry.temperature.2'), window: file }),
    },
  }, async (request, reply) => {
    return await sendChart(options, request, reply, await radioSource(options, request.params))
  })

  app.get('/charts/paths/:src/:dst/:metric/:window', {
    schema: {
      ...common,
      summary: 'Round-trip time, jitter or loss of a path as a chart',
      params: Type.Object({ src: Name, dst: Name, metric: metricOf('rtt_ms, jitter_ms or loss_pct'), window: file }),
    },
  }, async (request, reply) => {
    return await sendChart(options, request, reply, await pathSource(options, request.params))
  })

  app.get('/charts/links/:a/:b/:metric/:window', {
    schema: {
      ...common,
      summary: 'A measurement of a link as a chart, both directions together',
      description: 'lq is how the end that sorts first hears the other, nlq the reverse, whatever order the URL has.',
      params: Type.Object({ a: Name, b: Name, metric: metricOf('lq, nlq, etx, signal_dbm, noise_dbm, snr_db, rtt_ms, tx_bitrate_mbps, rxcost or txcost'), window: file }),
      querystring: query({ medium: mediumQuery, ...chartQuery }),
    },
  }, async (request, reply) => {
    return await sendChart(options, request, reply, await linkSource(options, { ...request.params, medium: request.query.medium }))
  })

  app.get('/charts/nodes/:id/:metric/:window', {
    schema: {
      ...common,
      summary: 'What a node said of itself as a chart',
      params: Type.Object({ id: Name, metric: metricOf('cpu_pct, mem_mb, free_mem_mb or load1'), window: file }),
    },
  }, async (request, reply) => {
    return await sendChart(options, request, reply, await nodeSource(options, request.params))
  })
}

/** Draws it and answers: 304 where the client has the same already, 404 where there is no such chart. */
async function sendChart (options: ChartOptions, { params, query, headers }: ChartRequest, reply: FastifyReply, source: ChartSource | undefined): Promise<FastifyReply> {
  if (source === undefined) throw notFound()
  const { tz: timeZone = options.timeZone, units = options.units, from, to, issue: id } = query
  if (!isTimeZone(timeZone)) throw new Refused(400, `tz: ${timeZone} is not a time zone such as Europe/Zurich`)
  const window = windows[params.window]
  const issue = id === undefined ? undefined : await findIssue(options.db, id)
  if (id !== undefined && issue === undefined) throw notFound()
  const chart = await makeChart(source, { window, timeZone, units, nowMs: options.now(), ...(issue && { annotations: annotate(issue, source.metric.metric) }), ...(from !== undefined && { from }), ...(to !== undefined && { to }) })
  if (chart === undefined) throw notFound()
  return await sendCached(reply, headers['if-none-match'], { body: chart.svg, type: svgType, maxAgeS: chart.maxAgeS, headers: { 'content-security-policy': contentSecurityPolicy } })
}
