import { dayBefore, daysOf, type Period } from '../../reports/calendar.js'
import { elapsedDays, meshReport, type MeshReport } from '../../reports/mesh-report.js'
import { placeOf } from '../../reports/place.js'
import { readMesh } from '../queries/report-mesh.js'
import { clockOf, type ReportSources } from './sources.js'

/** The report of the mesh over a month or a year; undefined where nothing was measured then and nothing happened. */
export async function makeMeshReport (sources: ReportSources, period: Period): Promise<MeshReport | undefined> {
  const { db, now, settings } = sources
  const clock = clockOf(sources)
  const days = daysOf(period, clock)
  const [nowMs, fromMs] = [now(), days[0]?.fromMs ?? 0]
  if (fromMs > nowMs) return undefined
  const isShort = period.month !== undefined && fromMs > nowMs - settings.hourlyKeptS * 1000
  const resolution = isShort ? 'hourly' : 'daily'
  const midnights = [dayBefore(fromMs, clock), fromMs, ...days.map(({ toMs }) => toMs)]
  const rows = await readMesh(db, { resolution, midnights, elapsed: elapsedDays(days, nowMs), nowMs })
  if (rows.paths.length === 0 && rows.links.length === 0 && rows.incidents.length === 0) return undefined
  return meshReport({ period, place: placeOf(settings.place), time_zone: settings.timeZone, resolution }, rows, { days, nowMs, clock })
}
