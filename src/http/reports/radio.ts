import { dayBefore, daysOf, monthAt, monthsBetween, type Month, type Period } from '../../reports/calendar.js'
import { placeOf } from '../../reports/place.js'
import { monthReport, summariseMonth, yearReport, type RadioHead, type RadioReport } from '../../reports/radio-report.js'
import { readBattery } from '../queries/radios.js'
import { listReportRadios, readRadioMonth, type ReportRadio } from '../queries/report-radio.js'
import { clockOf, type ReportSources } from './sources.js'

/** The report of a radio over a month or a year; undefined where it has no readings then, or there is no such radio. */
export async function makeRadioReport (sources: ReportSources, node: string, period: Period): Promise<RadioReport | undefined> {
  const [radio] = await listReportRadios(sources.db, node)
  if (radio === undefined) return undefined
  const head = headOf(sources, radio)
  const { year, month } = period
  if (month !== undefined) {
    const read = await readMonth(sources, radio, { year, month })
    return read && monthReport(head, read)
  }
  const now = monthAt(sources.now(), clockOf(sources))
  // One after the other: a month of a companion is a quarter of a million rows.
  const months = []
  for (const one of monthsBetween({ year, month: 1 }, { year, month: year === now.year ? now.month : 12 })) {
    const read = await readMonth(sources, radio, one)
    if (read !== undefined) months.push(read)
  }
  return months.length === 0 ? undefined : yearReport(head, year, months)
}

async function readMonth (sources: ReportSources, radio: ReportRadio, month: Month) {
  const clock = clockOf(sources)
  const days = daysOf(month, clock)
  const fromMs = days[0]?.fromMs ?? 0
  if (fromMs > sources.now()) return undefined
  const midnights = [dayBefore(fromMs, clock), fromMs, ...days.map(({ toMs }) => toMs)]
  const rows = await readRadioMonth(sources.db, { radio, battery: readBattery(radio.battery), midnights })
  return summariseMonth(month, rows, { days, role: radio.kind, clock }) ?? undefined
}

/** A radio's own hardware and place; what it does not tell comes from the settings. */
function headOf ({ settings }: ReportSources, radio: ReportRadio): RadioHead {
  const { display_name: displayName, hardware: told } = radio.info ?? {}
  const hardware = radio.model ?? (typeof told === 'string' ? told : settings.hardware[radio.kind])
  return {
    node: radio.id,
    role: radio.kind,
    name: typeof displayName === 'string' ? displayName : radio.id,
    ...(hardware !== undefined && { hardware }),
    place: placeOf(settings.place, radio),
    time_zone: settings.timeZone,
  }
}
