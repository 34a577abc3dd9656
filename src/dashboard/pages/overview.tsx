import { IssueCard, type IssueTree } from '../parts/issue-card.js'
import { renderPage, type View } from '../page.js'
import { issueTexts } from '../texts/issues.js'
import { overviewTexts as texts } from '../texts/overview.js'

export interface Overview {
  /** Of the mesh, its nodes and radios; the worst first, those they cause within. */
  issues: IssueTree[]
  /** Open issues beyond those shown. */
  more: number
  dataQuality: IssueTree[]
}

/** What an operator opens first: what is wrong, where, and what to do. */
export function drawOverview (view: View, { issues, more, dataQuality }: Overview): string {
  const { nodes } = view.health
  const known = nodes.active + nodes.inactive + nodes.dead
  return renderPage(view, {
    title: texts.title,
    section: 'overview',
    children: (
      <div class='overview' data-live>
        <section aria-labelledby='issues-heading'>
          <h1 id='issues-heading'>{texts.heading}</h1>
          <p class='counts'>{texts.nodes(nodes)}</p>
          {issues.length === 0 && <p class='well'>{issueTexts.none} {issueTexts.noneHint(known)}</p>}
          {issues.map((tree) => <IssueCard key={tree.issue.id} tree={tree} view={view} />)}
          {more > 0 && <p><a href={view.href({ to: 'issues' })}>{issueTexts.more(more)}</a></p>}
        </section>
        {dataQuality.length > 0 && (
          <section aria-labelledby='quality-heading'>
            <h2 id='quality-heading'>{issueTexts.dataQuality}</h2>
            <p class='hint'>{issueTexts.dataQualityHint}</p>
            {dataQuality.map((tree) => <IssueCard key={tree.issue.id} tree={tree} view={view} />)}
          </section>
        )}
      </div>
    ),
  })
}
