import type { UnitSystem } from '../charts/units.js'
import { element, escapeText } from '../charts/xml.js'
import { aimOf, describeLink, describeNode } from './describe.js'
import { partAround } from './focus.js'
import { placeLabels, type Label, type Obstacle } from './labels.js'
import { frame, type Layout, type Spot } from './layout.js'
import { drawLegend, drawScale, legendHeight } from './legend.js'
import { linesOf, placeMarks, shapeOf, type Line, type Point, type Step } from './lines.js'
import { qualities, qualityOf, worstOf, type MapLink, type MapNode, type Mesh } from './mesh.js'
import type { Outline } from './outline.js'
import { dashOf, mapCss, paint, widths, type Part } from './style.js'
import { mapTexts as texts } from './texts.js'

/** Where the page of something is. */
export type MapHref = (target: { to: 'node', id: string } | { to: 'issue', id: string }) => string

export interface MapDrawing {
  /** Of the SVG and, with a suffix, of what is in it: unique on the page. */
  id: string
  mesh: Mesh
  layout: Layout
  units: UnitSystem
  href: MapHref
  /** Coasts, borders, roads: drawn underneath. */
  outline?: Outline
  /** Of names and marks, in units of the map, which is 960 wide; 11 unless told. More for a map that is shown small. */
  fontSize?: number
  /** Nodes that are looked at first: the map is magnified to where they stand. */
  focus?: ReadonlySet<string>
  /** Part of a page that has mapCss and the legend itself. */
  isInline?: boolean
}

/** In the map's units, of which a wide page shows about one a pixel. */
const defaultFontSize = 11
const longestName = 20
/** In em. */
const radii = { node: 0.45, mark: 0.75 }

/** The map as SVG text, for light and dark: what can be magnified is the inner svg of class view. */
export function drawMap (drawing: MapDrawing): string {
  const { id, mesh, layout, units, outline = [], fontSize = defaultFontSize, focus = new Set<string>(), isInline = false } = drawing
  const part = partAround(focus, layout)
  const nodes = new Map(mesh.nodes.map((node) => [node.id, node]))
  const lines = linesOf(mesh.links, layout)
  const { steps, marks } = placeMarks(mesh, lines, layout, part.zoom)
  const describe = (link: MapLink) => describeLink(link, aimOf(nodes.get(link.a), nodes.get(link.b)), units)
  const marked = marks.length + mesh.nodes.filter(({ issues }) => issues.length > 0).length
  const height = frame.height + (isInline ? 0 : legendHeight)
  return element('svg', { xmlns: 'http://www.w3.org/2000/svg', id, class: 'meshmon-map', viewBox: `0 0 ${frame.width} ${height}`, role: 'group', 'aria-labelledby': `${id}-title`, 'aria-describedby': `${id}-desc`, 'font-family': 'system-ui,sans-serif', 'font-size': fontSize }, [
    element('title', { id: `${id}-title` }, [texts.title]),
    element('desc', { id: `${id}-desc` }, [escapeText(texts.describe({ nodes: mesh.nodes.length, links: lines.length, marked, route: mesh.route }))]),
    ...isInline ? [] : [element('style', {}, [mapCss])],
    element('rect', { ...paint('plot'), width: frame.width, height }),
    element('svg', { class: 'view', width: frame.width, height: frame.height, viewBox: `${part.x} ${part.y} ${part.width} ${part.height}`, 'font-size': Math.round(100 * fontSize / part.zoom) / 100, 'data-letters': fontSize, 'data-zoom': part.names }, [
      ...drawOutline(outline, layout),
      ...drawScale(layout.projection, units),
      ...marks.map((mark) => drawStripe({ part: `halo-${worstOf(mark.link.issues)?.severity ?? 'minor'}`, width: 13 }, shapeOf(mark))),
      ...steps.map(({ d }) => drawStripe({ part: 'route', width: 7 }, d)),
      element('g', { class: 'links', fill: 'none', ...steps.length > 0 && { 'stroke-opacity': 0.6 } }, drawLinks(lines, describe)),
      ...marks.map((mark) => drawMark(mark, describe(mark.link), drawing.href)),
      ...steps.map(drawStep),
      ...drawNodes(drawing, [...marks, ...steps].map(({ at }) => ({ ...at, radius: radii.mark }))),
      ...mesh.nodes.length === 0 ? [element('text', { ...paint('muted'), x: frame.width / 2, y: frame.height / 2, 'text-anchor': 'middle', 'font-size': 16 }, [texts.empty])] : [],
    ]),
    ...isInline ? [] : [element('g', { transform: `translate(0 ${frame.height})` }, drawLegend(mesh))],
  ])
}

/** Below a link, wider than it. */
function drawStripe ({ part, width }: { part: Part, width: number }, d: string): string {
  return element('path', { ...paint(part), fill: 'none', 'stroke-width': width, 'stroke-opacity': 0.45, 'stroke-linecap': 'round', d })
}

/** By quality and medium, so that what they share is written once; in the order of `qualities`, the worst on top. */
function drawLinks (lines: readonly Line[], describe: (link: MapLink) => string): string[] {
  const media = [...new Set(lines.map(({ link }) => link.medium))].sort()
  return qualities.flatMap((quality) => media.flatMap((medium) => {
    const alike = lines.filter(({ link }) => link.medium === medium && qualityOf(link) === quality)
    if (alike.length === 0) return []
    return [element('g', { ...paint(quality), 'stroke-width': widths[quality], 'stroke-dasharray': dashOf(medium) }, alike.map((line) =>
      element('path', { d: shapeOf(line) }, [element('title', {}, [escapeText(describe(line.link))])])))]
  }))
}

function drawMark ({ link, at }: { link: MapLink, at: Point }, title: string, href: MapHref): string {
  const worst = worstOf(link.issues)
  if (worst === undefined) return ''
  return element('a', { href: href({ to: 'issue', id: worst.id }), transform: `translate(${at.x} ${at.y})` }, [element('title', {}, [escapeText(title)]), ...drawDiamond(worst.severity)])
}

function drawDiamond (severity: 'minor' | 'major' | 'critical'): string[] {
  const { class: name, ...colours } = paint(severity)
  return [
    element('rect', { class: `mark ${name ?? ''}`, ...colours, x: '-.55em', y: '-.55em', width: '1.1em', height: '1.1em', transform: 'rotate(45)' }),
    element('text', { ...paint('onmark'), y: '.36em', 'text-anchor': 'middle', 'font-weight': 700, 'aria-hidden': 'true' }, ['!']),
  ]
}

function drawStep ({ at, title, number }: Step): string {
  return element('g', { transform: `translate(${at.x} ${at.y})` }, [
    element('title', {}, [escapeText(title)]),
    element('circle', { ...paint('hop'), r: '.75em' }),
    element('text', { ...paint('onmark'), y: '.36em', 'text-anchor': 'middle', 'font-weight': 700 }, [String(number)]),
  ])
}

/** Nodes of the route first, then those with issues, then by name: the order in which the keyboard reaches them. */
function drawNodes ({ mesh, layout, href, fontSize = defaultFontSize }: MapDrawing, marks: readonly Obstacle[]): string[] {
  const degrees = new Map<string, number>()
  for (const { a, b } of mesh.links) for (const id of [a, b]) degrees.set(id, (degrees.get(id) ?? 0) + 1)
  const marked = new Set(mesh.links.flatMap(({ a, b, issues }) => issues.length > 0 ? [a, b] : []))
  const rankOf = ({ id, issues }: MapNode) => mesh.route.includes(id) ? mesh.route.indexOf(id) : issues.length > 0 ? 1e6 : 2e6
  const placed = mesh.nodes.flatMap((node) => {
    const spot = layout.spots.get(node.id)
    return spot === undefined ? [] : [{ node, spot }]
  }).sort((x, y) => rankOf(x.node) - rankOf(y.node) || (x.node.id < y.node.id ? -1 : 1))
  const names = placed.map(({ node, spot }) => ({ id: node.id, x: spot.x, y: spot.y, text: shorten(node.id), rank: (marked.has(node.id) ? Math.min(rankOf(node), 1e6) : rankOf(node)) - (degrees.get(node.id) ?? 0) }))
    .sort((x, y) => x.rank - y.rank)
  const obstacles = [...marks, ...placed.map(({ node, spot }) => ({ x: spot.x, y: spot.y, radius: node.issues.length > 0 ? radii.mark : radii.node }))]
  const labels = placeLabels(names, { obstacles, fontSize, bounds: { left: 2, top: 2, right: frame.width - 2, bottom: frame.height - 2 } })
  return [element('g', paint('node'), placed.map(({ node, spot }) => drawNode(node, { spot, label: labels.get(node.id), href })))]
}

function drawNode (node: MapNode, { spot, label, href }: { spot: Spot, label: Label | undefined, href: MapHref }): string {
  const worst = worstOf(node.issues)
  return element('a', { href: href({ to: 'node', id: node.id }), transform: `translate(${spot.x} ${spot.y})` }, [
    element('title', {}, [escapeText(describeNode(node, spot))]),
    ...worst === undefined ? [drawDot(node)] : drawDiamond(worst.severity),
    drawName(shorten(node.id), label),
  ])
}

/** A node that is heard has the colour of its group. */
function drawDot ({ status }: MapNode): string {
  const { class: name = '', ...colours } = status === 'active' ? {} : paint(status === 'inactive' ? 'inactive' : 'dead')
  return element('circle', { class: `mark ${name}`.trim(), ...colours, r: '.45em' })
}

function drawName (text: string, label: Label | undefined): string {
  const { dx, dy, anchor, zoom } = label ?? { dx: 0.75, dy: 0.35, anchor: 'start', zoom: 0 }
  return element('text', {
    class: zoom === 1 ? 'name' : `name z${zoom}`,
    x: dx === 0 ? undefined : em(dx),
    y: em(dy),
    'text-anchor': anchor === 'start' ? undefined : anchor,
    visibility: zoom === 1 ? undefined : 'hidden',
  }, [escapeText(text)])
}

function em (value: number): string {
  return `${String(value).replace(/^(-?)0\./, '$1.')}em`
}

function shorten (name: string): string {
  const characters = [...name]
  return characters.length > longestName ? `${characters.slice(0, longestName - 1).join('')}…` : name
}

function drawOutline (outline: Outline, { projection }: Layout): string[] {
  if (projection === null || outline.length === 0) return []
  const d = outline.map((line) => line.map(([lon, lat], i) => {
    const { x, y } = projection.project({ lat, lon })
    return `${i === 0 ? 'M' : 'L'}${Math.round(x)} ${Math.round(y)}`
  }).filter((point, i, all) => point.slice(1) !== all[i - 1]?.slice(1)).join('')).join('')
  return [element('path', { ...paint('outline'), fill: 'none', d })]
}
