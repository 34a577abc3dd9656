import { group } from 'd3-array'
import { listRadioCharts, type ChartMetric } from '../../charts/catalogue.js'
import type { ChartTarget, ChartWindow } from '../../dashboard/href.js'
import type { RadioChart, RadioDocument } from '../../dashboard/pages/radio.js'
import type { RadioFacts, RadioState } from '../../dashboard/parts/radio-facts.js'
import type { Site } from '../../places/sites.js'
import { wallClock } from '../../charts/wall-clock.js'
import { monthAt, type Month } from '../../reports/calendar.js'
import { placeOf } from '../../reports/place.js'
import { reportMetrics } from '../../reports/radio-report.js'
import { squareOf } from '../../topology/geo.js'
import { readPlaceNames } from '../queries/places.js'
import { findRadio, listRadios, readBattery } from '../queries/radios.js'
import { listReportRadios, type ReportRadio } from '../queries/report-radio.js'
import type { ReportSettings } from '../reports/sources.js'
import type { RadioBody } from '../schemas/radios.js'
import { makeChart } from '../series/chart.js'
import { radioSource, type ChartSources } from '../series/sources.js'
import type { ChartLook } from './issue.js'

/** What is said of radios that do not tell it. */
type Settings = Pick<ReportSettings, 'place' | 'hardware'>

const mostRadios = 1000
/** As in meshcore-stats: how old the newest reading may be. */
const [onlineMs, staleMs] = [1800_000, 7200_000]

/** Every radio, companions first, then by name. */
export async function readRadios ({ db, now }: ChartSources, settings: Settings): Promise<RadioFacts[]> {
  const { rows } = await listRadios(db, { limit: mostRadios }, now())
  const places = new Map((await listReportRadios(db, null)).map((radio) => [radio.id, radio]))
  return rows.map((radio) => describe(radio, places.get(radio.id), settings, now()))
    .sort((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name, 'en', { numeric: true }))
}

/** Undefined where there is no radio of this name. */
export async function readRadio (charts: ChartSources, { node, window }: { node: string, window: ChartWindow }, look: ChartLook & Settings & { sites: readonly Site[] }): Promise<RadioDocument | undefined> {
  const { db, now } = charts
  const radio = await findRadio(db, node, now())
  if (radio === undefined) return undefined
  const all = await listReportRadios(db, null)
  const metrics = listRadioCharts({ kind: radio.kind, battery: radio.battery && readBattery(radio.battery) }, Object.keys(radio.readings))
  const drawn = await Promise.all(metrics.map(async (metric) => ({ group: metric.group, chart: await draw(charts, { node: radio.id, metric, window }, look) })))
  const byGroup = group(drawn.flatMap((one) => one.chart === undefined ? [] : [{ group: one.group, chart: one.chart }]), (one) => one.group)
  const siteOf = await readPlaceNames(db, look.sites, now())
  return {
    site: siteOf(radio),
    radio: describe(radio, all.find(({ id }) => id === radio.id), look, now()),
    window,
    timeZone: look.timeZone,
    month: monthOfReport(radio, look.timeZone),
    all: all.map((one) => ({ id: one.id, name: displayName(one), kind: one.kind })),
    groups: [...byGroup].map(([title, members]) => ({ title, charts: members.map(({ chart }) => chart) })),
  }
}

async function draw (charts: ChartSources, { node, metric: { metric }, window }: { node: string, metric: ChartMetric, window: ChartWindow }, { timeZone, units }: ChartLook): Promise<RadioChart | undefined> {
  const source = await radioSource(charts, { node, metric })
  const made = source && await makeChart(source, { window, timeZone, units, nowMs: charts.now(), isInline: true })
  const target: ChartTarget = { to: 'chart', kind: 'radios', of: [node], metric, window }
  return made && { chart: made.chart, svg: made.svg, target }
}

function describe (radio: RadioBody, known: ReportRadio | undefined, { place, hardware }: Settings, nowMs: number): RadioFacts {
  const { info } = radio
  const modulation = objectOf(info?.['radio'])
  const newest = newestOf(radio, Object.keys(radio.readings))
  const stands = placeOf(place, known)
  return {
    id: radio.id,
    name: displayName(radio),
    kind: radio.kind,
    publicKey: radio.public_key,
    state: stateAt(newest, nowMs),
    observedAt: newest ?? null,
    readings: Object.fromEntries(Object.entries(radio.readings).flatMap(([metric, { value }]) => value === null ? [] : [[metric, value]])),
    place: stands,
    gridSquare: textOf(info?.['grid_square']) ?? (stands.lat === undefined || stands.lon === undefined ? null : squareOf({ lat: stands.lat, lon: stands.lon })),
    hardware: radio.model ?? textOf(info?.['hardware']) ?? hardware[radio.kind] ?? null,
    connection: textOf(info?.['connection']) ?? null,
    radio: {
      frequencyMhz: numberOf(modulation['frequency_mhz']), bandwidthKhz: numberOf(modulation['bandwidth_khz']),
      spreadingFactor: numberOf(modulation['spreading_factor']), codingRate: numberOf(modulation['coding_rate']),
    },
  }
}

/** When the newest of these was read. */
function newestOf ({ readings }: RadioBody, metrics: readonly string[]): string | undefined {
  return metrics.flatMap((metric) => readings[metric]?.time ?? []).sort().at(-1)
}

/** The month of the newest reading that reports show. */
function monthOfReport (radio: RadioBody, timeZone: string): Month | null {
  const newest = newestOf(radio, reportMetrics[radio.kind])
  return newest === undefined ? null : monthAt(Date.parse(newest), wallClock(timeZone))
}

function stateAt (newest: string | undefined, nowMs: number): RadioState {
  if (newest === undefined) return 'none'
  const ageMs = nowMs - Date.parse(newest)
  return ageMs < onlineMs ? 'online' : ageMs < staleMs ? 'stale' : 'offline'
}

function displayName ({ id, info }: { id: string, info: Record<string, unknown> | null }): string {
  return textOf(info?.['display_name']) ?? id
}

const textOf = (value: unknown): string | undefined => typeof value === 'string' && value !== '' ? value : undefined
const numberOf = (value: unknown): number | null => typeof value === 'number' ? value : null

function objectOf (value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
