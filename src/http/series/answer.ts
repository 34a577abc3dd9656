import type { FastifyReply } from 'fastify'
import type { BinRow } from '../queries/series.js'
import type { Point, SeriesBody } from '../schemas/series.js'
import { toCsv } from './csv.js'
import type { Range } from './range.js'

/** One series per metric asked for, or per metric that has values. */
export function toSeries (range: Range, rows: BinRow[], asked: readonly string[] | undefined, unit: (metric: string) => string): SeriesBody {
  const points = new Map<string, Point[]>((asked ?? []).map((metric) => [metric, []]))
  for (const { metric, time, mean, min, max } of rows) {
    const list = points.get(metric)
    if (list === undefined) points.set(metric, [[time, mean, min, max]])
    else list.push([time, mean, min, max])
  }
  return {
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    step_s: range.stepS,
    source: range.source,
    series: [...points].map(([metric, list]) => ({ metric, unit: unit(metric), points: list })),
  }
}

export function sendSeries (reply: FastifyReply, format: 'json' | 'csv', series: SeriesBody): FastifyReply {
  return format === 'csv' ? reply.type('text/csv; charset=utf-8').send(toCsv(series)) : reply.type('application/json; charset=utf-8').send(series)
}
