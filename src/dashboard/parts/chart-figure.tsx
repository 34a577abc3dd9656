import type { ChartTarget } from '../href.js'
import type { View } from '../page.js'
import { Markup } from './markup.js'

/** A chart drawn for a page (drawChart with isInline), and what it is a chart of. */
export interface PageChart { svg: string, target: ChartTarget }

/** The chart, and for chart.js where it finds the same of other times. */
export function ChartFigure ({ chart: { svg, target }, view }: { chart: PageChart, view: View }) {
  return (
    <figure class='chart' {...view.isLive && { 'data-range': view.href({ ...target, window: 'range' }) }}>
      <Markup svg={svg} />
    </figure>
  )
}
