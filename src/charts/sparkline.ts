import { scaleLinear } from 'd3-scale'
import { area, line } from 'd3-shape'
import type { ChartMetric } from './catalogue.js'
import { gapMs, splitAtGaps, summarise, usablePoints, type ChartData, type ChartPoint } from './points.js'
import { paint } from './style.js'
import { formatValue } from './units.js'
import { element, escapeText } from './xml.js'
import { yDomain } from './y-domain.js'

export interface Sparkline extends ChartData {
  metric: ChartMetric
  subject: string
}

const width = 120
const height = 28
const edge = 2

/**
 * A chart for a table's cell: the means without axes, for a page that has chartCss. Its text says from what to what the values go.
 * It is 120 pixels wide: more than some sixty points only make it heavy.
 */
export function drawSparkline (sparkline: Sparkline): string {
  const { metric, subject, fromMs, toMs } = sparkline
  const points = usablePoints(sparkline)
  const summary = summarise(points)
  const text = summary === null ? 'no data' : `${formatValue(summary.min, metric)} to ${formatValue(summary.max, metric)}`
  const x = scaleLinear([fromMs, toMs], [edge, width - edge])
  const y = scaleLinear(yDomain(summarise(points.map((point) => ({ ...point, min: point.mean, max: point.mean }))), metric.span), [height - edge, edge])
  const across = (point: ChartPoint) => x(point.timeMs)
  const runs = splitAtGaps(points, gapMs(points, sparkline))
  const below = area(across, height - edge, (point: ChartPoint) => y(point.mean)).digits(1)
  const means = line(across, (point: ChartPoint) => y(point.mean)).digits(1)
  const stroke = { ...paint('line'), fill: 'none', 'stroke-width': 1.5, 'stroke-linejoin': 'round', 'stroke-linecap': 'round' }
  return element('svg', { class: 'meshmon-chart sparkline', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img' }, [
    element('title', {}, [escapeText(`${metric.label} of ${subject}: ${text}`)]),
    ...summary === null
      ? [element('path', { ...paint('axis'), fill: 'none', 'stroke-dasharray': '2 3', d: `M${edge},${height / 2}H${width - edge}` })]
      : [
          element('path', { ...paint('area'), d: runs.map(below).join('') }),
          element('path', { ...stroke, d: runs.map(means).join('') }),
        ],
  ])
}
