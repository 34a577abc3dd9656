import { dayBefore, daysOf, spanOf, type Month, type Period } from '../../reports/calendar.js'
import { placeOf } from '../../reports/place.js'
import { monthReport, summariseMonth, summariseYear, yearReport, type RadioHead, type RadioReport } from '../../reports/radio-report.js'
import { readBattery } from '../queries/radios.js'
import { listReportRadios, readRadioMonth, type ReportRadio } from '../queries/report-radio.js'
import { readRadioYear } from '../queries/report-radio-year.js'
import { clockOf, type ReportSources } from './sources.js'

/** The report of a radio over a month or a year; undefined where it has no readings then, or there is no such radio. */
export async function makeRadioReport (sources: ReportSources, node: string, period: Period): Promise<RadioReport | undefined> {
  const [radio] = await listReportRadios(sources.db, node)
  if (radio === undefined) return undefined
  const { year, month } = period
  if (month !== undefined) {
    const read = await readMonth(sources, radio, { year, month })
    return read && monthReport(headOf(sources, radio), read)
  }
  return await readYear(sources, radio, year)
}

/** Of aggregates: a year of a companion is three million readings. */
async function readYear (sources: ReportSources, radio: ReportRadio, year: number): Promise<RadioReport | undefined> {
  const clock = clockOf(sources)
  const days = daysOf({ year }, clock)
  const { fromMs, toMs } = spanOf({ year }, clock)
  const nowMs = sources.now()
  if (fromMs > nowMs) return undefined
  const resolution = fromMs > nowMs - sources.settings.hourlyKeptS * 1000 ? 'hourly' : 'daily'
  const rows = await readRadioYear(sources.db, {
    radio,
    battery: readBattery(radio.battery),
    midnights: [dayBefore(fromMs, clock), fromMs, ...days.map((day) => day.toMs)],
    months: [...days.filter(({ day }) => day === 1).map((day) => day.fromMs), toMs],
    resolution,
  })
  const months = summariseYear(year, rows, { role: radio.kind, clock })
  return months.length === 0 ? undefined : yearReport(headOf(sources, radio), { year, resolution }, months)
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
