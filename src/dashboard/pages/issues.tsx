import type { IssueBody } from '../../http/schemas/issues.js'
import { Flags, Impact, SeverityBadge } from '../parts/issue-card.js'
import { Span, Time } from '../parts/time.js'
import { renderPage, type View } from '../page.js'
import { formTexts } from '../texts/forms.js'
import { issuesPageTexts as texts, issueTexts } from '../texts/issues.js'

export interface IssueFilterForm { status: 'open' | 'closed' | 'all', severity?: IssueBody['severity'], kind?: string, node?: string }

export interface IssuesDocument {
  form: IssueFilterForm
  issues: IssueBody[]
  /** Every kind there is an issue of. */
  kinds: string[]
  /** Cursor of the next page. */
  next: string | null
}

export function drawIssues (view: View, { form, issues, kinds, next }: IssuesDocument): string {
  return renderPage(view, {
    title: texts.title,
    section: 'issues',
    children: (
      <>
        <h1>{texts.title}</h1>
        {view.isLive && <FilterForm form={form} kinds={kinds} view={view} />}
        <div class='scroll' data-live id='issues' tabIndex={0} role='region' aria-label={texts.title}>
          {issues.length === 0 ? <p>{texts.nothing}</p> : <Table issues={issues} view={view} />}
        </div>
        {next !== null && <p><a rel='next' href={nextAddress(view, form, next)}>{texts.next}</a></p>}
      </>
    ),
  })
}

function FilterForm ({ form, kinds, view }: { form: IssueFilterForm, kinds: string[], view: View }) {
  const select = (name: string, label: string, values: Array<[string, string]>, chosen: string | undefined) => (
    <p><label for={`filter-${name}`}>{label}</label> <select id={`filter-${name}`} name={name}>{values.map(([value, text]) => <option key={value} value={value} selected={value === (chosen ?? '')}>{text}</option>)}</select></p>
  )
  const any: [string, string] = ['', texts.any]
  return (
    <form class='filter' method='get' action={view.href({ to: 'issues' })}>
      {select('status', texts.status, Object.entries(texts.statuses), form.status)}
      {select('severity', texts.severity, [any, ...Object.entries(issueTexts.severities)], form.severity)}
      {select('kind', texts.kind, [any, ...kinds.map((kind): [string, string] => [kind, kind.replaceAll('_', ' ')])], form.kind)}
      <p><label for='filter-node'>{texts.node}</label> <input id='filter-node' name='node' value={form.node ?? ''} maxLength={128} /></p>
      <p><button type='submit'>{formTexts.filter}</button></p>
    </form>
  )
}

function Table ({ issues, view }: { issues: IssueBody[], view: View }) {
  return (
    <table>
      <thead><tr><th scope='col'>{texts.severity}</th><th scope='col'>{texts.columns.issue}</th><th scope='col'>{texts.columns.started}</th><th scope='col'>{texts.columns.lasted}</th><th scope='col'>{texts.columns.impact}</th></tr></thead>
      <tbody>
        {issues.map((issue) => (
          <tr key={issue.id}>
            <td><SeverityBadge severity={issue.severity} /></td>
            <td><a href={view.href({ to: 'issue', id: issue.id })}>{issue.title}</a> <Flags issue={issue} /></td>
            <td><Time at={issue.started_at} /></td>
            <td><Span ms={(issue.ended_at === null ? view.nowMs : Date.parse(issue.ended_at)) - Date.parse(issue.started_at)} /></td>
            <td><Impact impact={issue.impact} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function nextAddress (view: View, form: IssueFilterForm, cursor: string): string {
  const [path = ''] = view.href({ to: 'issues' }).split('?')
  return `${path}?${new URLSearchParams({ ...form, cursor }).toString()}`
}
