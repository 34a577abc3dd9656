import { Type, type Static } from 'typebox'
import { answers, oneOf, Time } from './common.js'

export type Point = [time: string, mean: number, min: number, max: number]

/** An `items` of all types, not a tuple: OpenAPI tools read it, and fast-json-stringify writes tuples slowly. */
const PointSchema = Type.Unsafe<Point>({
  type: 'array', items: { type: ['string', 'number'] }, minItems: 4, maxItems: 4, description: 'Start of the bin, mean, least and greatest value',
})

export const Series = Type.Object({
  from: Time,
  to: Time,
  step_s: Type.Integer({ description: 'Width of a bin, seconds, aligned to 1970-01-01T00:00:00Z' }),
  source: oneOf(['raw', 'hourly', 'daily'], { description: 'The rows it was made from' }),
  series: Type.Array(Type.Object({
    metric: Type.String(),
    unit: Type.String(),
    points: Type.Array(PointSchema, { description: 'Oldest first; a bin without values is left out' }),
  })),
}, { $id: 'Series' })

export type SeriesBody = Static<typeof Series>

/** Range of a series; `step` and `points` exclude each other. */
export const rangeQuery = {
  from: Type.Optional({ ...Time, description: 'A day before `to` unless given' }),
  to: Type.Optional({ ...Time, description: 'Now unless given' }),
  step: Type.Optional(Type.Integer({ minimum: 1, maximum: 366 * 86_400, description: 'Width of a bin, seconds' })),
  points: Type.Optional(Type.Integer({ minimum: 1, maximum: 5000, description: 'About this many bins; 500 unless step is given' })),
  format: oneOf(['json', 'csv'], { default: 'json', description: 'csv: time,metric,unit,mean,min,max' }),
}

/** `metric=` of one of the names, repeated for several; without it all that have values. */
export const metricQuery = <const Names extends readonly string[]>(names: Names) =>
  Type.Optional(Type.Array(oneOf(names), { maxItems: 50, description: 'Repeat for several; all that have values unless given' }))

/** Which of the links between two nodes. */
export const mediumQuery = Type.String({ default: 'rf', minLength: 1, maxLength: 32, pattern: '^[^\\u0000-\\u001f]+$', description: 'rf, tunnel, dtd, …' })

export const seriesAnswers = answers({
  200: {
    description: 'The series',
    content: { 'application/json': { schema: Type.Ref('Series') }, 'text/csv': { schema: Type.String() } },
  },
}, 404)

export const seriesSchemas = [Series]
