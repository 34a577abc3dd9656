import t from 'tap'
import { describeLinkChart, describeNodeChart, describePathChart, describeRadioChart, isRadioChart, listRadioCharts } from '../../src/charts/catalogue.js'
import { conversionTo, formatValue } from '../../src/charts/units.js'
import { freeRange, windowRange } from '../../src/charts/windows.js'

const repeater = { kind: 'repeater', battery: null }

t.test('the charts of a companion and a repeater, in the order of meshcore-stats', async (t) => {
  const shown = (kind: string, present: string[] = []) => listRadioCharts({ kind, battery: null }, present).map(({ group, metric, label, unit }) => [group, metric, label, unit])
  t.same(shown('companion'), [
    ['Power', 'battery_mv', 'Battery Voltage', 'V'], ['Power', 'bat_pct', 'Charge Level', '%'], ['Network', 'contacts', 'Known Contacts', ''],
    ['Network', 'uptime_secs', 'System Uptime', 'd'], ['Packet Traffic', 'recv', 'Total Packets Received', '/min'], ['Packet Traffic', 'sent', 'Total Packets Sent', '/min'],
  ])
  t.same(shown('repeater').map(([, metric]) => metric), [
    'bat', 'bat_pct', 'last_rssi', 'last_snr', 'noise_floor', 'nb_recv', 'nb_sent', 'recv_flood', 'sent_flood', 'recv_direct', 'sent_direct', 'recv_errors',
    'airtime', 'rx_airtime', 'flood_dups', 'direct_dups', 'tx_queue_len', 'uptime',
  ])
  t.same(shown('repeater', ['bat', 'telemetry.temperature.10', 'telemetry.temperature.2', 'telemetry.gps.1.latitude', 'telemetry.voltage.1', 'telemetry.humidity.2', 'telemetry.gyrometer.3.gyr_x']).slice(18), [
    ['Telemetry', 'telemetry.gyrometer.3.gyr_x', 'Gyrometer Gyr X (CH3)', '°/s'], ['Telemetry', 'telemetry.humidity.2', 'Humidity (CH2)', '%'],
    ['Telemetry', 'telemetry.temperature.2', 'Temperature (CH2)', '°C'], ['Telemetry', 'telemetry.temperature.10', 'Temperature (CH10)', '°C'],
  ])
})

t.test('a reading nobody has heard of is named as it is; other tables have the charts they have', async (t) => {
  t.match(describeRadioChart(repeater, 'constructor'), { label: 'constructor', unit: '', group: 'Other' })
  t.equal(isRadioChart('bat'), true)
  t.equal(isRadioChart('constructor'), false)
  t.match(describePathChart('rtt_ms'), { label: 'Round-Trip Time', unit: 'ms', digits: 1 })
  t.equal(describePathChart('constructor'), undefined)
  t.match(describeLinkChart('snr_db'), { unit: 'dB' })
  t.match(describeNodeChart('cpu_pct'), { span: { from: 0, to: 100 } })
})

t.test('numbers as meshcore-stats writes them', async (t) => {
  const shown = (metric: string, value: number) => formatValue(value, describeRadioChart(repeater, metric))
  t.same([shown('bat', 3.987), shown('bat_pct', 79.6), shown('last_rssi', -93.4), shown('last_snr', 7.25), shown('uptime', 12.34), shown('nb_recv', 1234.56), shown('airtime', 0.04), shown('tx_queue_len', 3)], [
    '3.99 V', '80%', '−93 dBm', '7.3 dB', '12.3d', '1,234.6/min', '0.0 s/min', '3',
  ])
  t.equal(formatValue(-0.001, { digits: 2, unit: '' }), '0.00', 'no negative nothing')
})

t.test('imperial units', async (t) => {
  const convert = (unit: string, value: number) => {
    const { unit: shown, factor, offset, digits } = conversionTo('imperial', unit)!
    return formatValue(value * factor + offset, { unit: shown, digits })
  }
  t.same([convert('°C', 21.5), convert('hPa', 1013.25), convert('m', 1000)], ['70.7 °F', '29.92 inHg', '3,281 ft'])
  t.equal(conversionTo('imperial', 'V'), undefined)
  t.equal(conversionTo('metric', '°C'), undefined)
  t.equal(conversionTo('imperial', 'constructor'), undefined)
})

t.test('windows end with the bin under way, ranges have bins that aggregates have', async (t) => {
  const nowMs = Date.UTC(2026, 5, 15, 12, 34, 56)
  t.same(windowRange('year', nowMs), { fromMs: Date.UTC(2025, 5, 16), toMs: Date.UTC(2026, 5, 16), stepS: 86_400 })
  t.same(windowRange('day', nowMs), { fromMs: Date.UTC(2026, 5, 14, 12, 36), toMs: Date.UTC(2026, 5, 15, 12, 36), stepS: 120 })
  const dayMs = 86_400_000
  t.same([0.001, 1, 2, 2.1, 31, 100, 365, 3650].map((days) => freeRange(nowMs - days * dayMs, nowMs).stepS), [1, 120, 240, 3600, 7200, 21_600, 86_400, 6 * 86_400])
})
