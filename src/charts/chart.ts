import { scaleLinear, type ScaleLinear } from 'd3-scale'
import { area, line } from 'd3-shape'
import { utcFormat } from 'd3-time-format'
import { drawMarked, drawThresholds, type Annotations } from './annotations.js'
import type { ChartMetric } from './catalogue.js'
import { pixel, plot, size } from './layout.js'
import { gapMs, splitAtGaps, summarise, usablePoints, type ChartData, type ChartPoint, type Summary } from './points.js'
import { chartCss, cssOf, paint, type Theme } from './style.js'
import { timeTicks } from './time-ticks.js'
import { formatValue } from './units.js'
import { wallClock, type WallClock } from './wall-clock.js'
import { windows, type WindowName } from './windows.js'
import { element, escapeText } from './xml.js'
import { yDomain } from './y-domain.js'

export interface Chart extends ChartData, Annotations {
  /** Of the SVG and, with a suffix, of what is in it: unique on the page, letters, digits, - and _. */
  id: string
  metric: ChartMetric
  /** Name of the radio or node, or both ends of the path or link. */
  subject: string
  window: WindowName | 'range'
  /** IANA name, such as Europe/Zurich. */
  timeZone: string
  /** The newest value, where it is newer than the last bin. */
  now?: number
  /** Part of a page that has chartCss itself: the SVG then holds no style sheet, which a page's CSP may refuse. */
  isInline?: boolean
  /** Of an SVG that stands alone: always this one, whatever the reader prefers. */
  theme?: Theme
}

const { width, height } = size
const plotWidth = plot.right - plot.left
const titleY = 22
const unitY = 36
const tickLabelY = 239
const figuresY = 266
const figureX = [62, 202, 342, 482]
const yTicks = 5
const longestSubject = 60
const stampFormat = utcFormat('%-d %b %Y, %H:%M')

interface Drawing {
  chart: Chart
  points: ChartPoint[]
  runs: ChartPoint[][]
  summary: Summary | null
  clock: WallClock
  x: ScaleLinear<number, number>
  y: ScaleLinear<number, number>
}

/** A chart as SVG text, for light and dark, with everything a script needs for a marker in data attributes. What is no finite number is left out. */
export function drawChart (chart: Chart): string {
  const points = usablePoints(chart)
  const summary = summarise(points)
  const drawing: Drawing = {
    chart,
    points,
    runs: splitAtGaps(points, gapMs(points, chart)),
    summary,
    clock: wallClock(chart.timeZone),
    x: scaleLinear([chart.fromMs, chart.toMs], [plot.left, plot.right]),
    y: scaleLinear(yDomain(summary, chart.metric.span, chart.thresholds?.map(({ value }) => value)), [plot.bottom, plot.top]),
  }
  const { id, metric, subject, isInline = false, theme } = chart
  return element('svg', rootAttributes(drawing), [
    element('title', { id: `${id}-title` }, [escapeText(`${metric.label} of ${subject}, ${periodOf(drawing)}`)]),
    element('desc', { id: `${id}-desc` }, [escapeText(describe(drawing))]),
    ...isInline ? [] : [element('style', {}, [theme === undefined ? chartCss : cssOf(theme)])],
    element('rect', { ...paint('page'), width, height }),
    element('rect', { ...paint('plot'), x: plot.left, y: plot.top, width: plotWidth, height: plot.bottom - plot.top }),
    ...drawHeading(drawing),
    ...chart.marked === undefined ? [] : drawMarked(chart.marked, drawing.x),
    ...drawAxes(drawing),
    ...summary === null ? [drawNothing()] : drawSeries(drawing),
    ...drawThresholds(chart, metric, drawing),
    ...drawFigures(drawing),
  ])
}

function rootAttributes ({ chart, points, y }: Drawing): Record<string, string | number> {
  const { id, metric, window, fromMs, toMs } = chart
  const [yMin = 0, yMax = 0] = y.domain()
  return {
    xmlns: 'http://www.w3.org/2000/svg',
    id,
    class: 'meshmon-chart',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-labelledby': `${id}-title ${id}-desc`,
    'font-family': 'system-ui,sans-serif',
    'font-size': 12,
    'data-metric': metric.metric,
    'data-unit': metric.unit,
    'data-digits': metric.digits,
    'data-window': window,
    'data-x-start': new Date(fromMs).toISOString(),
    'data-x-end': new Date(toMs).toISOString(),
    'data-y-min': round(yMin, metric),
    'data-y-max': round(yMax, metric),
    'data-plot': [plot.left, plot.top, plot.right, plot.bottom].join(' '),
    'data-points': JSON.stringify(points.map((point) => compact(point, chart))),
  }
}

/** Seconds from the start of the axis, the mean and, where they differ, the least and greatest value. */
function compact ({ timeMs, mean, min, max }: ChartPoint, { fromMs, metric }: Chart): number[] {
  const seconds = Math.round((timeMs - fromMs) / 1000)
  return [seconds, ...(min === max ? [mean] : [mean, min, max]).map((value) => round(value, metric))]
}

/** To two decimals more than the metric is shown with. */
function round (value: number, { digits }: ChartMetric): number {
  return Number(value.toFixed(digits + 2))
}

function drawHeading ({ chart, ...drawing }: Drawing): string[] {
  const { metric, subject } = chart
  const shown = subject.length > longestSubject ? `${[...subject].slice(0, longestSubject - 1).join('')}…` : subject
  return [
    element('text', { ...paint('text'), 'data-part': 'title', x: plot.left, y: titleY, 'font-size': 15, 'font-weight': 600 }, [escapeText(metric.label)]),
    element('text', { ...paint('muted'), 'data-part': 'period', x: plot.right, y: titleY, 'text-anchor': 'end' }, [escapeText(`${shown} · ${periodOf({ chart, ...drawing })}`)]),
    ...metric.unit === '' ? [] : [element('text', { ...paint('muted'), 'data-part': 'unit', x: plot.left - 8, y: unitY, 'text-anchor': 'end' }, [escapeText(metric.unit)])],
  ]
}

function drawAxes ({ chart, clock, x, y }: Drawing): string[] {
  const { left, right, top, bottom } = plot
  const format = y.tickFormat(yTicks)
  const rows = y.ticks(yTicks).map((value) => ({ at: y(value), label: format(value) }))
  const columns = timeTicks(chart.fromMs, chart.toMs, clock).map(({ timeMs, label }) => ({ at: pixel(x(timeMs)), label }))
  const grid = [...rows.map(({ at }) => `M${left},${pixel(at)}H${right}`), ...columns.map(({ at }) => `M${at},${top}V${bottom}`)]
  return [
    element('path', { ...paint('grid'), fill: 'none', d: grid.join('') }),
    element('path', { ...paint('axis'), fill: 'none', d: `M${left},${top}V${bottom}H${right}${columns.map(({ at }) => `M${at},${bottom}v4`).join('')}` }),
    element('g', { ...paint('text'), 'text-anchor': 'end', 'data-axis': 'y' }, rows.map(({ at, label }) => element('text', { x: left - 8, y: pixel(at + 4) }, [escapeText(label)]))),
    element('g', { ...paint('text'), 'text-anchor': 'middle', 'data-axis': 'x' }, columns.map(({ at, label }) => element('text', { x: at, y: tickLabelY }, [escapeText(label)]))),
  ]
}

/** The area below the means, the band between least and greatest values, the line of the means; each begins anew after a gap. A point alone is a dot. */
function drawSeries ({ runs, x, y }: Drawing): string[] {
  const across = (point: ChartPoint) => x(point.timeMs)
  const below = area(across, plot.bottom, (point: ChartPoint) => y(point.mean)).digits(1)
  const between = area(across, (point: ChartPoint) => y(point.min), (point: ChartPoint) => y(point.max)).digits(1)
  const means = line(across, (point: ChartPoint) => y(point.mean)).digits(1)
  const lines = runs.filter((run) => run.length > 1)
  const dots = runs.filter((run) => run.length === 1)
  const isBinned = lines.some((run) => run.some(({ min, max }) => min !== max))
  const stroke = { ...paint('line'), fill: 'none', 'stroke-linejoin': 'round', 'stroke-linecap': 'round' }
  return [
    ...drawRuns(lines, below, paint('area')),
    ...isBinned ? drawRuns(lines, between, paint('band')) : [],
    ...drawRuns(lines, means, { ...stroke, 'stroke-width': 2 }),
    ...drawRuns(dots, means, { ...stroke, 'stroke-width': 5 }),
  ]
}

function drawRuns (runs: ChartPoint[][], shape: (run: ChartPoint[]) => string | null, attributes: Record<string, string | number>): string[] {
  return runs.length === 0 ? [] : [element('path', { ...attributes, d: runs.map(shape).join('') })]
}

function drawNothing (): string {
  const [x, y] = [plot.left + plotWidth / 2, (plot.top + plot.bottom) / 2]
  return element('text', { ...paint('muted'), x, y, 'text-anchor': 'middle', 'font-size': 16 }, ['No data available'])
}

function drawFigures (drawing: Drawing): string[] {
  const figures = figuresOf(drawing).map(([name, value], i) => element('text', { ...paint('text'), x: figureX[i], y: figuresY, 'font-size': 13, 'data-figure': name }, [
    element('tspan', paint('muted'), [`${name} `]), element('tspan', { 'font-weight': 600 }, [escapeText(value)]),
  ]))
  return [...figures, element('text', { ...paint('muted'), 'data-part': 'zone', x: plot.right, y: figuresY, 'text-anchor': 'end' }, [escapeText(drawing.clock.zoneName(drawing.chart.toMs))])]
}

/** The newest value is "now" only where a line still leads to the present. */
function figuresOf ({ chart, points, summary }: Drawing): [name: string, value: string][] {
  if (summary === null) return []
  const { metric, window, toMs, now } = chart
  const isFresh = now !== undefined || (window !== 'range' && toMs - (points.at(-1)?.timeMs ?? 0) <= gapMs(points, chart))
  return [
    ['min', formatValue(summary.min, metric)], ['avg', formatValue(summary.avg, metric)], ['max', formatValue(summary.max, metric)],
    [isFresh ? 'now' : 'last', formatValue(now ?? summary.last, metric)],
  ]
}

/** What a screen reader tells. */
function describe (drawing: Drawing): string {
  const { chart, runs, summary, clock } = drawing
  const range = `From ${stamp(chart.fromMs, clock)} to ${stamp(chart.toMs, clock)} ${clock.zoneName(chart.toMs)}.`
  const notes = describeAnnotations(drawing)
  if (summary === null) return `${range} No data available.${notes}`
  const names: Readonly<Record<string, string>> = { min: 'Least', avg: 'average', max: 'greatest' }
  const figures = figuresOf(drawing).map(([name, value]) => `${names[name] ?? name} ${value}`).join(', ')
  const gaps = runs.length - 1
  return `${range} ${figures}.${gaps === 0 ? '' : ` ${gaps} ${gaps === 1 ? 'gap' : 'gaps'} without data.`}${notes}`
}

function describeAnnotations ({ chart: { thresholds = [], marked, metric }, clock }: Drawing): string {
  const span = marked === undefined ? [] : [`Marked: ${marked.label}, from ${stamp(marked.fromMs, clock)}${marked.toMs === null ? ', not over yet' : ` to ${stamp(marked.toMs, clock)}`}.`]
  return [...thresholds.map(({ label, value }) => `Threshold: ${label} ${formatValue(value, metric)}.`), ...span].map((note) => ` ${note}`).join('')
}

/** What the chart says in numbers, in the unit it is shown in; null without data. */
export function chartFigures (chart: Chart): { min: number, avg: number, max: number, current: number } | null {
  const summary = summarise(usablePoints(chart))
  return summary && { min: summary.min, avg: summary.avg, max: summary.max, current: chart.now ?? summary.last }
}

function periodOf ({ chart, clock }: Pick<Drawing, 'chart' | 'clock'>): string {
  const { window, fromMs, toMs } = chart
  return window === 'range' ? `${stamp(fromMs, clock)} – ${stamp(toMs, clock)}` : windows[window].title
}

function stamp (timeMs: number, clock: WallClock): string {
  return stampFormat(new Date(clock.toWall(timeMs)))
}
