import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { describeMetric } from '../../radio/metrics.js'
import { identifyRadio, listMetrics } from '../queries/radios.js'
import { notFound } from '../refused.js'
import { Name, query } from '../schemas/common.js'
import { rangeQuery, seriesAnswers } from '../schemas/series.js'
import { sendSeries, toSeries } from '../series/answer.js'
import { binRadio, binRadioRaw } from '../series/radio.js'
import { chooseRange } from '../series/range.js'
import type { SeriesOptions } from './series.js'

export const radioSeriesRoutes: FastifyPluginAsyncTypebox<SeriesOptions> = async (app, { db, now, kept }) => {
  app.get('/radios/:node/series', {
    schema: {
      tags: ['series'],
      summary: 'Readings of a radio over time',
      description: 'Voltages in V, uptime in days, counters per minute (resets and wraps taken out), bat_pct computed; `raw=true`: all as stored.',
      params: Type.Object({ node: Name }),
      querystring: query({
        metric: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\u0000-\\u001f]+$' }), { maxItems: 50, description: 'Repeat for several; all that have values unless given' })),
        raw: Type.Boolean({ default: false, description: 'Values as stored, counters too' }),
        ...rangeQuery,
      }),
      response: seriesAnswers,
    },
  }, async (request, reply) => {
    const radio = await identifyRadio(db, request.params.node)
    if (radio === undefined) throw notFound()
    const { metric, raw, format, ...given } = request.query
    const range = chooseRange(given, kept, now())
    const wanted = metric ?? await listMetrics(db, radio.id, range)
    const rows = await (raw ? binRadioRaw : binRadio)(db, radio, range, wanted)
    return sendSeries(reply, format, toSeries(range, rows, metric, (name) => raw ? describeMetric(name).storedUnit : describeMetric(name).unit))
  })
}
