import { monthName, periodTitle } from './calendar.js'
import { coordinatesText, elevationText, type Place } from './place.js'
import { columnMetrics, type RadioReport, type Role, type Statistics, type Summary } from './radio-report.js'
import { centre, layTable, numberText, type Head, type TextTable } from './text-table.js'

/** The report in the manner of WeeWX, without a final newline. */
export function radioText (report: RadioReport): string {
  const { lines, width } = layTable(radioTable(report))
  const title = `${report.report_type.toUpperCase()} MESHCORE REPORT for ${periodTitle(report)}`
  return [centre(title, width).trimEnd(), '', ...headLines(report), '', ...lines].join('\n')
}

/** A row for each day of a month, for each month of a year, and one below for all. */
export function radioTable (report: RadioReport): TextTable {
  return report.report_type === 'monthly' ? monthTable(report) : yearTable(report)
}

/** What stands above each table. */
export function headLines ({ name, hardware, place, time_zone: timeZone }: { name?: string, hardware?: string, place: Place, time_zone: string }): string[] {
  const { name: placeName, lat, lon, elevation } = place
  const where = [
    ...(lat !== undefined && lon !== undefined ? [`COORDS: ${coordinatesText(lat, lon)}`] : []),
    ...(elevation ? [`ELEV: ${elevationText(elevation)}`] : []),
  ].join('    ')
  return [
    ...(name === undefined ? [] : [`NODE: ${name}`]),
    ...(placeName === undefined ? [] : [`NAME: ${placeName}`]),
    ...(where === '' ? [] : [where]),
    ...(hardware === undefined ? [] : [`HARDWARE: ${hardware}`]),
    `TIMES: ${timeZone}`,
  ]
}

const volts = (millivolts: number | undefined) => numberText(millivolts === undefined ? undefined : millivolts / 1000, 2)
const whole = (value: number | undefined) => numberText(value, 0)
const counted = (value: number | undefined) => numberText(value, 0, true)
const dayOf = (time: string | undefined) => time?.slice(8, 10) ?? '--'
const clockOf = (time: string | undefined) => time?.slice(11, 16) ?? '--:--'
/** Begins where the times above it do. */
const dayBelowTimes = (time: string | undefined) => dayOf(time).padEnd(5)
const monthOf = (time: string | undefined) => time === undefined ? '---' : monthName(Number(time.slice(5, 7))).slice(0, 3)

function monthTable ({ role, daily, summary }: Extract<RadioReport, { report_type: 'monthly' }>): TextTable {
  const row = (day: string, metrics: Summary, time: (time: string | undefined) => string) => [day, ...batteryCells(metrics, role, time), ...trafficCells(metrics, role, true)]
  const rows = daily.map(({ date, metrics }) => row(String(Number(date.slice(8))), metrics, clockOf))
  const foot = row('', summary, dayBelowTimes)
  const groups: Head[] = [['', 1], ['BATTERY (V)', 6]]
  const names: Head[] = [['', 1], ['MEAN', 2], ['MIN', 2], ['MAX', 2]]
  const units: Head[] = single(['DAY', 'VOLT', '%', 'VOLT', 'TIME', 'VOLT', 'TIME'])
  if (role === 'companion') {
    return { widths: [3, 5, 3, 5, 5, 5, 5, 8, 7, 6], heads: [[...groups, ['', 1], ['PACKETS', 2]], [...names, ...single(['CONTACTS', 'RX', 'TX'])], [...units, ['', 3]]], rows, foot }
  }
  return {
    widths: [3, 5, 3, 5, 5, 5, 5, 5, 4, 5, 7, 6, 5],
    heads: [
      [...groups, ['SIGNAL', 3], ['PACKETS', 2], ['AIR', 1]],
      [...names, ...single(['RSSI', 'SNR', 'NOISE', 'RX', 'TX', 'SECS'])],
      [...units, ...single(['dBm', 'dB', 'dBm']), ['', 3]],
    ],
    rows,
    foot,
  }
}

function yearTable ({ role, monthly, summary }: Extract<RadioReport, { report_type: 'yearly' }>): TextTable {
  const row = (head: string[], metrics: Summary, time: (time: string | undefined) => string) => {
    const [mean = '', percent = '', low = '', lowDay = '', high = '', highDay = ''] = batteryCells(metrics, role, time)
    return [...head, mean, percent, high, highDay, low, lowDay, ...trafficCells(metrics, role, false)]
  }
  const battery = ['YR', 'MO', 'VOLT', '%', 'HIGH', 'DAY', 'LOW', 'DAY']
  const isRepeater = role === 'repeater'
  return {
    widths: [4, 2, 4, 2, 4, 2, 4, 2, 4, ...(isRepeater ? [4] : []), 9, 7],
    heads: [
      [['', 2], ['BATTERY', 6], ...(isRepeater ? [['SIGNAL', 2] as const] : [['', 1] as const]), ['PACKETS', 2]],
      single([...battery, ...(isRepeater ? ['RSSI', 'SNR'] : ['CNTS']), 'RX', 'TX']),
    ],
    rows: monthly.map(({ year, month, summary: metrics }) => row([String(year), String(month).padStart(2, '0')], metrics, dayOf)),
    foot: row(['', ''], summary, monthOf),
  }
}

const single = (names: string[]): Head[] => names.map((name) => [name, 1])

function batteryCells (metrics: Summary, role: Role, time: (time: string | undefined) => string): string[] {
  const battery: Statistics | undefined = metrics[columnMetrics[role].battery]
  return [volts(battery?.mean), whole(metrics['bat_pct']?.mean), volts(battery?.min), time(battery?.min_time), volts(battery?.max), time(battery?.max_time)]
}

/** What the radio heard and sent; with its noise and airtime in the tables of months. */
function trafficCells (metrics: Summary, role: Role, isMonth: boolean): string[] {
  const { received, sent } = columnMetrics[role]
  const packets = [counted(metrics[received]?.total), counted(metrics[sent]?.total)]
  if (role === 'companion') return [whole(metrics['contacts']?.mean), ...packets]
  const signal = [whole(metrics['last_rssi']?.mean), numberText(metrics['last_snr']?.mean, 1)]
  return isMonth ? [...signal, whole(metrics['noise_floor']?.mean), ...packets, counted(metrics['airtime']?.total)] : [...signal, ...packets]
}
