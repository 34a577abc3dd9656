import type { Annotations } from '../../charts/annotations.js'
import type { ChartMetric } from '../../charts/catalogue.js'
import { drawChart, type Chart } from '../../charts/chart.js'
import type { ChartPoint } from '../../charts/points.js'
import { conversionTo, type UnitSystem } from '../../charts/units.js'
import { freeRange, windowRange, type ChartRange, type WindowName } from '../../charts/windows.js'
import { Refused } from '../refused.js'
import { parseTime } from '../time.js'
import type { BinRow } from '../queries/series.js'
import { chooseRange, type Kept, type Range } from './range.js'

/** What can be charted: whose it is, and where its rows come from. */
export interface ChartSource {
  subject: string
  metric: ChartMetric
  /** Whether a chart without data is one: nobody may have sent such a metric ever. */
  mayBeEmpty: boolean
  kept: Kept
  /** Of a radio: its rows are few, and a week of them is read as they are. */
  isSparse?: boolean
  read: (range: Range) => Promise<BinRow[]>
}

export interface ChartRequest {
  window: WindowName | 'range'
  from?: string
  to?: string
  timeZone: string
  units: UnitSystem
  nowMs: number
  /** For a page, which has charts' style sheet itself. */
  isInline?: boolean
  /** In the metric's own unit. */
  annotations?: Annotations
}

/** How far back the newest value may lie that a chart of aggregates shows as the present one. */
const presentS = 2 * 3600
const presentStepS = 60
const [leastAgeS, greatestAgeS] = [60, 3600]

/** A chart, the same as SVG text, and for how many seconds it is worth keeping; undefined where there is none. */
export async function makeChart (source: ChartSource, request: ChartRequest): Promise<{ chart: Chart, svg: string, maxAgeS: number } | undefined> {
  const { subject, metric, mayBeEmpty, kept, read } = source
  const { window, timeZone, units, nowMs, isInline = false, annotations: { thresholds = [], marked } = {} } = request
  const wanted = rangeOf(request, source.isSparse)
  const range = chooseRange({ from: new Date(wanted.fromMs).toISOString(), to: new Date(wanted.toMs).toISOString(), step: wanted.stepS }, kept, nowMs)
  const { fromMs, toMs, stepS } = range
  const rows = await read(range)
  if (rows.length === 0 && !mayBeEmpty) return undefined
  const newest = window === 'range' || range.source === 'raw' ? undefined : (await read(presentRange(nowMs))).at(-1)
  const conversion = conversionTo(units, metric.unit)
  const convert = (value: number) => conversion === undefined ? value : value * conversion.factor + conversion.offset
  const chart: Chart = {
    id: `chart-${metric.metric.replace(/[^A-Za-z0-9_-]/g, '-')}-${window}`,
    metric: { ...metric, ...(conversion && { unit: conversion.unit, digits: conversion.digits }) },
    subject, window, timeZone, fromMs, toMs, stepS, isInline,
    points: rows.map((row) => toPoint(row, stepS, convert)),
    ...(newest && { now: convert(newest.mean) }),
    thresholds: thresholds.map(({ value, label }) => ({ value: convert(value), label })),
    ...(marked && { marked }),
  }
  return { chart, svg: drawChart(chart), maxAgeS: Math.round(Math.min(Math.max(leastAgeS, stepS / 12), greatestAgeS)) }
}

/** Raw rows that hold the present value, of which an aggregate's last bin has only the mean. */
function presentRange (nowMs: number): Range {
  return { fromMs: nowMs - presentS * 1000, toMs: nowMs, stepS: presentStepS, source: 'raw', nowMs }
}

function rangeOf ({ window, from, to, nowMs }: ChartRequest, isSparse?: boolean): ChartRange {
  if (window !== 'range') {
    if (from !== undefined || to !== undefined) throw new Refused(400, 'from and to go with range.svg; the other windows end now')
    return windowRange(window, nowMs, isSparse)
  }
  if (from === undefined) throw new Refused(400, 'from: range.svg needs it')
  const [fromMs, toMs] = [parseTime('from', from), to === undefined ? nowMs : parseTime('to', to)]
  return freeRange(fromMs, toMs, isSparse)
}

/** A row tells the start of its bin; it is drawn at the middle. */
function toPoint ({ time, mean, min, max }: BinRow, stepS: number, convert: (value: number) => number): ChartPoint {
  return { timeMs: Date.parse(time) + stepS * 500, mean: convert(mean), min: convert(min), max: convert(max) }
}
