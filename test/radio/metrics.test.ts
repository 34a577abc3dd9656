import t from 'tap'
import { describeMetric } from '../../src/radio/metrics.js'

t.test('what only grows is a counter, of a companion as of a repeater', async (t) => {
  const counters = ['recv', 'sent', 'flood_tx', 'direct_tx', 'flood_rx', 'direct_rx', 'recv_errors', 'nb_recv', 'nb_sent', 'sent_flood', 'sent_direct', 'recv_flood', 'recv_direct']
  for (const name of counters) t.match(describeMetric(name), { counterBits: 32, unit: '/min', storedUnit: '' }, name)
  for (const name of ['tx_air_secs', 'rx_air_secs', 'airtime', 'rx_airtime']) t.match(describeMetric(name), { counterBits: 32, unit: 's/min', storedUnit: 's' }, name)
  for (const name of ['flood_dups', 'direct_dups']) t.match(describeMetric(name), { counterBits: 16 }, name)
})

t.test('gauges, flags and fields of tomorrow\'s firmware are none', async (t) => {
  const units = { battery_mv: 'V', uptime_secs: 'd', noise_floor: 'dBm', last_snr: 'dB', contacts: '', queue_len: '', errors: '', full_evts: '', clock_drift_s: 's', neighbours: '', constructor: '' }
  for (const [name, unit] of Object.entries(units)) t.match(describeMetric(name), { unit, counterBits: undefined }, name)
  t.match(describeMetric('telemetry.temperature.2'), { unit: '°C' })
})
