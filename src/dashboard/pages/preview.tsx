import type { IssueBody } from '../../http/schemas/issues.js'
import { SeverityBadge } from '../parts/issue-card.js'
import { ScopeLinks } from '../parts/scope.js'
import { ShortTable } from '../parts/table.js'
import { Time } from '../parts/time.js'
import { renderPage, type View } from '../page.js'
import type { Column } from '../table.js'
import { rulesTexts as texts } from '../texts/rules.js'

interface Found { issue: IssueBody, change: 'added' | 'gone' | 'same' }

export interface PreviewDocument {
  rule: string
  from: string
  tried: { key: string, from: string, to: string }[]
  found: Found[]
}

const { previewColumns: labels } = texts

const columns: readonly Column<Found>[] = [
  { name: 'change', label: labels.change, cell: ({ change }) => <span class='flag'>{texts.change[change]}</span> },
  { name: 'severity', label: labels.severity, cell: ({ issue }) => <SeverityBadge severity={issue.severity} /> },
  { name: 'issues', label: labels.issue, cell: ({ issue }, { href }) => <>{issue.title} <small><ScopeLinks scope={issue.scope} href={href} /></small></> },
  { name: 'started', label: labels.started, cell: ({ issue }) => <Time at={issue.started_at} /> },
  { name: 'ended', label: labels.ended, cell: ({ issue }) => issue.ended_at === null ? texts.stillOpen : <Time at={issue.ended_at} /> },
]

/** What a rule would have found with other settings, beside what it finds with those in force. */
export function drawPreview (view: View, { rule, from, tried, found }: PreviewDocument): string {
  const count = (without: Found['change']) => found.filter(({ change }) => change !== without).length
  return renderPage(view, {
    title: texts.preview(rule),
    section: 'rules',
    children: (
      <>
        <h1>{texts.preview(rule)}</h1>
        <ul>{tried.map(({ key, from, to }) => <li key={key}>{texts.tried(key, from, to)}</li>)}</ul>
        <p>{texts.counts(count('added'), count('gone'))} {texts.since} <Time at={from} /></p>
        {found.length === 0 ? <p>{texts.nothing}</p> : <ShortTable columns={columns} rows={found} view={view} label={texts.preview(rule)} />}
        <p><a href={view.href({ to: 'rules' })}>{texts.back}</a></p>
      </>
    ),
  })
}
