import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { orderEnds, mediumOf } from '../../incidents/subject.js'
import { findNames } from '../queries/names.js'
import { findNode } from '../queries/nodes.js'
import { binLink, binNode, binPath, linkMeasures, nodeMeasures, pathMeasures } from '../queries/series.js'
import { notFound } from '../refused.js'
import { Name, query } from '../schemas/common.js'
import { mediumQuery, metricQuery, rangeQuery, seriesAnswers } from '../schemas/series.js'
import { sendSeries, toSeries } from '../series/answer.js'
import { chooseRange, type Kept } from '../series/range.js'

export interface SeriesOptions {
  db: Pool
  now: () => number
  /** How long rows of paths, links and nodes are kept. */
  kept: Kept
}

const tags = ['series']
const names = <M extends object>(measures: M) => Object.keys(measures) as (keyof M & string)[]

export const seriesRoutes: FastifyPluginAsyncTypebox<SeriesOptions> = async (app, { db, now, kept }) => {
  app.get('/paths/:src/:dst/series', {
    schema: {
      tags,
      summary: 'Measurements of a path over time',
      params: Type.Object({ src: Name, dst: Name }),
      querystring: query({ metric: metricQuery(names(pathMeasures)), ...rangeQuery }),
      response: seriesAnswers,
    },
  }, async (request, reply) => {
    const [src, dst] = await findNames(db, [request.params.src, request.params.dst])
    if (src === undefined || dst === undefined) throw notFound()
    const { metric = names(pathMeasures), format, ...given } = request.query
    const range = chooseRange(given, kept, now())
    const rows = await binPath(db, { src, dst }, range, metric)
    return sendSeries(reply, format, toSeries(range, rows, request.query.metric, (name) => unitOf(pathMeasures, name)))
  })

  app.get('/links/:a/:b/series', {
    schema: {
      tags,
      summary: 'Measurements of a link over time, both directions together',
      description: 'lq is how the end that sorts first hears the other, nlq the reverse, whatever order the URL has.',
      params: Type.Object({ a: Name, b: Name }),
      querystring: query({
        metric: metricQuery(names(linkMeasures)),
        medium: mediumQuery,
        ...rangeQuery,
      }),
      response: seriesAnswers,
    },
  }, async (request, reply) => {
    const [from, to] = await findNames(db, [request.params.a, request.params.b])
    if (from === undefined || to === undefined) throw notFound()
    const { metric = names(linkMeasures), medium, format, ...given } = request.query
    const range = chooseRange(given, kept, now())
    const { a, b } = orderEnds(from, to)
    const rows = await binLink(db, { a, b, medium: mediumOf(medium.toLowerCase()) }, range, metric)
    return sendSeries(reply, format, toSeries(range, rows, request.query.metric, (name) => unitOf(linkMeasures, name)))
  })

  app.get('/nodes/:id/series', {
    schema: {
      tags,
      summary: 'What a node said of itself over time',
      params: Type.Object({ id: Name }),
      querystring: query({ metric: metricQuery(names(nodeMeasures)), ...rangeQuery }),
      response: seriesAnswers,
    },
  }, async (request, reply) => {
    const node = await findNode(db, request.params.id, now())
    if (node === undefined) throw notFound()
    const { metric = names(nodeMeasures), format, ...given } = request.query
    const range = chooseRange(given, kept, now())
    const rows = await binNode(db, node.id, range, metric)
    return sendSeries(reply, format, toSeries(range, rows, request.query.metric, (name) => unitOf(nodeMeasures, name)))
  })
}

function unitOf (measures: Readonly<Record<string, { unit: string }>>, name: string): string {
  return measures[name]?.unit ?? ''
}
