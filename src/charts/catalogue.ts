import { describeMetric } from '../radio/metrics.js'
import type { Span } from './y-domain.js'

/** What a chart shows, in the unit it is shown in. */
export interface ChartMetric {
  metric: string
  label: string
  unit: string
  /** Decimals of its values. */
  digits: number
  span?: Span
  /** Heading that it stands under on a page. */
  group: string
}

export interface ChartedRadio {
  kind: string
  /** Null: nobody said what battery it has. */
  battery: { chemistry: string, cells: number } | null
}

interface Entry { label: string, unit: string, digits?: number, span?: Span }

const percent: Span = { from: 0, to: 100 }
const ratio: Span = { from: 0, to: 1 }
/** Loss matters from 2 % on, which nobody sees on an axis to 100. */
const littleLoss: Span = { from: 0, to: 10 }

/** Decimals by unit, those of meshcore-stats where it has the unit. */
const digitsOf: Readonly<Record<string, number>> = {
  V: 2, '%': 0, dBm: 0, dB: 1, d: 1, '/min': 1, 's/min': 1, ms: 1, MB: 0, 'Mbit/s': 1, '': 0,
  '°C': 1, hPa: 1, A: 2, lx: 0, Hz: 0, m: 0, ppm: 0, W: 0, kWh: 2, '°': 0, g: 2, '°/s': 1,
}

const paths: Readonly<Record<string, Entry>> = {
  rtt_ms: { label: 'Round-Trip Time', unit: 'ms' },
  jitter_ms: { label: 'Jitter', unit: 'ms' },
  loss_pct: { label: 'Packet Loss', unit: '%', digits: 1, span: littleLoss },
}

const links: Readonly<Record<string, Entry>> = {
  lq: { label: 'Link Quality', unit: '', digits: 2, span: ratio },
  nlq: { label: 'Neighbour Link Quality', unit: '', digits: 2, span: ratio },
  etx: { label: 'ETX', unit: '', digits: 2 },
  signal_dbm: { label: 'Signal', unit: 'dBm' },
  noise_dbm: { label: 'Noise', unit: 'dBm' },
  snr_db: { label: 'Signal-to-Noise Ratio', unit: 'dB' },
  rtt_ms: { label: 'Round-Trip Time', unit: 'ms' },
  tx_bitrate_mbps: { label: 'Transmit Rate', unit: 'Mbit/s' },
  rxcost: { label: 'Receive Cost', unit: '' },
  txcost: { label: 'Transmit Cost', unit: '' },
}

const nodes: Readonly<Record<string, Entry>> = {
  cpu_pct: { label: 'CPU', unit: '%', span: percent },
  mem_mb: { label: 'Memory of the Agent', unit: 'MB' },
  free_mem_mb: { label: 'Free Memory', unit: 'MB' },
  load1: { label: 'Load', unit: '', digits: 2 },
}

const radioLabels: Readonly<Record<string, string>> = {
  battery_mv: 'Battery Voltage',
  bat: 'Battery Voltage',
  bat_pct: 'Charge Level',
  last_rssi: 'Signal Strength (RSSI)',
  last_snr: 'Signal-to-Noise Ratio',
  noise_floor: 'RF Noise Floor',
  contacts: 'Known Contacts',
  uptime_secs: 'System Uptime',
  uptime: 'System Uptime',
  tx_queue_len: 'Transmit Queue Depth',
  recv: 'Total Packets Received',
  sent: 'Total Packets Sent',
  nb_recv: 'Total Packets Received',
  nb_sent: 'Total Packets Sent',
  recv_flood: 'Flood Packets Received',
  sent_flood: 'Flood Packets Sent',
  recv_direct: 'Direct Packets Received',
  sent_direct: 'Direct Packets Sent',
  recv_errors: 'Receive Errors',
  airtime: 'Transmit Airtime',
  rx_airtime: 'Receive Airtime',
  flood_dups: 'Flood Duplicates Dropped',
  direct_dups: 'Direct Duplicates Dropped',
}

/** Groups of a radio's page and their charts, in the order of meshcore-stats. */
const radioGroups: Readonly<Record<'companion' | 'repeater', Readonly<Record<string, readonly string[]>>>> = {
  companion: {
    Power: ['battery_mv', 'bat_pct'],
    Network: ['contacts', 'uptime_secs'],
    'Packet Traffic': ['recv', 'sent'],
  },
  repeater: {
    Power: ['bat', 'bat_pct'],
    'Signal Quality': ['last_rssi', 'last_snr', 'noise_floor'],
    'Packet Traffic': ['nb_recv', 'nb_sent', 'recv_flood', 'sent_flood', 'recv_direct', 'sent_direct', 'recv_errors'],
    Airtime: ['airtime', 'rx_airtime'],
    'Duplicates & Queue': ['flood_dups', 'direct_dups', 'tx_queue_len', 'uptime'],
  },
}

/** A battery's voltage has a chart of its own, and a place is not a curve. */
const uncharted = /^telemetry\.(gps|voltage)\./
const telemetry = /^telemetry\.([^.]+)\.(\d+)(?:\.(.+))?$/

/** Charts of a radio's page in their order: those of its kind, and one for each reading of a sensor among `present`, by label. */
export function listRadioCharts (radio: ChartedRadio, present: readonly string[]): ChartMetric[] {
  const groups = radioGroups[radio.kind === 'companion' ? 'companion' : 'repeater']
  const own = Object.values(groups).flat().map((metric) => describeRadioChart(radio, metric))
  const sensors = present.filter((metric) => telemetry.test(metric) && !uncharted.test(metric)).map((metric) => describeRadioChart(radio, metric))
  return [...own, ...sensors.sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }))]
}

/** The chart of any reading of a radio; one that firmware of tomorrow sends is named as it is. */
export function describeRadioChart ({ kind, battery }: ChartedRadio, metric: string): ChartMetric {
  const { unit } = describeMetric(metric)
  const groups = radioGroups[kind === 'companion' ? 'companion' : 'repeater']
  const group = Object.keys(groups).find((name) => groups[name]?.includes(metric))
  const label = Object.hasOwn(radioLabels, metric) ? radioLabels[metric]! : labelOfSensor(metric)
  const span = unit === 'V' && group === 'Power' ? voltageSpan(battery) : unit === '%' ? percent : undefined
  return { metric, label, unit, digits: digitsOf[unit] ?? 1, ...(span && { span }), group: group ?? (telemetry.test(metric) ? 'Telemetry' : 'Other') }
}

/** Whether a chart of this name belongs to every radio, with or without readings. */
export function isRadioChart (metric: string): boolean {
  return Object.hasOwn(radioLabels, metric)
}

/** From empty to full. Lithium iron phosphate is charged with 3.65 V a cell and empty at 3.0 (docs/decisions/battery-curves.md). */
function voltageSpan (battery: ChartedRadio['battery']): Span {
  const { chemistry, cells } = battery ?? { chemistry: 'liion', cells: 1 }
  return { from: 3 * cells, to: (chemistry === 'lifepo4' ? 3.65 : 4.2) * cells, isAssumed: true }
}

/** Such as "Temperature (CH2)", or "Accelerometer Acc X (CH3)". */
function labelOfSensor (metric: string): string {
  const [, type, channel, part] = telemetry.exec(metric) ?? []
  if (type === undefined) return metric
  const words = [type, ...(part === undefined ? [] : [part])].join('_').split('_').filter((word) => word !== '')
  return `${words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join(' ')} (CH${channel})`
}

function describe (entries: Readonly<Record<string, Entry>>, group: string) {
  return (metric: string): ChartMetric | undefined => {
    const entry = Object.hasOwn(entries, metric) ? entries[metric] : undefined
    return entry && { metric, digits: digitsOf[entry.unit] ?? 1, ...entry, group }
  }
}

/** Undefined: there is no chart of this name. */
export const describePathChart = describe(paths, 'Path')
export const describeLinkChart = describe(links, 'Link')
export const describeNodeChart = describe(nodes, 'Node')
