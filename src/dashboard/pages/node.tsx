import type { CrashBody } from '../../http/schemas/crashes.js'
import type { IssueBody } from '../../http/schemas/issues.js'
import type { HealthBody, NodeRecordBody } from '../../http/schemas/nodes.js'
import type { LinkBody, PathBody } from '../../http/schemas/paths.js'
import { Facts } from '../parts/facts.js'
import { figure } from '../parts/figure.js'
import { IssueList } from '../parts/issue-card.js'
import { ShortTable } from '../parts/table.js'
import { describeSpan } from '../../incidents/span.js'
import { squareOf } from '../../topology/geo.js'
import { Time } from '../parts/time.js'
import { WindowCharts, type ChartSet } from '../parts/window-charts.js'
import { renderPage, type View } from '../page.js'
import { detailTexts, nodeTexts as texts } from '../texts/details.js'
import { nodesTexts } from '../texts/tables.js'
import { linkColumns } from './links.js'
import { shortPathColumns } from './paths.js'

export interface NodeDocument {
  id: string
  /** Null for one that only others name. */
  node: NodeRecordBody | null
  /** Where it stands with others; null where with none. */
  place: string | null
  health: HealthBody | null
  crashes: CrashBody[]
  issues: IssueBody[]
  paths: PathBody[]
  links: LinkBody[]
  charts: ChartSet
}

/** More of them are no list anybody reads: a tunnel server has hundreds. */
const mostShown = 50

/** Everything about one node or radio. */
export function drawNode (view: View, { id, node, place, health, crashes, issues, paths, links, charts }: NodeDocument): string {
  return renderPage(view, {
    title: id,
    section: 'nodes',
    scripts: ['chart.js'],
    children: (
      <>
        <div data-live id='node'>
          <h1>{id} {node !== null && <StateOf node={node} />}</h1>
          {node === null ? <p class='notice'>{texts.unknown}</p> : <About node={node} place={place} view={view} />}
          <h2>{detailTexts.openIssues}</h2>
          {issues.length === 0 ? <p>{detailTexts.noIssues}</p> : <IssueList issues={issues} view={view} />}
          {node?.kind === 'router' && <><h2>{texts.health}</h2>{health === null ? <p>{texts.noHealth}</p> : <Health health={health} />}</>}
        </div>
        {crashes.length > 0 && <><h2>{texts.crashes}</h2><ul class='crashes'>{crashes.map((crash) => <Crash key={crash.time} crash={crash} />)}</ul></>}
        {node !== null && <WindowCharts charts={charts} target={{ to: 'node', id }} view={view} />}
        <h2>{detailTexts.links}</h2>
        {links.length === 0 ? <p>{detailTexts.none}</p> : <ShortTable columns={linkColumns} rows={links.slice(0, mostShown)} view={view} label={detailTexts.links} />}
        {links.length > mostShown && <p><a href={view.href({ to: 'links', query: { node: id } })}>{detailTexts.allOf(links.length)}</a></p>}
        <h2>{detailTexts.paths}</h2>
        {paths.length === 0 ? <p>{detailTexts.none}</p> : <ShortTable columns={shortPathColumns} rows={paths.slice(0, mostShown)} view={view} label={detailTexts.paths} />}
        {paths.length > mostShown && <p><a href={view.href({ to: 'paths', query: { node: id } })}>{detailTexts.allOf(paths.length)}</a></p>}
      </>
    ),
  })
}

function StateOf ({ node: { status, retired_at: retired } }: { node: NodeRecordBody }) {
  const state = retired === null ? status : 'retired'
  return <small class={`state ${state}`}>{nodesTexts.statuses[state]}</small>
}

function About ({ node, place, view }: { node: NodeRecordBody, place: string | null, view: View }) {
  const { facts } = texts
  return (
    <>
      {node.retired_at !== null && <p class='notice'>{texts.retired} <Time at={node.retired_at} /></p>}
      <Facts facts={[
        [facts.kind, nodesTexts.kinds[node.kind]], [facts.version, node.version], [facts.model, node.model], [facts.host, node.host], [facts.site, place === null ? node.site : <a key='site' href={view.href({ to: 'site', name: place })}>{place}</a>],
        [facts.location, node.lat !== null && node.lon !== null ? `${node.lat.toFixed(5)}, ${node.lon.toFixed(5)}` : null],
        [facts.square, node.grid_square ?? (node.lat !== null && node.lon !== null ? squareOf({ lat: node.lat, lon: node.lon }) : null)], [facts.elevation, figure(node.elevation_m, 0, 'm')],
        [facts.first, <Time key='first' at={node.first_seen} />], [facts.last, node.last_seen !== null ? <Time at={node.last_seen} /> : null],
        [facts.gap, node.usual_gap_s === null ? null : secondsText(node.usual_gap_s)], [facts.pinned, node.pinned ? facts.yes : null],
      ]}
      />
      {node.kind !== 'router' && <p><a href={view.href({ to: 'radio', node: node.id })}>{texts.radioPage}</a></p>}
    </>
  )
}

function secondsText (seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : describeSpan(seconds * 1000)
}

function Health ({ health }: { health: HealthBody }) {
  const { measures } = texts
  return (
    <Facts facts={[
      [measures.time, <Time key='time' at={health.time} />], [measures.cpu, figure(health.cpu_pct, 0, '%')], [measures.load, figure(health.load1, 2)], [measures.memory, figure(health.mem_mb, 0, 'MB')],
      [measures.free, figure(health.free_mem_mb, 0, 'MB')], [measures.uptime, health.uptime_seconds === null ? null : describeSpan(health.uptime_seconds * 1000)], [measures.restarts, health.restart_count],
      [measures.score, figure(health.health_score, 0)], [measures.daemon, health.routing_daemon], [measures.neighbours, health.neighbors_seen], [measures.queue, health.queue_len], [measures.reason, health.reporting_reason],
    ]}
    />
  )
}

function Crash ({ crash }: { crash: CrashBody }) {
  const { crash: labels } = texts
  const { backtrace } = crash
  return (
    <li>
      <Time at={crash.time} /> <strong>{crash.signal_name ?? crash.description ?? ''}</strong>
      <Facts facts={[
        [labels.thread, crash.thread_id], [labels.operation, crash.last_operation], [labels.uptime, crash.uptime_at_crash_s === null ? null : describeSpan(crash.uptime_at_crash_s * 1000)],
        [labels.memory, figure(crash.memory_at_crash_mb, 0, 'MB')], [labels.cpu, figure(crash.cpu_at_crash_pct, 0, '%')],
      ]}
      />
      {backtrace !== null && backtrace.length > 0 && <details id={`crash-${crash.time}`}><summary>{labels.backtrace}</summary><pre tabIndex={0}>{backtrace.join('\n')}</pre></details>}
    </li>
  )
}
