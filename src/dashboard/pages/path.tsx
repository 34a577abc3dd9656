import type { IssueBody } from '../../http/schemas/issues.js'
import type { HopBody, PathBody, RouteChangeBody } from '../../http/schemas/paths.js'
import { Facts } from '../parts/facts.js'
import { figure } from '../parts/figure.js'
import { IssueHistory } from '../parts/issue-history.js'
import { ShortTable } from '../parts/table.js'
import { Time } from '../parts/time.js'
import { WindowCharts, type ChartSet } from '../parts/window-charts.js'
import { renderPage, type View } from '../page.js'
import type { Column } from '../table.js'
import { detailTexts, pathTexts as texts } from '../texts/details.js'

export interface PathDocument {
  src: string
  dst: string
  /** Null: not measured within a day. */
  path: PathBody | null
  /** Of the newest window, in order; without figures where nothing is known of a hop. */
  hops: HopBody[]
  /** Newest first. */
  changes: RouteChangeBody[]
  open: IssueBody[]
  past: IssueBody[]
  charts: ChartSet
}

const { hop: labels } = texts

const hopColumns: readonly Column<HopBody>[] = [
  { name: 'link', label: labels.hop, cell: ({ from, to, medium }, { href }) => <a href={href({ to: 'link', a: from, b: to, medium })}>{`${from} → ${to}`}</a> },
  { name: 'medium', label: labels.medium, cell: ({ medium }) => medium },
  { name: 'lq', label: labels.lq, isNumber: true, cell: ({ lq }) => figure(lq, 2) },
  { name: 'nlq', label: labels.nlq, isNumber: true, cell: ({ nlq }) => figure(nlq, 2) },
  { name: 'etx', label: labels.etx, isNumber: true, cell: ({ etx }) => figure(etx, 2) },
  { name: 'rtt', label: labels.rtt, isNumber: true, cell: (hop) => figure(hop.rtt_ms, 1) },
  { name: 'signal', label: labels.signal, isNumber: true, cell: (hop) => figure(hop.signal_dbm, 0) },
  { name: 'snr', label: labels.snr, isNumber: true, cell: (hop) => figure(hop.snr_db, 0) },
]

/** Everything about a path: how it is, which way it goes, how that changed. */
export function drawPath (view: View, { src, dst, path, hops, changes, open, past, charts }: PathDocument): string {
  const { href } = view
  return renderPage(view, {
    title: `${src} → ${dst}`,
    section: 'paths',
    scripts: ['chart.js'],
    children: (
      <>
        <div data-live id='path'>
          <h1><a href={href({ to: 'node', id: src })}>{src}</a> → <a href={href({ to: 'node', id: dst })}>{dst}</a></h1>
          <p><a href={href({ to: 'route', src, dst })}>{detailTexts.onMap}</a> · <a href={href({ to: 'path', src: dst, dst: src })}>{texts.reverse}</a></p>
          <h2>{texts.now}</h2>
          {path === null ? <p>{texts.silent}</p> : <Now path={path} />}
          <IssueHistory open={open} past={past} view={view} />
          <h2>{texts.route}</h2>
          {hops.length === 0 ? <p>{texts.noRoute}</p> : <ShortTable columns={hopColumns} rows={hops} view={view} label={texts.route} />}
        </div>
        <WindowCharts charts={charts} target={{ to: 'path', src, dst }} view={view} />
        <h2>{texts.changes}</h2>
        {changes.length === 0 ? <p>{texts.noChanges}</p> : <ul class='changes'>{changes.map(({ time, route }) => <li key={time}><Time at={time} /> {route.join(' → ')}</li>)}</ul>}
      </>
    ),
  })
}

function Now ({ path: { last, hour } }: { path: PathBody }) {
  const { measures } = texts
  const line = (now: number | null, average: number | null, p95: number | null, unit: string) =>
    now === null && average === null ? null : `${figure(now, 1, unit)} ${measures.now}, ${figure(average, 1, unit)} ${measures.hour}, ${figure(p95, 1, unit)} ${measures.p95}`
  return (
    <>
      {!last.timing_usable && <p class='hint'>{texts.distrusted}</p>}
      <Facts facts={[
        [measures.time, <Time key='time' at={last.time} />],
        [measures.rtt, line(last.timing_usable ? last.rtt_ms : null, hour.rtt_ms_avg, hour.rtt_ms_p95, 'ms')],
        [measures.jitter, line(last.timing_usable ? last.jitter_ms : null, hour.jitter_ms_avg, hour.jitter_ms_p95, 'ms')],
        [measures.loss, line(last.loss_usable ? last.loss_pct : null, hour.loss_pct_avg, hour.loss_pct_p95, '%')],
      ]}
      />
    </>
  )
}
