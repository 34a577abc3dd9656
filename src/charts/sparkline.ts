import { scaleLinear } from 'd3-scale'
import { line } from 'd3-shape'
import type { ChartMetric } from './catalogue.js'
import { gapMs, splitAtGaps, summarise, usablePoints, type ChartData, type ChartPoint } from './points.js'
import { formatValue } from './units.js'
import { element, escapeText } from './xml.js'
import { yDomain } from './y-domain.js'

export interface Sparkline extends ChartData {
  metric: ChartMetric
  subject: string
}

/** Twice the pixels that it is shown in, so that whole numbers are exact enough: a page has hundreds of these. */
const width = 240
const height = 56
const edge = 4

/**
 * A chart for a table's cell: the means without axes, for a page that has chartCss, which gives it its size and colours. Its text says from
 * what to what the values go. It is 120 pixels wide: more than some sixty points only make it heavy.
 */
export function drawSparkline (sparkline: Sparkline): string {
  const { metric, subject, fromMs, toMs } = sparkline
  const points = usablePoints(sparkline)
  const summary = summarise(points)
  const text = summary === null ? 'no data' : `${formatValue(summary.min, metric)} to ${formatValue(summary.max, metric)}`
  const x = scaleLinear([fromMs, toMs], [edge, width - edge])
  const y = scaleLinear(yDomain(summarise(points.map((point) => ({ ...point, min: point.mean, max: point.mean }))), metric.span), [height - edge, edge])
  const means = line((point: ChartPoint) => x(point.timeMs), (point: ChartPoint) => y(point.mean)).digits(0)
  return element('svg', { class: 'meshmon-chart sparkline', viewBox: `0 0 ${width} ${height}`, role: 'img' }, [
    element('title', {}, [escapeText(`${metric.label} of ${subject}: ${text}`)]),
    summary === null
      ? element('path', { class: 'axis', d: `M${edge},${height / 2}H${width - edge}` })
      : element('path', { class: 'line', d: splitAtGaps(points, gapMs(points, sparkline)).map(means).join('') }),
  ])
}
