import { drawReport } from '../dashboard/pages/report.js'
import { drawReports } from '../dashboard/pages/reports.js'
import { listReports } from '../http/reports/index.js'
import { makeMeshReport } from '../http/reports/mesh.js'
import { makeRadioReport } from '../http/reports/radio.js'
import type { ReportSources } from '../http/reports/sources.js'
import { monthAt, type Period, type YearEntry } from '../reports/calendar.js'
import { reportJson } from '../reports/json.js'
import { meshText } from '../reports/mesh-text.js'
import { radioText } from '../reports/radio-text.js'
import { clockOf } from '../http/reports/sources.js'
import { page, type Making } from './making.js'
import type { SiteFile } from './write-site.js'

/** A report that grows is made anew after this time, a finished one, which late messages alone may change, after that. */
const [growingMs, finishedMs] = [300_000, 86_400_000]

/** Each report as page, text and JSON, and the list of them. */
export async function listReportFiles (making: Making, sources: ReportSources): Promise<SiteFile[]> {
  const index = await listReports(sources)
  const now = monthAt(sources.now(), clockOf(sources))
  const isGrowing = ({ year, month }: Period) => year === now.year && (month === undefined || month === now.month)
  const filesOf = (years: YearEntry[], radio?: string) => periodsOf(years).flatMap((period) =>
    reportFiles(making, sources, { years, period, radio }).map((file) => ({ ...file, freshMs: isGrowing(period) ? growingMs : finishedMs })))
  return [
    ...filesOf(index.mesh),
    ...index.radios.flatMap(({ node, years }) => filesOf(years, node)),
    page(making, { to: 'reports' }, async (view) => drawReports(view, index)),
  ]
}

function periodsOf (years: YearEntry[]): Period[] {
  return years.flatMap(({ year, months }) => [{ year }, ...months.map((month) => ({ year, month }))])
}

function reportFiles (making: Making, sources: ReportSources, { years, period, radio }: { years: YearEntry[], period: Period, radio: string | undefined }): SiteFile[] {
  const target = { to: 'report', ...period, ...(radio !== undefined && { radio }) } as const
  const written = radio === undefined
    ? once(async () => { const report = await makeMeshReport(sources, period); return report && { report, text: meshText(report) } })
    : once(async () => { const report = await makeRadioReport(sources, radio, period); return report && { report, text: radioText(report) } })
  return [
    { path: making.places.fileOf({ ...target, file: 'txt' }), make: async () => { const made = await written(); return made === undefined ? null : `${made.text}\n` } },
    { path: making.places.fileOf({ ...target, file: 'json' }), make: async () => { const made = await written(); return made === undefined ? null : reportJson(made.report) } },
    page(making, target, async (view) => { const made = await written(); return made === undefined ? null : drawReport(view, { report: made.report, years }) }),
  ]
}

function once<T> (make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return async () => await (made ??= make())
}
