import type { LppReading, Neighbour, RepeaterStats, Stats } from './frames/types.js'
import { hexOf } from './node-names.js'

/** Readings by the firmware's names, in the firmware's units. */
export type Readings = Record<string, number>

/**
 * Without what the receiver has not measured yet, which reads 0 after a start (meshcore.md 4.2, point 17): the noise for some seconds, strength
 * and SNR until a packet is heard, which may be the very request.
 */
function measured (readings: Readings): Readings {
  const { noise_floor: noiseDbm, last_rssi: rssiDbm, last_snr: snrDb } = readings
  const unknown = [...(noiseDbm === 0 ? ['noise_floor'] : []), ...(rssiDbm === 0 && snrDb === 0 ? ['last_rssi', 'last_snr'] : [])]
  return Object.fromEntries(Object.entries(readings).filter(([name]) => !unknown.includes(name)))
}

const numbersOf = (values: object): Readings => Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => Number.isFinite(entry[1])))

export const companionReadings = (stats: Stats): Readings => measured(numbersOf(stats))

export const repeaterReadings = (stats: RepeaterStats): Readings => measured(numbersOf(stats))

/**
 * `telemetry.<type>.<channel>`, or `telemetry.<type>.<channel>.<part>` for values of several parts. The second value of one type and
 * channel, which firmware 1.15 sends, is `telemetry.<type>.<channel>.2`.
 */
export function telemetryReadings (values: LppReading[]): Readings {
  const seen = new Map<string, number>()
  const nameOf = (text: string): string => text.toLowerCase().replaceAll(' ', '_')
  return Object.fromEntries(values.flatMap(({ name, channel, value }) => {
    const plain = `telemetry.${nameOf(name)}.${channel}`
    const count = (seen.get(plain) ?? 0) + 1
    seen.set(plain, count)
    const full = count === 1 ? plain : `${plain}.${count}`
    const parts = typeof value === 'number' ? { '': value } : value
    return Object.entries(parts).filter(([, number]) => Number.isFinite(number)).map(([part, number]) => [part === '' ? full : `${full}.${nameOf(part)}`, number] as const)
  }))
}

/** As `info.neighbours`. */
export function neighbourList (neighbours: Neighbour[]): { prefix: string, snr_db: number, seen_s: number }[] {
  return neighbours.map(({ prefix, snrDb, agoS }) => ({ prefix: hexOf(prefix), snr_db: snrDb, seen_s: agoS }))
}
