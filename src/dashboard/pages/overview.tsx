import { drawMap } from '../../topology/draw.js'
import { connectedTo } from '../../topology/focus.js'
import type { Layout } from '../../topology/layout.js'
import type { Mesh } from '../../topology/mesh.js'
import { IssueCard, type IssueTree } from '../parts/issue-card.js'
import { Markup } from '../parts/markup.js'
import { renderPage, type View } from '../page.js'
import { issueTexts } from '../texts/issues.js'
import { overviewTexts as texts } from '../texts/overview.js'
import type { TopologyStyle } from './topology.js'

export interface Overview {
  /** Undefined of a mesh that nobody has heard of. */
  map?: { mesh: Mesh, layout: Layout }
  /** Of the mesh, its nodes and radios; the worst first, those they cause within. */
  issues: IssueTree[]
  /** Open issues beyond those shown. */
  more: number
  dataQuality: IssueTree[]
}

/** What an operator opens first: what is wrong, where, and what to do. */
export function drawOverview (view: View, { issues, more, dataQuality, map }: Overview, { units, outline }: Pick<TopologyStyle, 'units' | 'outline'>): string {
  const { nodes } = view.health
  const worst = issues[0]?.issue.scope ?? {}
  const known = nodes.active + nodes.inactive + nodes.dead
  return renderPage(view, {
    title: texts.title,
    section: 'overview',
    scripts: ['topology.js'],
    children: (
      <div class={map === undefined ? 'overview' : 'overview with-map'} data-live id='overview'>
        <section aria-labelledby='issues-heading'>
          <h1 id='issues-heading'>{texts.heading}</h1>
          <p class='counts'>{texts.nodes(nodes)}</p>
          {issues.length === 0 && <p class='well'>{issueTexts.none} {issueTexts.noneHint(known)}</p>}
          {issues.map((tree) => <IssueCard key={tree.issue.id} tree={tree} view={view} />)}
          {more > 0 && <p><a href={view.href({ to: 'issues' })}>{issueTexts.more(more)}</a></p>}
        </section>
        {map !== undefined && (
          <section class='overview-map' aria-labelledby='map-heading'>
            <h2 id='map-heading'><a href={view.href({ to: 'topology' })}>{texts.map}</a></h2>
            <Markup class='map' svg={drawMap({ id: 'map', ...map, units, outline, href: view.href, fontSize: 16, focus: connectedTo(endsOf(worst), map.mesh.links), isInline: true })} />
          </section>
        )}
        {dataQuality.length > 0 && (
          <section class='quality' aria-labelledby='quality-heading'>
            <h2 id='quality-heading'>{issueTexts.dataQuality}</h2>
            <p class='hint'>{issueTexts.dataQualityHint}</p>
            {dataQuality.map((tree) => <IssueCard key={tree.issue.id} tree={tree} view={view} />)}
          </section>
        )}
      </div>
    ),
  })
}

/** The nodes that an issue is about. */
function endsOf ({ node, src, dst, a, b }: Readonly<Record<string, string | undefined>>): string[] {
  return [node, src, dst, a, b].filter((name) => name !== undefined)
}
