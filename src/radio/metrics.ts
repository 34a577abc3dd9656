/** How a reading of a MeshCore radio is shown. Source: the chart list of meshcore-stats. */
export interface RadioMetric {
  /** Unit as stored. */
  storedUnit: string
  /** Unit as shown; a counter's is per minute. */
  unit: string
  /** Shown = stored / divisor. */
  divisor: number
  /** Width of the firmware's counter; undefined for a gauge. */
  counterBits?: 16 | 32
}

const gauge = (unit: string): RadioMetric => ({ storedUnit: unit, unit, divisor: 1 })
const scaled = (storedUnit: string, unit: string, divisor: number): RadioMetric => ({ storedUnit, unit, divisor })
const counter = (counterBits: 16 | 32, storedUnit = ''): RadioMetric => ({ storedUnit, unit: `${storedUnit}/min`, divisor: 1, counterBits })

const known: Readonly<Record<string, RadioMetric>> = {
  battery_mv: scaled('mV', 'V', 1000),
  bat: scaled('mV', 'V', 1000),
  bat_pct: gauge('%'),
  uptime_secs: scaled('s', 'd', 86_400),
  uptime: scaled('s', 'd', 86_400),
  contacts: gauge(''),
  last_rssi: gauge('dBm'),
  last_snr: gauge('dB'),
  noise_floor: gauge('dBm'),
  tx_queue_len: gauge(''),
  queue_len: gauge(''),
  clock_drift_s: gauge('s'),
  recv: counter(32),
  sent: counter(32),
  flood_tx: counter(32),
  direct_tx: counter(32),
  flood_rx: counter(32),
  direct_rx: counter(32),
  tx_air_secs: counter(32, 's'),
  rx_air_secs: counter(32, 's'),
  nb_recv: counter(32),
  nb_sent: counter(32),
  airtime: counter(32, 's'),
  rx_airtime: counter(32, 's'),
  flood_dups: counter(16),
  direct_dups: counter(16),
  sent_flood: counter(32),
  recv_flood: counter(32),
  sent_direct: counter(32),
  recv_direct: counter(32),
  recv_errors: counter(32),
}

/** Of sensors, by Cayenne LPP type as frames/lpp.ts names it: `telemetry.<type>.<channel>`. */
const telemetryUnits: Readonly<Record<string, string>> = {
  accelerometer: 'g',
  altitude: 'm',
  barometer: 'hPa',
  concentration: 'ppm',
  current: 'A',
  direction: '°',
  distance: 'm',
  energy: 'kWh',
  frequency: 'Hz',
  gyrometer: '°/s',
  humidity: '%',
  illuminance: 'lx',
  percentage: '%',
  power: 'W',
  temperature: '°C',
  voltage: 'V',
}

/** Readings that hold the battery's millivolts, from which bat_pct is computed. */
export const batteryMetrics = ['battery_mv', 'bat']

/** Readings that hold the seconds since the radio started: they tell a counter's reset from its wrap. */
export const uptimeMetrics = ['uptime_secs', 'uptime']

/** A reading not listed (fields of tomorrow's firmware) is a gauge without a unit. */
export function describeMetric (name: string): RadioMetric {
  if (Object.hasOwn(known, name)) return known[name]!
  const [prefix, type = ''] = name.split('.')
  return gauge(prefix === 'telemetry' && Object.hasOwn(telemetryUnits, type) ? telemetryUnits[type]! : '')
}
