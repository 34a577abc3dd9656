import type { IssueBody } from '../../http/schemas/issues.js'
import type { Place, Placed } from '../../places/group.js'
import { IssueList, SeverityBadge } from '../parts/issue-card.js'
import { ScopeLinks } from '../parts/scope.js'
import { ShortTable } from '../parts/table.js'
import { describeSpan } from '../../incidents/span.js'
import { Time } from '../parts/time.js'
import { WindowCharts, type ChartSet } from '../parts/window-charts.js'
import { renderPage, type View } from '../page.js'
import type { Column } from '../table.js'
import { detailTexts } from '../texts/details.js'
import { placeTexts as texts, sitesTexts } from '../texts/places.js'
import { nodesTexts } from '../texts/tables.js'

interface Member extends Placed { status: 'active' | 'inactive' | 'dead', last_seen: string | null }

/** Something on the time line of a place. */
export type PlaceEvent =
  | { type: 'issue', at: string, isOpening: boolean, issue: IssueBody }
  | { type: 'restart', at: string, node: string, upForS: number | null }
  /** What the radio worker says of a radio. */
  | { type: 'worker', at: string, node: string, event: string, reason: string | null }

export interface PlaceDocument extends Place<Member> {
  open: IssueBody[]
  /** Of the last 7 days, newest first. */
  events: PlaceEvent[]
  /** Whether there are older ones. */
  isCut: boolean
  /** Members whose charts are not drawn. */
  uncharted: number
  charts: ChartSet
}

const { columns: labels } = texts

const columns: readonly Column<Member>[] = [
  { name: 'node', label: labels.node, cell: ({ id }, { href }) => <a href={href({ to: 'node', id })}>{id}</a> },
  { name: 'kind', label: labels.kind, cell: ({ kind }) => nodesTexts.kinds[kind] },
  { name: 'status', label: labels.status, cell: ({ status }) => <span class={`state ${status}`}>{nodesTexts.statuses[status]}</span> },
  { name: 'seen', label: labels.seen, cell: (row) => row.last_seen !== null && <Time at={row.last_seen} /> },
]

/** What stands at one place, and what happened there, nodes and radios on one time line. */
export function drawSite (view: View, { name, members, open, events, isCut, uncharted, charts }: PlaceDocument): string {
  return renderPage(view, {
    title: name,
    section: 'sites',
    scripts: ['chart.js'],
    children: (
      <>
        <p><a href={view.href({ to: 'sites' })}>{sitesTexts.all}</a></p>
        <div data-live id='site'>
          <h1>{name}</h1>
          <h2>{texts.members}</h2>
          <ShortTable columns={columns} rows={members} view={view} label={texts.members} />
          <h2>{detailTexts.openIssues}</h2>
          {open.length === 0 ? <p>{detailTexts.noIssues}</p> : <IssueList issues={open} view={view} />}
          <h2>{texts.timeline}</h2>
          {events.length === 0 ? <p>{texts.quiet}</p> : <ol class='timeline'>{events.map((event, i) => <li key={i}><Time at={event.at} /> <Event event={event} view={view} /></li>)}</ol>}
          {isCut && <p class='hint'>{texts.cut(events.length)}</p>}
        </div>
        <WindowCharts charts={charts} target={{ to: 'site', name }} view={view} />
        {uncharted > 0 && <p class='hint'>{texts.uncharted(uncharted)}</p>}
      </>
    ),
  })
}

function Event ({ event, view }: { event: PlaceEvent, view: View }) {
  if (event.type === 'issue') {
    const { issue: { id, title, severity, scope }, isOpening } = event
    return <span><SeverityBadge severity={severity} /> <a href={view.href({ to: 'issue', id })}>{title}</a> {isOpening ? texts.began : texts.ended} <small><ScopeLinks scope={scope} href={view.href} /></small></span>
  }
  const node = <a href={view.href({ to: 'node', id: event.node })}>{event.node}</a>
  if (event.type === 'restart') return <span>{node} <strong>{texts.restarted}</strong>{event.upForS !== null && ` ${texts.upFor(describeSpan(event.upForS * 1000))}`}</span>
  const what = event.event in texts.events ? texts.events[event.event as keyof typeof texts.events] : event.event
  return <span>{node} {what}{event.reason !== null && `: ${event.reason}`}</span>
}
