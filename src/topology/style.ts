import { themes } from '../charts/style.js'
import { zooms } from './labels.js'
import type { Quality } from './mesh.js'

const light = { ...themes.light, good: '#0f766e', fair: '#8a8f00', poor: '#d97706', bad: '#c81e1e', unknown: '#8a857a', silent: '#b8b2a6', node: '#33302a', minor: '#57534e', major: '#b45309', critical: '#b91c1c', onmark: '#ffffff', route: '#2563eb', outline: '#d6d0c4', edge: '#a8a295' }
const dark: Record<keyof typeof light, string> = { ...themes.dark, good: '#2dd4bf', fair: '#c5cc3a', poor: '#fb923c', bad: '#f87171', unknown: '#8d897d', silent: '#55534b', node: '#e5e2d8', minor: '#a8a29e', major: '#f59e0b', critical: '#f87171', onmark: '#0f1114', route: '#60a5fa', outline: '#343a41', edge: '#5f5d54' }

type Colour = keyof typeof light

/** How each part is painted: by a variable, and by attributes of the light theme for programs that know no variables. */
const parts = {
  page: { fill: 'page' },
  plot: { fill: 'plot' },
  text: { fill: 'text' },
  muted: { fill: 'muted' },
  outline: { stroke: 'outline' },
  scale: { stroke: 'muted' },
  good: { stroke: 'good' },
  fair: { stroke: 'fair' },
  poor: { stroke: 'poor' },
  bad: { stroke: 'bad' },
  unknown: { stroke: 'unknown' },
  silent: { stroke: 'silent' },
  node: { fill: 'node' },
  inactive: { fill: 'plot', stroke: 'muted' },
  dead: { fill: 'plot', stroke: 'edge' },
  route: { stroke: 'route' },
  hop: { fill: 'route', stroke: 'plot' },
  minor: { fill: 'minor', stroke: 'plot' },
  major: { fill: 'major', stroke: 'plot' },
  critical: { fill: 'critical', stroke: 'plot' },
  onmark: { fill: 'onmark' },
  'halo-minor': { stroke: 'minor' },
  'halo-major': { stroke: 'major' },
  'halo-critical': { stroke: 'critical' },
} as const satisfies Record<string, Record<string, Colour>>

export type Part = keyof typeof parts

/** Class and attributes of an element of this part. */
export function paint (part: Part): Record<string, string> {
  const colours: Record<string, Colour> = parts[part]
  return { class: part, ...Object.fromEntries(Object.entries(colours).map(([property, colour]) => [property, light[colour]])) }
}

/** Wider where worse, so that quality shows without colour. */
export const widths: Readonly<Record<Quality, number>> = { good: 1.2, fair: 1.8, poor: 2.6, bad: 3.4, unknown: 1.2, silent: 1.2 }

/** Media show by dashes; all others look alike. */
const dashes: Readonly<Record<string, string | undefined>> = { rf: undefined, dtd: '1.5 3', tunnel: '9 4' }

export function dashOf (medium: string): string | undefined {
  return Object.hasOwn(dashes, medium) ? dashes[medium] : '9 3 1.5 3'
}

function variables (colours: Record<Colour, string>): string {
  return `:where(.meshmon-map){${Object.entries(colours).map(([colour, value]) => `--map-${colour}:${value}`).join(';')}}`
}

const rules = Object.entries(parts).map(([part, colours]) =>
  `.meshmon-map .${part}{${Object.entries(colours).map(([property, colour]) => `${property}:var(--map-${colour})`).join(';')}}`)

/** Names that fit at this magnification or a smaller one. */
const shown = zooms.slice(1).map((zoom, i) => `${zooms.slice(i + 1).map((other) => `.meshmon-map [data-zoom="${other}"] .z${zoom}`).join(',')}{visibility:visible}`)

/**
 * The style sheet of the map. A map that stands alone has it inside; a page that shows it inline has it in its own style sheet. A
 * script that magnifies sets data-zoom and the size of letters.
 */
export const mapCss = [
  variables(light), `@media(prefers-color-scheme:dark){${variables(dark)}}`, ...rules,
  '.meshmon-map .mark,.meshmon-map .links *,.meshmon-map .outline,.meshmon-map [class^=halo],.meshmon-map .route{vector-effect:non-scaling-stroke}',
  '.meshmon-map .mark{stroke:var(--map-plot)}.meshmon-map .mark.inactive,.meshmon-map .mark.dead{stroke-width:1.5px}.meshmon-map .mark.inactive{stroke:var(--map-muted)}.meshmon-map .mark.dead{stroke:var(--map-edge)}',
  '.meshmon-map .name{fill:var(--map-text);paint-order:stroke;stroke:var(--map-plot);stroke-width:.22em;stroke-linejoin:round}',
  '.meshmon-map a:hover .name,.meshmon-map a:focus .name,.meshmon-map [data-zoom="0"] a:focus .name{visibility:visible;font-weight:700}',
  '.meshmon-map a:focus-visible{outline:none}.meshmon-map a:focus-visible .mark{stroke:var(--map-line);stroke-width:4px}',
  '.meshmon-map .links path:hover{stroke-width:6}',
  '.meshmon-map [data-zoom="0"] .name{visibility:hidden}',
  ...shown,
].join('')
