import { byYear, monthAt, monthsBetween, spanOf, type Month, type YearEntry } from '../../reports/calendar.js'
import { findFilledSpans, findFirstReadings, listReportRadios } from '../queries/report-radio.js'
import { findFilledSpansOfMesh, findFirstOfMesh } from '../queries/report-mesh.js'
import type { ReportIndexBody } from '../schemas/reports.js'
import { clockOf, type ReportSources } from './sources.js'

/** Which reports there are. Months are those of the report's time zone; a year has a report where one of its months has. */
export async function listReports (sources: ReportSources): Promise<ReportIndexBody> {
  const radios = await listReportRadios(sources.db, null)
  const filled = await listRadioMonths(sources, radios.map(({ id }) => id))
  return {
    time_zone: sources.settings.timeZone,
    mesh: byYear(await listMeshMonths(sources)),
    radios: radios.map(({ id, kind, info }) => ({
      node: id,
      name: typeof info?.['display_name'] === 'string' ? info['display_name'] : id,
      role: kind,
      years: byYear(filled.filter(({ node }) => node === id)),
    })).filter(({ years }) => years.length > 0),
  }
}

async function listRadioMonths (sources: ReportSources, nodes: string[]): Promise<(Month & { node: string })[]> {
  const clock = clockOf(sources)
  const now = monthAt(sources.now(), clock)
  const firsts = await findFirstReadings(sources.db, nodes)
  const spans = [...firsts].flatMap(([node, time]) => monthsBetween(monthAt(Date.parse(time), clock), now).map((month) => ({ node, ...month, ...spanOf(month, clock) })))
  return await findFilledSpans(sources.db, spans)
}

async function listMeshMonths (sources: ReportSources): Promise<Month[]> {
  const clock = clockOf(sources)
  const first = await findFirstOfMesh(sources.db)
  if (first === null) return []
  const months = monthsBetween(monthAt(Date.parse(first), clock), monthAt(sources.now(), clock))
  return await findFilledSpansOfMesh(sources.db, months.map((month) => ({ ...month, ...spanOf(month, clock) })))
}

/** The reports there are of one radio, by the stored spelling of its name, or of the mesh (null). */
export async function listPeriods (sources: ReportSources, node: string | null): Promise<YearEntry[]> {
  return byYear(node === null ? await listMeshMonths(sources) : await listRadioMonths(sources, [node]))
}
