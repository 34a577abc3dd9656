import { periodTitle, type Month } from '../../reports/calendar.js'
import type { Chart } from '../../charts/chart.js'
import type { ChartWindow } from '../href.js'
import { renderPage, type View } from '../page.js'
import { ChartFigure, type PageChart } from '../parts/chart-figure.js'
import { Details, StateBadge, Traffic, Vitals, type RadioFacts, type RadioKind } from '../parts/radio-facts.js'
import { Stamp } from '../parts/time.js'
import { radioTexts as texts } from '../texts/radios.js'

export const chartWindows = ['day', 'week', 'month', 'year'] as const

/** `chart`: what it was drawn from. */
export interface RadioChart extends PageChart { chart: Chart }

export interface RadioDocument {
  radio: RadioFacts
  /** Where it stands with others; null where with none. */
  site: string | null
  window: ChartWindow
  /** IANA name of the collector's zone. */
  timeZone: string
  /** Of its newest report; null without one. */
  month: Month | null
  /** Every radio, this one too. */
  all: { id: string, name: string, kind: RadioKind }[]
  groups: { title: string, charts: RadioChart[] }[]
}

/** The page of a radio as meshcore-stats has it: what it is and says on the left, its charts on the right. */
export function drawRadio (view: View, { radio, site, window, timeZone, month, all, groups }: RadioDocument): string {
  const { id, name, kind, publicKey, state, observedAt } = radio
  const current = { 'aria-current': 'page' as const }
  return renderPage(view, {
    title: name,
    section: 'radios',
    scripts: ['chart.js'],
    children: (
      <div class='radio-page'>
        <div class='radio-side'>
          <nav aria-label={texts.switch}>
            <ul class='tabs'>{all.map((one) => <li key={one.id}><a href={view.href({ to: 'radio', node: one.id, window })} {...one.id === id && current}>{one.name}</a></li>)}</ul>
          </nav>
          <h1>{name}</h1>
          <p class='where' data-live id='radio-state'>{texts.kinds[kind]}{name !== id && ` · ${id}`}{publicKey !== null && <> · <code>{publicKey.slice(0, 12)}</code></>} <StateBadge state={state} /></p>
          <div data-live id='radio-now'>
            <Vitals radio={radio} />
            <Traffic radio={radio} />
          </div>
          <Details radio={radio} />
          {observedAt !== null && <p class='where' data-live id='radio-observed'>{texts.observed}: <Stamp at={observedAt} timeZone={timeZone} /></p>}
          {site !== null && <p>{texts.site}: <a href={view.href({ to: 'site', name: site })}>{site}</a></p>}
          <p>{month !== null && <><a href={view.href({ to: 'report', radio: id, ...month })}>{texts.report(periodTitle(month))}</a> · </>}<a href={view.href({ to: 'reports' })}>{texts.reports}</a></p>
        </div>
        <div>
          <nav aria-label={texts.windowsLabel}>
            <ul class='tabs'>{chartWindows.map((one) => <li key={one}><a href={view.href({ to: 'radio', node: id, window: one })} {...one === window && current}>{texts.windows[one]}</a></li>)}</ul>
          </nav>
          {groups.map(({ title, charts }) => (
            <section key={title} aria-label={title}>
              <h2>{title}</h2>
              <div class='charts'>{charts.map((chart) => <ChartFigure key={chart.target.metric} chart={chart} view={view} />)}</div>
            </section>
          ))}
        </div>
      </div>
    ),
  })
}
