import type { IssueDetailBody } from '../../http/schemas/issues.js'
import { parseSubject } from '../../incidents/subject.js'
import { ChartFigure, type PageChart } from '../parts/chart-figure.js'
import { Who } from '../parts/form.js'
import { Flags, Impact, IssueList, SeverityBadge } from '../parts/issue-card.js'
import { ScopeLinks } from '../parts/scope.js'
import { Span, Time } from '../parts/time.js'
import { renderPage, type View } from '../page.js'
import { formTexts } from '../texts/forms.js'
import { issuePageTexts as texts, issueTexts } from '../texts/issues.js'

export interface IssueDocument { issue: IssueDetailBody, charts: PageChart[] }

/** Everything about one issue. Notifications link here. */
export function drawIssue (view: View, { issue, charts }: IssueDocument): string {
  const { title, severity, scope, started_at: started, ended_at: ended, cause, next_steps: steps } = issue
  const lastedMs = (ended === null ? view.nowMs : Date.parse(ended)) - Date.parse(started)
  return renderPage(view, {
    title,
    section: 'issues',
    scripts: ['chart.js'],
    children: (
      <>
        <div data-live id='issue'>
          <h1><SeverityBadge severity={severity} /> {title} <Flags issue={issue} /></h1>
          <p class='where'>
            <ScopeLinks scope={scope} href={view.href} /> · {issueTexts.since} <Time at={started} />{ended !== null && <>, {texts.ended} <Time at={ended} /></>} (<Span ms={lastedMs} />)
            {issue.resolution !== null && <> · {texts.resolutions[issue.resolution] ?? issue.resolution}</>}
          </p>
          {issue.caused_by !== null && <p class='notice'><a href={view.href({ to: 'issue', id: issue.caused_by })}>{texts.causedBy}</a></p>}
          {cause !== null && <><h2>{issueTexts.cause}</h2><p>{cause}</p></>}
          {steps.length > 0 && <><h2>{issueTexts.nextSteps}</h2><ol class='steps'>{steps.map((step) => <li key={step}>{step}</li>)}</ol></>}
          <h2>{issueTexts.impact}</h2>
          <p><Impact impact={issue.impact} /></p>
          <AffectedPaths issue={issue} view={view} />
          {issue.affected.length > 0 && <><h2>{texts.affected}</h2><IssueList issues={issue.affected} view={view} /></>}
        </div>
        {view.isLive && issue.status !== 'closed' && <Actions issue={issue} view={view} />}
        <h2>{texts.evidence}</h2>
        {charts.length === 0 ? <p class='hint'>{texts.noCharts}</p> : <div class='charts'>{charts.map((chart) => <ChartFigure key={chart.target.metric} chart={chart} view={view} />)}</div>}
        <details id='numbers'><summary>{texts.numbers}</summary><pre tabIndex={0}>{JSON.stringify(issue.evidence, null, 2)}</pre></details>
        <Timeline issue={issue} />
      </>
    ),
  })
}

function AffectedPaths ({ issue: { impact }, view }: { issue: IssueDetailBody, view: View }) {
  const subjects = Array.isArray(impact['paths']) ? impact['paths'].filter((path) => typeof path === 'string') : []
  const paths = subjects.map(parseSubject).filter((scope) => scope?.type === 'path')
  const more = (typeof impact['routes'] === 'number' ? impact['routes'] : 0) - paths.length
  if (paths.length === 0) return null
  return (
    <details id='paths'>
      <summary>{texts.paths}</summary>
      <ul>
        {paths.map(({ src, dst }) => (
          <li key={`${src} ${dst}`}><a href={view.href({ to: 'path', src, dst })}>{`${src} → ${dst}`}</a> <a class='minor-link' href={view.href({ to: 'route', src, dst })}>{texts.onMap}</a></li>
        ))}
      </ul>
      {more > 0 && <p>{texts.morePaths(more)}</p>}
    </details>
  )
}

function Actions ({ issue, view }: { issue: IssueDetailBody, view: View }) {
  const action = (name: string) => `${view.href({ to: 'issue', id: issue.id })}/${name}`
  return (
    <section aria-labelledby='actions'>
      <h2 id='actions'>{texts.actions}</h2>
      <div class='actions'>
        {issue.acknowledged
          ? <form method='post' action={action('unack')} class='form'><p><button type='submit'>{formTexts.takeBack}</button></p></form>
          : <details id='do-ack'><summary>{formTexts.acknowledge}</summary><form method='post' action={action('ack')} class='form'><p class='hint'>{formTexts.acknowledgeHint}</p><Who id='ack' /><p><button type='submit'>{formTexts.acknowledge}</button></p></form></details>}
        <details id='do-maintain'>
          <summary>{formTexts.maintain}</summary>
          <form method='post' action={view.href({ to: 'maintenance' })} class='form'>
            <p class='hint'>{formTexts.maintainHint}</p>
            <input type='hidden' name='subject' value={issue.subject} />
            <p><label for='maintain-hours'>{formTexts.lasts}</label> <select id='maintain-hours' name='hours'>{Object.entries(formTexts.durations).map(([hours, text]) => <option key={hours} value={hours}>{text}</option>)}</select></p>
            <Who id='maintain' />
            <p><button type='submit'>{formTexts.maintain}</button></p>
          </form>
        </details>
        <details id='do-close'><summary>{formTexts.close}</summary><form method='post' action={action('close')} class='form'><p class='hint'>{formTexts.closeHint}</p><Who id='close' /><p><button type='submit'>{formTexts.close}</button></p></form></details>
      </div>
      {issue.maintenance.length > 0 && <><h3>{texts.maintenance}</h3><ul>{issue.maintenance.map((work) => <li key={work.id}><Time at={work.from} /> – <Time at={work.until} /> {work.reason} {work.by}</li>)}</ul></>}
    </section>
  )
}

function Timeline ({ issue: { timeline } }: { issue: IssueDetailBody }) {
  const name = (state: string) => texts.transitions[state] ?? state
  return (
    <section data-live id='timeline' aria-labelledby='timeline-heading'>
      <h2 id='timeline-heading'>{texts.timeline}</h2>
      <ol class='timeline'>{timeline.map(({ at, from, to, evidence }, i) => <li key={i}><Time at={at} /> <span>{from === to ? changeOf(evidence) : `${name(from)} → ${name(to)}`}</span>{noteOf(evidence)}</li>)}</ol>
    </section>
  )
}

function changeOf (evidence: Record<string, unknown> | null): string {
  const change = evidence?.['change'] ?? evidence?.['severity']
  return typeof change === 'string' ? change : 'changed'
}

function noteOf (evidence: Record<string, unknown> | null): string {
  const parts = ['by', 'note'].map((name) => evidence?.[name]).filter((part) => typeof part === 'string' && part !== '')
  return parts.length === 0 ? '' : ` (${parts.join(': ')})`
}
