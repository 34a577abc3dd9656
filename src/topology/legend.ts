import type { UnitSystem } from '../charts/units.js'
import { element, escapeText } from '../charts/xml.js'
import { formatDistance } from './geo.js'
import { frame } from './layout.js'
import { qualities, qualityOf, type Mesh, type Quality } from './mesh.js'
import type { Projection } from './projection.js'
import { dashOf, paint, widths } from './style.js'
import { mapTexts as texts } from './texts.js'

export const legendHeight = 44

const sample = 24
const gap = 14
const characterWidth = 5.8
const rows = [17, 35]
const legendWidth = 620
const kmPerMile = 1.609344

interface Entry { symbol: (x: number, y: number) => string, text: string, isHeading?: boolean }

/** The legend of a map that a page shows, as an SVG of its own: it is not magnified. */
export function drawMapLegend (mesh: Mesh): string {
  return element('svg', { xmlns: 'http://www.w3.org/2000/svg', class: 'meshmon-map', viewBox: `0 0 ${legendWidth} ${legendHeight}`, width: legendWidth, height: legendHeight, role: 'img', 'aria-label': texts.legendTitle, 'font-family': 'system-ui,sans-serif', 'font-size': 11 }, drawLegend(mesh))
}

/** What colours, dashes and shapes mean; those that the map has. */
export function drawLegend ({ nodes, links }: Mesh): string[] {
  const seen = new Set(links.map(qualityOf))
  const statuses = new Set(nodes.map(({ status }) => status))
  const hasIssues = [...nodes, ...links].some(({ issues }) => issues.length > 0)
  const stroke = (part: Quality, dash?: string) => (x: number, y: number) => element('path', { ...paint(part), fill: 'none', 'stroke-width': widths[part], 'stroke-dasharray': dash, d: `M${x} ${y - 4}h${sample - 6}` })
  const dot = (part: 'node' | 'inactive' | 'dead') => (x: number, y: number) => element('circle', { ...paint(part), cx: x + 10, cy: y - 4, r: 4.5, 'stroke-width': 1.5 })
  const mark = (x: number, y: number) => element('rect', { ...paint('major'), x: -5, y: -5, width: 10, height: 10, transform: `translate(${x + 10} ${y - 4}) rotate(45)` })
  const colours = [...qualities.slice(2), ...qualities.slice(0, 2)].filter((quality) => seen.has(quality)).map((quality): Entry => ({ symbol: stroke(quality), text: texts.qualities[quality] }))
  const lines = [...new Set(links.map(({ medium }) => medium))].sort().map((medium): Entry => ({ symbol: stroke('unknown', dashOf(medium)), text: texts.media[medium] ?? medium }))
  const dots = (['active', 'inactive', 'dead'] as const).filter((status) => statuses.has(status) || (status === 'dead' && statuses.has('unknown')))
    .map((status): Entry => ({ symbol: dot(status === 'active' ? 'node' : status), text: texts.nodes[status] }))
  const heading: Entry = { symbol: () => '', text: texts.legend, isHeading: true }
  const issue: Entry[] = hasIssues ? [{ symbol: mark, text: texts.issue }] : []
  return [colours.length > 0 ? [heading, ...colours] : [], [...lines, ...dots, ...issue]].flatMap((entries, i) => drawRow(entries, rows[i] ?? 0))
}

function drawRow (entries: Entry[], y: number): string[] {
  let x = 14
  return entries.flatMap(({ symbol, text, isHeading = false }) => {
    const at = x
    x += (isHeading ? 0 : sample) + text.length * characterWidth + gap
    return [symbol(at, y), element('text', { ...paint(isHeading ? 'muted' : 'text'), x: at + (isHeading ? 0 : sample), y }, [escapeText(text)])]
  })
}

/** A bar of a round length, about a sixth of the map. */
export function drawScale (projection: Projection | null, units: UnitSystem): string[] {
  if (projection === null) return []
  const unitKm = units === 'imperial' ? kmPerMile : 1
  const wanted = frame.width / 6 / projection.pxPerKm / unitKm
  const power = 10 ** Math.floor(Math.log10(wanted))
  const length = [5, 2, 1].map((factor) => factor * power).find((value) => value <= wanted) ?? power
  const px = Math.round(length * unitKm * projection.pxPerKm)
  const [x, y] = [14, frame.height - 12]
  return [
    element('path', { ...paint('scale'), fill: 'none', d: `M${x} ${y - 4}v4h${px}v-4` }),
    element('text', { ...paint('muted'), x: x + px + 6, y }, [escapeText(formatDistance(length * unitKm, units).replace(/\.0(?= )/, ''))]),
  ]
}
