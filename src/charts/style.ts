/** Colours of meshcore-stats; `muted` is its axis colour with the contrast that small text needs. */
export const themes = {
  light: { page: '#faf8f5', plot: '#ffffff', text: '#1a1915', muted: '#6b665c', axis: '#8a857a', grid: '#e8e4dc', line: '#b45309', fill: '0.15', band: '0.25', alarm: '#b91c1c', mark: '0.1' },
  dark: { page: '#0f1114', plot: '#161a1e', text: '#f0efe8', muted: '#a3a094', axis: '#706d62', grid: '#252a30', line: '#f59e0b', fill: '0.2', band: '0.3', alarm: '#f87171', mark: '0.16' },
} as const

export type Theme = keyof typeof themes
type Colour = keyof typeof themes.light

/**
 * How each part is painted: by a variable, and by attributes of the light theme for programs that know no variables. A page that
 * shows a chart inline can set the variables (--chart-line …) on .meshmon-chart.
 */
const parts = {
  page: { fill: 'page' },
  plot: { fill: 'plot' },
  text: { fill: 'text' },
  muted: { fill: 'muted' },
  grid: { stroke: 'grid' },
  axis: { stroke: 'axis' },
  area: { fill: 'line', 'fill-opacity': 'fill' },
  band: { fill: 'line', 'fill-opacity': 'band' },
  line: { stroke: 'line' },
  threshold: { stroke: 'alarm' },
  marked: { fill: 'alarm', 'fill-opacity': 'mark' },
  note: { fill: 'alarm', stroke: 'plot' },
} as const satisfies Record<string, Record<string, Colour>>

export type Part = keyof typeof parts

/** Class and attributes of an element of this part. */
export function paint (part: Part): Record<string, string> {
  const colours: Record<string, Colour> = parts[part]
  return { class: part, ...Object.fromEntries(Object.entries(colours).map(([property, colour]) => [property, themes.light[colour]])) }
}

function variables (theme: Theme): string {
  return `:where(.meshmon-chart){${Object.entries(themes[theme]).map(([colour, value]) => `--chart-${colour}:${value}`).join(';')}}`
}

const rules = Object.entries(parts).map(([part, colours]) =>
  `.meshmon-chart .${part}{${Object.entries(colours).map(([property, colour]) => `${property}:var(--chart-${colour})`).join(';')}}`)

const sparklines = [
  '.sparkline{width:120px;height:28px}',
  '.sparkline path{fill:none;stroke-width:3;stroke-linejoin:round;stroke-linecap:round}',
  '.sparkline .axis{stroke-dasharray:4 6}',
]

/**
 * The style sheet of charts and sparklines. An SVG that stands alone has it inside; a page that shows charts inline has it in its own
 * style sheet. `:where` weighs nothing, so any rule of the page that sets the variables wins.
 */
export const chartCss = [variables('light'), `@media(prefers-color-scheme:dark){${variables('dark')}}`, ...rules, ...sparklines].join('')

/** The style sheet of a chart that is always of one theme. */
export function cssOf (theme: Theme): string {
  return [variables(theme), ...rules].join('')
}
