import type { UnitSystem } from '../../charts/units.js'
import type { IssueBody } from '../../http/schemas/issues.js'
import type { LinkBody, LinkEndBody, PathBody } from '../../http/schemas/paths.js'
import { describeDistance, type Aim } from '../../topology/describe.js'
import { formatBearing } from '../../topology/geo.js'
import { Facts } from '../parts/facts.js'
import { figure } from '../parts/figure.js'
import { IssueHistory } from '../parts/issue-history.js'
import { ShortTable } from '../parts/table.js'
import { Time } from '../parts/time.js'
import { WindowCharts, type ChartSet } from '../parts/window-charts.js'
import { renderPage, type View } from '../page.js'
import { detailTexts, linkTexts as texts } from '../texts/details.js'
import { shortPathColumns } from './paths.js'

export interface LinkDocument {
  a: string
  b: string
  medium: string
  /** Null: nobody reported it within a day. */
  link: LinkBody | null
  otherMedia: string[]
  /** How the ends stand to one another; null where the place of one is not known. */
  aim: Aim | null
  units: UnitSystem
  paths: PathBody[]
  open: IssueBody[]
  past: IssueBody[]
  charts: ChartSet
}

/** Everything about a link: what either end says, and whom it carries. */
export function drawLink (view: View, { a, b, medium, link, otherMedia, aim, units, paths, open, past, charts }: LinkDocument): string {
  return renderPage(view, {
    title: `${a} – ${b}${medium === 'rf' ? '' : ` (${medium})`}`,
    section: 'links',
    scripts: ['chart.js'],
    children: (
      <>
        <div data-live id='link'>
          <h1><NodeLink id={a} view={view} /> – <NodeLink id={b} view={view} /> <small>{medium}</small></h1>
          {otherMedia.length > 0 && <p>{texts.otherMedia}: {otherMedia.map((name) => <a key={name} class='minor-link' href={view.href({ to: 'link', a, b, medium: name })}>{name}</a>)}</p>}
          {aim !== null && <Facts facts={[[texts.measures.distance, describeDistance(aim, units)], [texts.measures.bearing, texts.bearings(formatBearing(aim.thereDeg), formatBearing(aim.backDeg))]]} />}
          <h2>{texts.now}</h2>
          {link === null ? <p>{texts.silent}</p> : <Now link={link} />}
          <IssueHistory open={open} past={past} view={view} />
        </div>
        <WindowCharts charts={charts} target={{ to: 'link', a, b, medium }} view={view} />
        <h2>{texts.paths}</h2>
        {paths.length === 0 ? <p>{detailTexts.noIssues}</p> : <ShortTable columns={shortPathColumns} rows={paths} view={view} label={texts.paths} />}
      </>
    ),
  })
}

function NodeLink ({ id, view }: { id: string, view: View }) {
  return <a href={view.href({ to: 'node', id })}>{id}</a>
}

function Now ({ link: { a, b, last, hour, ends } }: { link: LinkBody }) {
  const { measures } = texts
  return (
    <>
      <Facts facts={[
        [measures.etx, figure(last.etx, 2)],
        [measures.hour, hour.n === 0 ? null : texts.hour(hour.n, figure(hour.lq_avg, 2), figure(hour.nlq_avg, 2), figure(hour.etx_avg, 2))],
      ]}
      />
      <div class='ends'><End name={a} end={ends.a} /><End name={b} end={ends.b} /></div>
    </>
  )
}

function End ({ name, end }: { name: string, end: LinkEndBody | null }) {
  const { measures } = texts
  return (
    <section>
      <h3>{texts.says(name)}</h3>
      {end === null
        ? <p>{texts.silent}</p>
        : (
          <Facts facts={[
            [measures.time, <Time key='time' at={end.time} />], [measures.lq, figure(end.lq, 2)], [measures.signal, figure(end.signal_dbm, 0, 'dBm')], [measures.noise, figure(end.noise_dbm, 0, 'dBm')],
            [measures.snr, figure(end.snr_db, 0, 'dB')], [measures.rate, figure(end.tx_bitrate_mbps, 1, 'Mbit/s')], [measures.rxcost, figure(end.rxcost, 0)], [measures.txcost, figure(end.txcost, 0)],
            [measures.quality, figure(end.quality, 0)], [measures.routable, end.routable === null ? null : end.routable ? measures.yes : measures.no],
          ]}
          />
          )}
    </section>
  )
}
