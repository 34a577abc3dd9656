import { windowNames, type ChartWindow, type Target } from '../href.js'
import type { View } from '../page.js'
import { detailTexts as texts } from '../texts/details.js'
import { ChartFigure, type PageChart } from './chart-figure.js'

/** Charts of the same time. */
export interface ChartSet { window: ChartWindow, charts: PageChart[] }

/** The charts, and links to other times. `target` is the page itself. */
export function WindowCharts ({ charts: { window, charts }, target, view }: { charts: ChartSet, target: Extract<Target, { to: 'node' | 'link' | 'path' | 'site' }>, view: View }) {
  return (
    <section aria-labelledby='charts'>
      <h2 id='charts'>{texts.charts}</h2>
      {view.isLive && <p class='windows'>{windowNames.map((name) => <a key={name} href={view.href({ ...target, window: name })} {...name === window && { 'aria-current': 'true' as const }}>{texts.windows[name]}</a>)}</p>}
      {charts.length === 0 ? <p class='hint'>{texts.noCharts}</p> : <div class='charts'>{charts.map((chart) => <ChartFigure key={[...chart.target.of, chart.target.metric].join(' ')} chart={chart} view={view} />)}</div>}
    </section>
  )
}
