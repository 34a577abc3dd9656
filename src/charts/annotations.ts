import { plot, pixel } from './layout.js'
import { paint } from './style.js'
import { formatValue } from './units.js'
import { element, escapeText } from './xml.js'

/** A value that somebody judges by, such as the one at which an issue opens. In the metric's unit. */
export interface Threshold { value: number, label: string }

/** A time that stands out, such as that of a fault. */
export interface MarkedSpan {
  fromMs: number
  /** Null: not over yet. */
  toMs: number | null
  label: string
}

export interface Annotations {
  thresholds?: readonly Threshold[]
  marked?: MarkedSpan
}

/** From an instant or a value to a pixel. */
type Scale = (value: number) => number

const labelHeight = 14
/** A label has an outline in the colour of the plot, so that it can be read upon lines. */
const outline = { 'paint-order': 'stroke', 'stroke-width': 3, 'stroke-linejoin': 'round' }

/** Stands behind the series: the marked span as a band with an edge where it begins and ends within the picture. */
export function drawMarked (marked: MarkedSpan, x: Scale): string[] {
  const [from, to] = [x(marked.fromMs), marked.toMs === null ? plot.right : x(marked.toMs)]
  const [left, right] = [Math.max(from, plot.left), Math.min(to, plot.right)].map(pixel)
  if (left === undefined || right === undefined || left >= plot.right || right <= plot.left) return []
  const edges = [from, ...marked.toMs === null ? [] : [to]].filter((at) => at >= plot.left && at <= plot.right)
  return [
    element('rect', { ...paint('marked'), x: left, y: plot.top, width: Math.max(1, pixel(right - left)), height: plot.bottom - plot.top }),
    ...edges.length === 0 ? [] : [element('path', { ...paint('threshold'), fill: 'none', d: edges.map((at) => `M${pixel(at)},${plot.top}V${plot.bottom}`).join('') })],
  ]
}

/** Stands upon the series: lines across the plot with what they mean, and the label of the marked span at its foot. */
export function drawThresholds ({ thresholds = [], marked }: Annotations, metric: { digits: number, unit: string }, { x, y }: { x: Scale, y: Scale }): string[] {
  const [highest] = [...thresholds].sort((a, b) => b.value - a.value)
  return [
    ...thresholds.flatMap((threshold) => {
      const at = pixel(y(threshold.value))
      const isAbove = threshold === highest && at - labelHeight > plot.top
      return [
        element('path', { ...paint('threshold'), fill: 'none', 'stroke-dasharray': '6 4', d: `M${plot.left},${at}H${plot.right}` }),
        element('text', { ...paint('note'), ...outline, x: plot.right - 4, y: isAbove ? at - 4 : at + labelHeight, 'text-anchor': 'end' }, [escapeText(`${threshold.label} ${formatValue(threshold.value, metric)}`)]),
      ]
    }),
    ...marked === undefined ? [] : drawMarkedLabel(marked, x),
  ]
}

function drawMarkedLabel (marked: MarkedSpan, x: Scale): string[] {
  if (x(marked.fromMs) >= plot.right || (marked.toMs !== null && x(marked.toMs) <= plot.left)) return []
  const at = Math.max(x(marked.fromMs), plot.left)
  const isLate = at > (plot.left + plot.right) / 2
  return [element('text', { ...paint('note'), ...outline, x: pixel(isLate ? at - 4 : at + 4), y: plot.bottom - 6, 'text-anchor': isLate ? 'end' : 'start' }, [escapeText(marked.label)])]
}
