import type { Pool } from 'pg'
import { describeMetric } from '../../radio/metrics.js'
import { binCharge, binCounters, binGauges, type RadioIdentity } from '../queries/radios.js'
import type { BinRow } from '../queries/series.js'
import type { Range } from './range.js'

/** Readings as they are shown: scaled, counters per minute, the charge computed. */
export async function binRadio (db: Pool, radio: RadioIdentity, range: Range, metrics: string[]): Promise<BinRow[]> {
  const counters = metrics.filter((name) => describeMetric(name).counterBits !== undefined)
  const gauges = await binGauges(db, radio.id, range, metrics.filter((name) => !counters.includes(name)))
  const rates = await binCounters(db, radio.id, range, counters)
  const charge = metrics.includes('bat_pct') ? await binCharge(db, radio, range) : []
  return [...gauges.map(scale), ...rates, ...charge]
}

/** Readings as they are stored, counters too; the charge, which is not stored, computed. */
export async function binRadioRaw (db: Pool, radio: RadioIdentity, range: Range, metrics: string[]): Promise<BinRow[]> {
  const charge = metrics.includes('bat_pct') ? await binCharge(db, radio, range) : []
  return [...await binGauges(db, radio.id, range, metrics), ...charge]
}

function scale ({ metric, time, mean, min, max }: BinRow): BinRow {
  const { divisor } = describeMetric(metric)
  return { metric, time, mean: mean / divisor, min: min / divisor, max: max / divisor }
}
