import { renderToString } from 'preact-render-to-string'
import { monthName, neighboursOf, periodTitle, type Period, type YearEntry } from '../../reports/calendar.js'
import type { MeshReport } from '../../reports/mesh-report.js'
import { countsLine, meshTables, timeTable } from '../../reports/mesh-text.js'
import type { RadioReport } from '../../reports/radio-report.js'
import { headLines, radioTable } from '../../reports/radio-text.js'
import type { TextTable } from '../../reports/text-table.js'
import { renderPage, type View } from '../page.js'
import { reportTexts as texts } from '../texts/reports.js'

export interface ReportDocument {
  report: RadioReport | MeshReport
  /** The reports there are of the same radio, or of the mesh. */
  years: YearEntry[]
}

/** A report as a page of the dashboard, to be read or printed. */
export function drawReport (view: View, { report, years }: ReportDocument): string {
  const whose = 'scope' in report ? {} : { radio: report.node }
  const period = periodOf(report)
  const { previous, next } = neighboursOf(period, years)
  const address = (to: Period, file?: 'txt' | 'json') => view.href({ to: 'report', ...whose, ...to, ...(file && { file }) })
  const months = period.month === undefined ? years.find(({ year }) => year === report.year)?.months ?? [] : []
  return renderPage(view, {
    title: titleOf(report),
    section: 'reports',
    children: (
      <>
        <nav class='report-links' aria-label={texts.other}>
          {previous && <a rel='prev' href={address(previous)}>{texts.previous(periodTitle(previous))}</a>}
          <a href={view.href({ to: 'reports' })}>{texts.all}</a>
          {period.month !== undefined && <a href={address({ year: period.year })}>{period.year}</a>}
          {months.map((month) => <a key={month} href={address({ year: period.year, month })}>{monthName(month).slice(0, 3)}</a>)}
          <a href={address(period, 'txt')}>{texts.asText}</a>
          <a href={address(period, 'json')}>{texts.asJson}</a>
          {next && <a rel='next' href={address(next)}>{texts.next(periodTitle(next))}</a>}
        </nav>
        <Report report={report} />
      </>
    ),
  })
}

/** The report alone, in one file with its style sheet. */
export function drawReportFile (report: RadioReport | MeshReport, css: string): string {
  const head = renderToString(<><meta charset='utf-8' /><meta name='viewport' content='width=device-width, initial-scale=1' /><title>{titleOf(report)}</title></>)
  return `<!doctype html><html lang="en"><head>${head}<style>${css}</style></head><body>${renderToString(<main><Report report={report} /></main>)}</body></html>\n`
}

const periodOf = ({ year, ...report }: RadioReport | MeshReport): Period => 'month' in report && report.month !== undefined ? { year, month: report.month } : { year }

function titleOf (report: RadioReport | MeshReport): string {
  const period = periodTitle(periodOf(report))
  return 'scope' in report ? texts.ofMesh(period) : texts.ofRadio(report.name, period)
}

function Report ({ report }: { report: RadioReport | MeshReport }) {
  const title = titleOf(report)
  const lines = 'scope' in report ? [...headLines(report), countsLine(report)] : headLines(report)
  return (
    <article class='report'>
      <h1>{title}</h1>
      <ul class='report-head'>{lines.map((line) => <li key={line}>{line.replace(/ {4}/g, ' · ')}</li>)}</ul>
      <Table name={title} table={'scope' in report ? timeTable(report) : radioTable(report)} />
      {'scope' in report && meshTables(report).map(([name, table]) => <section key={name}><h2>{name}</h2><Table name={name} table={table} /></section>)}
      {'scope' in report && <p class='hint'>{texts.how}</p>}
    </article>
  )
}

function Table ({ name, table: { heads, rows, foot, left = [] } }: { name: string, table: TextTable }) {
  const kind = (column: number) => left.includes(column) ? undefined : 'number'
  const cells = (row: string[]) => row.map((text, i) => <td key={i} class={kind(i)}>{text}</td>)
  return (
    <div class='scroll' tabIndex={0} role='region' aria-label={name}>
      <table class='report-table'>
        <thead>{heads.map((head, line) => <tr key={line}>{head.map(([text, columns], i) => heading(text, columns, kind(startOf(head, i))))}</tr>)}</thead>
        <tbody>{rows.map((row, i) => <tr key={i}>{cells(row)}</tr>)}</tbody>
        {foot && <tfoot><tr>{cells(foot)}</tr></tfoot>}
      </table>
    </div>
  )
}

/** The column that a heading begins at. */
function startOf (head: TextTable['heads'][number], place: number): number {
  return head.slice(0, place).reduce((sum, [, columns]) => sum + columns, 0)
}

function heading (text: string, columns: number, kind: string | undefined) {
  if (text === '') return <td colSpan={columns} />
  return columns > 1 ? <th scope='colgroup' class='group' colSpan={columns}>{text}</th> : <th scope='col' class={kind}>{text}</th>
}
