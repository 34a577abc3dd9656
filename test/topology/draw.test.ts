import t from 'tap'
import { describeLink, aimOf } from '../../src/topology/describe.js'
import { drawMap, type MapDrawing } from '../../src/topology/draw.js'
import { connectedTo } from '../../src/topology/focus.js'
import { layOut } from '../../src/topology/layout.js'
import { drawMapLegend } from '../../src/topology/legend.js'
import { qualityOf, type MapIssue, type Mesh } from '../../src/topology/mesh.js'
import { allOf, ofClass, parseSvg, type SvgElement } from '../support/svg.js'
import { mapLink, mapNode, simulatedMesh } from '../support/mesh-map.js'

const issue = (id: string, severity: MapIssue['severity'] = 'major'): MapIssue => ({ id, title: `Issue ${id}`, severity })
const draw = (mesh: Mesh, more: Partial<MapDrawing> = {}) => drawMap({
  id: 'map', mesh, layout: layOut(mesh.nodes, mesh.links), units: 'metric', href: (target) => `/${target.to}/${encodeURIComponent(target.id)}`, ...more,
})
const titles = (elements: SvgElement[]) => elements.map(({ children }) => children.find(({ name }) => name === 'title')?.text)
const linkTo = (root: SvgElement, href: string) => allOf(root).find(({ attributes }) => attributes['href'] === href)

const places = { a: { lat: 47.3, lon: 8.4 }, b: { lat: 47.5, lon: 8.6 }, c: { lat: 47.4, lon: 8.9 } }
const mesh: Mesh = {
  nodes: [mapNode('a', places.a), mapNode('b', { ...places.b, issues: [issue('7', 'minor'), issue('8', 'critical')] }), mapNode('c', { ...places.c, status: 'dead', linksLeftOut: 12 }), mapNode('d', { status: 'inactive' })],
  links: [
    mapLink('a', 'b', { etx: 1.2345 }), mapLink('a', 'b', { medium: 'tunnel', cost: null, etx: null, lq: null, nlq: null, snrAtA: null, snrAtB: null }),
    mapLink('b', 'c', { cost: 5, etx: 5, lq: 0.4, nlq: null, issues: [issue('9')] }), mapLink('c', 'd', { isSilent: true }),
  ],
  route: [],
}

t.test('quality by what a link costs', async (t) => {
  t.same([1, 1.25, 2, 4, null].map((cost) => qualityOf({ cost, isSilent: false })), ['good', 'fair', 'poor', 'bad', 'unknown'])
  t.equal(qualityOf({ cost: 1, isSilent: true }), 'silent')
})

t.test('colour by quality, width too, dashes by medium, figures of both directions in the title', async (t) => {
  const root = parseSvg(draw(mesh))
  const groups = ofClass(root, 'links')[0]!.children
  t.same(groups.map(({ attributes }) => [attributes['class'], attributes['stroke-dasharray']]), [['silent', undefined], ['unknown', '9 4'], ['good', undefined], ['bad', undefined]])
  const widths = Object.fromEntries(groups.map(({ attributes }) => [attributes['class'], Number(attributes['stroke-width'])]))
  t.ok(widths['bad']! > widths['good']!)
  t.same(titles(groups.flatMap(({ children }) => children)), [
    'c – d: no report within an hour, ETX 1.10, LQ 97/95 %, SNR 24/22 dB',
    'a – b (tunnel): 26.9 km, 34°',
    'a – b: ETX 1.23, LQ 97/95 %, SNR 24/22 dB, 26.9 km, 34°',
    'b – c: Issue 9, ETX 5.00, LQ 40/? %, SNR 24/22 dB, 25.1 km, 116°',
  ])
  const [straight, bow] = ['good', 'unknown'].map((name) => groups.find(({ attributes }) => attributes['class'] === name)?.children[0]?.attributes['d'] ?? '')
  t.match(straight, /^M\d+ \d+l/)
  t.match(bow, /^M\d+ \d+q/, 'the second link of a pair runs beside the first')
  t.match(describeLink(mesh.links[0]!, aimOf(mesh.nodes[0], mesh.nodes[1]), 'imperial'), '16.7 mi')
  const about = aimOf(mapNode('x', { gridSquare: 'JN47gj' }), mesh.nodes[0])
  t.match(describeLink(mapLink('x', 'a'), about, 'metric'), /≈ \d/)
})

t.test('open issues lead to their pages; the worst of a node colours it', async (t) => {
  const root = parseSvg(draw(mesh))
  const mark = linkTo(root, '/issue/9')
  t.match(mark?.children[0]?.text, 'b – c: Issue 9')
  t.ok(ofClass(mark!, 'major').length === 1)
  t.equal(ofClass(linkTo(root, '/node/b')!, 'critical').length, 1)
  t.match(linkTo(root, '/node/b')?.children[0]?.text, /^b: JN47hm, Issue 7, Issue 8$/)
  t.equal(ofClass(linkTo(root, '/node/a')!, 'critical').length, 0)
  t.equal(ofClass(root, 'halo-major').length, 1)
})

t.test('silent and dead nodes look so and say so', async (t) => {
  const root = parseSvg(draw(mesh))
  t.equal(ofClass(linkTo(root, '/node/c')!, 'dead').length, 1)
  t.equal(linkTo(root, '/node/c')?.children[0]?.text, 'c: silent for over a day, JN47kj, 12 more links not drawn')
  t.equal(linkTo(root, '/node/d')?.children[0]?.text, 'd: silent, tells no place: stands beside its neighbours')
})

t.test('the keyboard reaches the marks, then nodes of the route, those with issues, the others by name', async (t) => {
  const order = (route: string[]) => allOf(parseSvg(draw({ ...mesh, route }))).flatMap(({ attributes }) => attributes['href'] ?? [])
  t.same(order([]), ['/issue/9', '/node/b', '/node/a', '/node/c', '/node/d'])
  t.same(order(['d', 'c']), ['/issue/9', '/node/d', '/node/c', '/node/b', '/node/a'])
})

t.test('a route is drawn hop by hop, with the steps that no link is known of', async (t) => {
  const root = parseSvg(draw({ ...mesh, route: ['a', 'b', 'd'] }))
  t.equal(ofClass(root, 'route').length, 2)
  const hops = ofClass(root, 'hop').length
  t.equal(hops, 2)
  const titles = allOf(root).filter(({ name, text }) => name === 'title' && text.startsWith('Hop')).map(({ text }) => text)
  t.same(titles, ['Hop 1: a to b', 'Hop 2: b to d, no link reported'])
  t.match(root.children[1]?.text, 'The route from a to d has 2 hops.')
  t.equal(ofClass(parseSvg(draw(mesh)), 'route').length, 0)
})

t.test('one SVG for both themes, alone with its style sheet, within a page without; no style attribute', async (t) => {
  const alone = parseSvg(draw(mesh))
  const inline = parseSvg(draw(mesh, { isInline: true }))
  t.match(allOf(alone).find(({ name }) => name === 'style')?.text, '@media(prefers-color-scheme:dark)')
  t.equal(allOf(inline).filter(({ name }) => name === 'style').length, 0)
  for (const root of [alone, inline]) t.same(allOf(root).filter(({ name, attributes }) => name === 'script' || 'style' in attributes || Object.keys(attributes).some((key) => key.startsWith('on'))), [])
  t.match(alone.attributes, { role: 'group', 'aria-labelledby': 'map-title', 'aria-describedby': 'map-desc' })
  t.equal(alone.children[1]?.text, '4 nodes and 4 links, north up; 2 of them with an open issue.')
  t.ok(alone.text.includes('Links by ETX') && !inline.text.includes('Links by ETX'))
  t.match(parseSvg(drawMapLegend(mesh)).text, /below 1\.25.*4 and more.*tunnel.*open issue/)
  t.notMatch(parseSvg(drawMapLegend({ ...mesh, links: [], nodes: [mapNode('a')] })).text, 'tunnel')
})

t.test('names are text, whatever is in them', async (t) => {
  const evil = '<script>alert("1")</script>&\u0000'
  const svg = draw({ nodes: [mapNode(evil, places.a), mapNode('b', places.b)], links: [mapLink(evil, 'b', { medium: evil })], route: [evil, 'b'] })
  t.notMatch(svg, '<script')
  t.ok(parseSvg(svg))
})

t.test('an outline lies beneath, where the map has a scale', async (t) => {
  const outline = [[[8.4, 47.3], [8.4, 47.3], [8.6, 47.5], [170, -80]]] as const
  const [drawn] = ofClass(parseSvg(draw(mesh, { outline })), 'outline')
  const { spots } = layOut(mesh.nodes, mesh.links)
  t.ok(drawn?.attributes['d']?.startsWith(`M${spots.get('a')?.x} ${spots.get('a')?.y}L${spots.get('b')?.x} ${spots.get('b')?.y}L`), drawn?.attributes['d'] ?? 'none')
  t.equal(ofClass(parseSvg(draw({ nodes: [mapNode('a')], links: [], route: [] }, { outline })), 'outline').length, 0)
})

t.test('no node, and a large mesh', async (t) => {
  t.match(parseSvg(draw({ nodes: [], links: [], route: [] })).text, 'No node is known yet.')
  const large = simulatedMesh({ nodes: 300, links: 900 })
  const root = parseSvg(draw(large))
  t.equal(allOf(root).filter(({ attributes }) => attributes['href']?.startsWith('/node/')).length, 300)
  t.equal(ofClass(root, 'links')[0]!.children.flatMap(({ children }) => children).length, 900)
})

t.test('looked at first: the nodes that links lead to from the worst issue, as large as fits', async (t) => {
  const far = ['p', 'q'].map((id, i) => mapNode(id, { lat: 47.4 + i / 50, lon: 9.7 }))
  const wide: Mesh = { nodes: [...mesh.nodes, ...far], links: [...mesh.links, mapLink('p', 'q')], route: [] }
  const layout = layOut(wide.nodes, wide.links)
  const viewOf = (focus: ReadonlySet<string>) => ofClass(parseSvg(draw(wide, { layout, focus })), 'view')[0]!.attributes
  t.match(viewOf(new Set()), { viewBox: '0 0 960 640', 'font-size': '11', 'data-zoom': '1' })
  t.same([...connectedTo(['b'], wide.links)].sort(), ['a', 'b', 'c', 'd'])
  for (const focus of [connectedTo(['b'], wide.links), connectedTo(['q'], wide.links)]) {
    const view = viewOf(focus)
    const [x = 0, y = 0, width = 0, height = 0] = String(view['viewBox']).split(' ').map(Number)
    t.ok(width < 900 && Math.abs(width / height - 1.5) < 0.02, String(view['viewBox']))
    t.ok(Number(view['font-size']) < 11)
    for (const { id } of wide.nodes) {
      const spot = layout.spots.get(id)!
      const isInside = spot.x > x && spot.x < x + width && spot.y > y && spot.y < y + height
      if (focus.has(id)) t.ok(isInside, `${id} is seen`)
    }
  }
  t.equal(viewOf(connectedTo(['q'], wide.links))['data-zoom'], '4', 'names that fit at that magnification')
  t.equal(viewOf(new Set(['nobody']))['viewBox'], '0 0 960 640')
})
