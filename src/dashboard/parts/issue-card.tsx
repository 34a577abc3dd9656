import type { IssueBody } from '../../http/schemas/issues.js'
import type { View } from '../page.js'
import { issueTexts as texts } from '../texts/issues.js'
import { ScopeLinks } from './scope.js'
import { Span, Time } from './time.js'

/** An issue with those that it causes. */
export interface IssueTree { issue: IssueBody, consequences: IssueBody[] }

/** An open issue for an operator: what, where, how bad, since when, why, what to do. */
export function IssueCard ({ tree: { issue, consequences }, view }: { tree: IssueTree, view: View }) {
  const { id, title, severity, started_at: started, cause, next_steps: steps } = issue
  return (
    <article class={`issue ${severity}`} id={`issue-${id}`}>
      <h3><SeverityBadge severity={severity} /> <a href={view.href({ to: 'issue', id })}>{title}</a> <Flags issue={issue} /></h3>
      <p class='where'><ScopeLinks scope={issue.scope} href={view.href} /> · {texts.since} <Time at={started} /> (<Span ms={view.nowMs - Date.parse(started)} />) · <Impact impact={issue.impact} /></p>
      {cause !== null && <p class='cause'>{cause}</p>}
      {steps.length > 0 && <><h4>{texts.nextSteps}</h4><ol class='steps'>{steps.map((step) => <li key={step}>{step}</li>)}</ol></>}
      {consequences.length > 0 && (
        <details>
          <summary>{texts.explains(consequences.length)}</summary>
          <IssueList issues={consequences} view={view} />
        </details>
      )}
    </article>
  )
}

/** Issues a line each. */
export function IssueList ({ issues, view }: { issues: IssueBody[], view: View }) {
  return (
    <ul class='issue-list'>
      {issues.map((issue) => <li key={issue.id}><SeverityBadge severity={issue.severity} /> <a href={view.href({ to: 'issue', id: issue.id })}>{issue.title}</a> <Flags issue={issue} /> <Time at={issue.started_at} /></li>)}
    </ul>
  )
}

export function SeverityBadge ({ severity }: { severity: IssueBody['severity'] }) {
  return <span class={`badge ${severity}`}>{texts.severities[severity]}</span>
}

export function Flags ({ issue }: { issue: IssueBody }) {
  const by = issue.ack?.['by']
  return (
    <>
      {issue.status !== 'open' && <span class='flag'>{texts.statuses[issue.status]}</span>}
      {issue.acknowledged && <span class='flag'>{texts.acknowledged(typeof by === 'string' ? by : '?')}</span>}
      {issue.in_maintenance && <span class='flag'>{texts.inMaintenance}</span>}
      {issue.stale && <span class='flag'>{texts.stale}</span>}
    </>
  )
}

/** How many paths an issue hits. */
export function Impact ({ impact }: { impact: Record<string, unknown> }) {
  const routes = typeof impact['routes'] === 'number' ? impact['routes'] : 0
  const nodes = Array.isArray(impact['nodes']) ? impact['nodes'].length : 0
  return <>{routes === 0 ? texts.noImpact : texts.impactOf(routes, nodes)}</>
}
