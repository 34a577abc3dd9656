import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import type { Pool } from 'pg'
import { Type, type Static } from 'typebox'
import { describeLinkChart, describeNodeChart, describePathChart, describeRadioChart, isRadioChart } from '../../charts/catalogue.js'
import { chartCss } from '../../charts/style.js'
import type { UnitSystem } from '../../charts/units.js'
import { wallClock } from '../../charts/wall-clock.js'
import { mediumOf, orderEnds } from '../../incidents/subject.js'
import { findNames } from '../queries/names.js'
import { findNode } from '../queries/nodes.js'
import { identifyRadio, readBattery } from '../queries/radios.js'
import { binLink, binNode, binPath } from '../queries/series.js'
import { notFound, Refused } from '../refused.js'
import { answers, Name, oneOf, query, Time } from '../schemas/common.js'
import { mediumQuery } from '../schemas/series.js'
import { makeChart, type ChartSource } from '../series/chart.js'
import { binLinkSnr } from '../series/link.js'
import { binRadio } from '../series/radio.js'
import type { Kept, Range } from '../series/range.js'

export interface ChartOptions {
  db: Pool
  now: () => number
  /** How long rows of paths and links are kept, and those of radios. */
  kept: Kept
  radiosKept: Kept
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
const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(chartCss).digest('base64')}'`

/** A request as its schema has checked it. */
interface ChartRequest {
  params: { window: Static<typeof file> }
  query: Static<typeof plainQuery>
  headers: { 'if-none-match'?: string }
}

export const chartRoutes: FastifyPluginAsyncTypebox<ChartOptions> = async (app, options) => {
  const { db, now, kept, radiosKept } = options

  app.get('/charts/radios/:node/:metric/:window', {
    schema: {
      ...common,
      summary: 'A reading of a radio as a chart',
      description: 'Metrics are named as in its series. Counters are shown per minute.',
      params: Type.Object({ node: Name, metric: metricOf('Such as bat, last_snr, nb_recv or telemetry.temperature.2'), window: file }),
    },
  }, async (request, reply) => {
    const { node, metric } = request.params
    const radio = await identifyRadio(db, node)
    if (radio === undefined) throw notFound()
    const described = describeRadioChart({ kind: radio.kind, battery: radio.battery && readBattery(radio.battery) }, metric)
    return await sendChart(options, request, reply, {
      subject: radio.id, metric: described, mayBeEmpty: isRadioChart(metric), kept: radiosKept, read: async (range) => await binRadio(db, radio, range, [metric]),
    })
  })

  app.get('/charts/paths/:src/:dst/:metric/:window', {
    schema: {
      ...common,
      summary: 'Round-trip time, jitter or loss of a path as a chart',
      params: Type.Object({ src: Name, dst: Name, metric: metricOf('rtt_ms, jitter_ms or loss_pct'), window: file }),
    },
  }, async (request, reply) => {
    const [src, dst] = await findNames(db, [request.params.src, request.params.dst])
    const metric = describePathChart(request.params.metric)
    if (src === undefined || dst === undefined || metric === undefined) throw notFound()
    return await sendChart(options, request, reply, {
      subject: `${src} → ${dst}`, metric, mayBeEmpty: true, kept, read: async (range) => await binPath(db, { src, dst }, range, [metric.metric]),
    })
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
    const [from, to] = await findNames(db, [request.params.a, request.params.b])
    const metric = describeLinkChart(request.params.metric)
    if (from === undefined || to === undefined || metric === undefined) throw notFound()
    const link = { ...orderEnds(from, to), medium: mediumOf(request.query.medium.toLowerCase()) }
    const subject = `${link.a} – ${link.b}${link.medium === 'rf' ? '' : ` (${link.medium})`}`
    const read = async (range: Range) => metric.metric === 'snr_db' ? await binLinkSnr(db, link, range) : await binLink(db, link, range, [metric.metric])
    return await sendChart(options, request, reply, { subject, metric, mayBeEmpty: true, kept, read })
  })

  app.get('/charts/nodes/:id/:metric/:window', {
    schema: {
      ...common,
      summary: 'What a node said of itself as a chart',
      params: Type.Object({ id: Name, metric: metricOf('cpu_pct, mem_mb, free_mem_mb or load1'), window: file }),
    },
  }, async (request, reply) => {
    const node = await findNode(db, request.params.id, now())
    const metric = describeNodeChart(request.params.metric)
    if (node === undefined || metric === undefined) throw notFound()
    return await sendChart(options, request, reply, {
      subject: node.id, metric, mayBeEmpty: true, kept: null, read: async (range) => await binNode(db, node.id, range, [metric.metric]),
    })
  })
}

/** Draws it and answers: 304 where the client has the same already, 404 where there is no such chart. */
async function sendChart (options: ChartOptions, { params, query, headers }: ChartRequest, reply: FastifyReply, source: ChartSource): Promise<FastifyReply> {
  const { tz: timeZone = options.timeZone, units = options.units, from, to } = query
  if (!isTimeZone(timeZone)) throw new Refused(400, `tz: ${timeZone} is not a time zone such as Europe/Zurich`)
  const window = windows[params.window]
  const chart = await makeChart(source, { window, timeZone, units, nowMs: options.now(), ...(from !== undefined && { from }), ...(to !== undefined && { to }) })
  if (chart === undefined) throw notFound()
  const etag = `"${createHash('sha256').update(chart.svg).digest('base64url').slice(0, 22)}"`
  reply.headers({ etag, 'cache-control': `public, max-age=${chart.maxAgeS}` })
  if (headers['if-none-match']?.split(/,\s*/).includes(etag) === true) return await reply.code(304).send()
  return await reply.type(svgType).headers({ 'content-security-policy': contentSecurityPolicy, 'x-content-type-options': 'nosniff' }).send(chart.svg)
}

function isTimeZone (name: string): boolean {
  try {
    return wallClock(name) !== undefined
  } catch {
    return false
  }
}
