import type { ReportIndexBody } from '../../http/schemas/reports.js'
import { monthName, type YearEntry } from '../../reports/calendar.js'
import { renderPage, type View } from '../page.js'
import { reportTexts as texts } from '../texts/reports.js'

/** Which reports there are. */
export function drawReports (view: View, { mesh, radios, time_zone: timeZone }: ReportIndexBody): string {
  return renderPage(view, {
    title: texts.title,
    section: 'reports',
    children: (
      <>
        <h1>{texts.title}</h1>
        <p class='hint'>{texts.intro(timeZone)}</p>
        {mesh.length === 0 && radios.length === 0 && <p>{texts.none}</p>}
        {mesh.length > 0 && <section><h2>{texts.mesh}</h2><Years view={view} years={mesh} name={texts.mesh} /></section>}
        {radios.map(({ node, name, role, years }) => (
          <section key={node}><h2>{name} <span class='flag'>{texts.roles[role]}</span></h2><Years view={view} years={years} name={name} radio={node} /></section>
        ))}
      </>
    ),
  })
}

function Years ({ view, years, name, radio }: { view: View, years: YearEntry[], name: string, radio?: string }) {
  const address = (year: number, month?: number) => view.href({ to: 'report', year, ...(radio !== undefined && { radio }), ...(month !== undefined && { month }) })
  return (
    <div class='scroll' tabIndex={0} role='region' aria-label={name}>
      <table>
        <thead><tr><th scope='col'>{texts.year}</th><th scope='col'>{texts.months}</th></tr></thead>
        <tbody>
          {years.map(({ year, months }) => (
            <tr key={year}>
              <td><a href={address(year)}>{year}</a></td>
              <td><div class='report-links'>{months.map((month) => <a key={month} href={address(year, month)}>{monthName(month).slice(0, 3)}</a>)}</div></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
