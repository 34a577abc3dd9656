import type { ComponentChildren } from 'preact'
import type { UnitSystem } from '../../charts/units.js'
import { aimOf, type Aim } from '../../topology/describe.js'
import { drawMap } from '../../topology/draw.js'
import { formatBearing, formatDistance } from '../../topology/geo.js'
import type { Layout } from '../../topology/layout.js'
import { drawMapLegend } from '../../topology/legend.js'
import { hopsOf, qualities, qualityOf, type MapLink, type MapNode, type Mesh } from '../../topology/mesh.js'
import type { Outline } from '../../topology/outline.js'
import { mapTexts } from '../../topology/texts.js'
import { IssueCard, type IssueTree } from '../parts/issue-card.js'
import { Markup } from '../parts/markup.js'
import { renderPage, type View } from '../page.js'
import { issueTexts } from '../texts/issues.js'
import { topologyTexts as texts } from '../texts/topology.js'

export interface TopologyDocument {
  mesh: Mesh
  layout: Layout
  /** The path that was asked for; its route is in the mesh, where it is known. */
  ends: { src: string, dst: string } | null
  /** The worst ones, and how many there are beyond. */
  issues: IssueTree[]
  more: number
}

/** How the page is drawn, whatever the mesh. */
export interface TopologyStyle {
  units: UnitSystem
  outline: Outline
  /** All links in the list, not only those that matter most. */
  isComplete: boolean
}

const mostRows = 40

export function drawTopology (view: View, document: TopologyDocument, style: TopologyStyle): string {
  const { mesh, layout, ends, issues, more } = document
  const title = ends === null ? texts.title : texts.routeOf(ends.src, ends.dst)
  const svg = drawMap({ id: 'map', mesh, layout, units: style.units, outline: style.outline, href: view.href, isInline: true })
  return renderPage(view, {
    title,
    section: 'topology',
    scripts: ['topology.js'],
    children: (
      <div class='topology' id='topology' data-live>
        <h1>{title}</h1>
        {ends !== null && <p class='hint'>{mesh.route.length < 2 && `${texts.noRoute} `}<a href={view.href({ to: 'topology' })}>{texts.withoutRoute}</a></p>}
        <div class={issues.length > 0 ? 'map-and-issues' : ''}>
          <div class='map-figure'>
            <Markup class='map' svg={svg} />
            <div class='scroll' tabIndex={0} role='region' aria-label={mapTexts.legendTitle}><Markup svg={drawMapLegend(mesh)} /></div>
          </div>
          {issues.length > 0 && (
            <section class='map-issues' aria-labelledby='map-issues'>
              <h2 id='map-issues'>{texts.issues}</h2>
              {issues.map((tree) => <IssueCard key={tree.issue.id} tree={tree} view={view} />)}
              {more > 0 && <p><a href={view.href({ to: 'issues' })}>{issueTexts.more(more)}</a></p>}
            </section>
          )}
        </div>
        {mesh.route.length > 1 && <Hops mesh={mesh} view={view} units={style.units} />}
        <Links mesh={mesh} view={view} style={style} />
      </div>
    ),
  })
}

interface Shown { mesh: Mesh, view: View, units: UnitSystem }

function Hops ({ mesh, view, units }: Shown) {
  const nodes = nodesById(mesh)
  return (
    <section aria-labelledby='hops'>
      <h2 id='hops'>{texts.hops}</h2>
      <Table label={texts.hops} first={texts.columns.hop}>
        {hopsOf(mesh).map(({ from, to, link }, i) => (
          <tr key={from}>
            <td class='number'>{i + 1}</td>
            <td>{link === undefined ? `${from} → ${to}` : <a href={view.href({ to: 'link', a: link.a, b: link.b, medium: link.medium })}>{`${from} → ${to}`}</a>}</td>
            {link === undefined ? <td colSpan={7}>{texts.noLink}</td> : <Figures link={link} turned={link.a !== from} aim={aimOf(nodes.get(from), nodes.get(to))} view={view} units={units} />}
          </tr>
        ))}
      </Table>
    </section>
  )
}

function Links ({ mesh, view, style }: { mesh: Mesh, view: View, style: TopologyStyle }) {
  const nodes = nodesById(mesh)
  const sorted = [...mesh.links].sort((x, y) => y.issues.length - x.issues.length || qualities.indexOf(qualityOf(y)) - qualities.indexOf(qualityOf(x)) || (y.cost ?? 0) - (x.cost ?? 0))
  const shown = style.isComplete ? sorted : sorted.slice(0, mostRows)
  return (
    <section aria-labelledby='map-links'>
      <h2 id='map-links'>{texts.links}</h2>
      <p class='hint'>{texts.linksHint}</p>
      <Table label={texts.links}>
        {shown.map((link) => (
          <tr key={`${link.a} ${link.b} ${link.medium}`}>
            <td><a href={view.href({ to: 'link', a: link.a, b: link.b, medium: link.medium })}>{`${link.a} – ${link.b}`}</a></td>
            <Figures link={link} aim={aimOf(nodes.get(link.a), nodes.get(link.b))} view={view} units={style.units} />
          </tr>
        ))}
      </Table>
      <p>
        {shown.length < sorted.length && view.isLive && <><a href={`${view.href({ to: 'topology' })}?links=all`}>{texts.all(sorted.length)}</a> · </>}
        <a href={view.href({ to: 'links' })}>{texts.allLinks}</a> · <a href={view.href({ to: 'nodes' })}>{texts.nodes}</a>
      </p>
    </section>
  )
}

function Table ({ label, first, children }: { label: string, first?: string, children: ComponentChildren }) {
  const { columns } = texts
  return (
    <div class='scroll' tabIndex={0} role='region' aria-label={label}>
      <table class='map-table'>
        <thead>
          <tr>
            {first !== undefined && <th scope='col' class='number'>{first}</th>}
            <th scope='col'>{columns.link}</th><th scope='col'>{columns.medium}</th>
            {[columns.etx, columns.lq, columns.snr, columns.distance, columns.bearing].map((name) => <th key={name} scope='col' class='number'>{name}</th>)}
            <th scope='col'>{columns.issue}</th>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

/** The cells of a link; turned: as seen from its second end. */
function Figures ({ link, turned = false, aim, view, units }: { link: MapLink, turned?: boolean, aim: Aim | null, view: View, units: UnitSystem }) {
  const { medium, etx, lq, nlq, snrAtA, snrAtB, isSilent, issues } = link
  const inOrder = <Value,>(pair: [Value, Value]): Value[] => turned ? [...pair].reverse() : pair
  return (
    <>
      <td>{mapTexts.media[medium] ?? medium}</td>
      <td class='number'>{isSilent ? mapTexts.qualities.silent : etx?.toFixed(2)}</td>
      <td class='number'>{bothOf(inOrder([lq, nlq]).map((value) => value === null ? null : value * 100))}</td>
      <td class='number'>{bothOf(inOrder([snrAtA, snrAtB]))}</td>
      <td class='number'>{aim !== null && `${aim.isAbout ? '≈ ' : ''}${formatDistance(aim.km, units)}`}</td>
      <td class='number'>{aim !== null && `${formatBearing(aim.thereDeg)} / ${formatBearing(aim.backDeg)}`}</td>
      <td>{issues.map(({ id, title }) => <a key={id} href={view.href({ to: 'issue', id })}>{title}</a>)}</td>
    </>
  )
}

function bothOf (values: (number | null)[]): string {
  return values.every((value) => value === null) ? '' : values.map((value) => value === null ? '?' : Math.round(value)).join(' / ')
}

function nodesById ({ nodes }: Mesh): ReadonlyMap<string, MapNode> {
  return new Map(nodes.map((node) => [node.id, node]))
}
