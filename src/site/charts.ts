import { listRadioCharts } from '../charts/catalogue.js'
import { chartFigures, drawChart } from '../charts/chart.js'
import { fileName } from '../dashboard/file-name.js'
import type { ChartWindow } from '../dashboard/href.js'
import { chartWindows, type RadioDocument } from '../dashboard/pages/radio.js'
import { readBattery } from '../http/queries/radios.js'
import type { RadioBody } from '../http/schemas/radios.js'
import { reportJson } from '../reports/json.js'
import type { Making } from './making.js'
import type { SiteFile } from './write-site.js'

type Figures = ReturnType<typeof chartFigures>
/** As meshcore-stats has it: by metric and window. */
type Stats = Record<string, Partial<Record<ChartWindow, Figures | typeof noFigures>>>

const noFigures = { min: null, avg: null, max: null, current: null }
const themes = ['light', 'dark'] as const

export interface RadioPages {
  /** One for each window, in their order. */
  pages: SiteFile[]
  read: (window: ChartWindow) => Promise<RadioDocument | undefined>
  freshMs: Readonly<Record<ChartWindow, number>>
}

/**
 * The pages of a radio, each followed by its charts as files, `assets/repeater/bat_day_light.svg`; at the end their numbers,
 * `assets/repeater/chart_stats.json`. These are the addresses of meshcore-stats.
 */
export function listChartFiles ({ places }: Making, radio: RadioBody, { pages, read, freshMs }: RadioPages): SiteFile[] {
  const folder = places.chartFolder(radio.id)
  const metrics = listRadioCharts({ kind: radio.kind, battery: radio.battery && readBattery(radio.battery) }, Object.keys(radio.readings)).map(({ metric }) => metric)
  /** Of the windows whose charts were read this time. */
  const seen = new Map<ChartWindow, Map<string, Figures>>()
  const chartsOf = async (window: ChartWindow) => {
    const charts = ((await read(window))?.groups ?? []).flatMap((group) => group.charts)
    if (!seen.has(window)) seen.set(window, new Map(charts.map(({ chart, target }) => [target.metric, chartFigures(chart)])))
    return charts
  }
  return [
    ...chartWindows.flatMap((window, i) => [
      ...pages.slice(i, i + 1),
      ...metrics.flatMap((metric) => themes.map((theme) => ({
        path: `${folder}${fileName(metric)}_${window}_${theme}.svg`,
        freshMs: freshMs[window],
        make: async () => {
          const found = (await chartsOf(window)).find(({ target }) => target.metric === metric)
          return found === undefined ? null : drawChart({ ...found.chart, isInline: false, theme })
        },
      }))),
    ]),
    {
      path: `${folder}chart_stats.json`,
      make: async (earlier) => {
        const known = readStats(await earlier())
        for (const window of chartWindows) if (known === null && !seen.has(window)) await chartsOf(window)
        return reportJson(Object.fromEntries(metrics.map((metric) => [metric, Object.fromEntries(chartWindows.map((window) => {
          const figures = seen.has(window) ? seen.get(window)?.get(metric) : known?.[metric]?.[window]
          return [window, figures ?? noFigures]
        }))])))
      },
    },
  ]
}

function readStats (text: string | null): Stats | null {
  try {
    return text === null ? null : JSON.parse(text) as Stats
  } catch {
    return null
  }
}
