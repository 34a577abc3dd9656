import t from 'tap'
import { wallClock } from '../../src/charts/wall-clock.js'
import { daysOf } from '../../src/reports/calendar.js'
import { reportJson } from '../../src/reports/json.js'
import { monthReport, summariseMonth, yearReport, type CounterRow, type GaugeRow, type RadioHead, type Role } from '../../src/reports/radio-report.js'
import { radioText } from '../../src/reports/radio-text.js'

const clock = wallClock('Europe/Amsterdam')
const hourly2024 = { year: 2024, resolution: 'hourly' } as const
const january = { year: 2024, month: 1 }
const place = { name: 'Utrecht, NL', lat: 52.36722, lon: 4.90389, elevation: { value: 3, unit: 'm' as const } }
const head = (role: Role, more: Partial<RadioHead> = {}): RadioHead => ({ node: 'rep', role, name: 'My Repeater', place, time_zone: 'Europe/Amsterdam', ...more })

const gauge = (part: number, metric: string, mean: number, more: Partial<GaugeRow> = {}): GaugeRow => ({
  metric, part, count: 96, mean, min: mean, min_time: '2024-01-01T05:12:00Z', max: mean, max_time: '2024-01-01T13:30:00Z', ...more,
})
const counter = (part: number, metric: string, total: number | null, more: Partial<CounterRow> = {}): CounterRow => ({ metric, part, count: 96, total, reboot_count: 0, ...more })
const month = (role: Role, gauges: GaugeRow[], counters: CounterRow[] = []) => {
  const summary = summariseMonth(january, { gauges, counters }, { days: daysOf(january, clock), role, clock })
  if (summary === null) throw new Error('no data')
  return summary
}

const repeaterRows = [
  gauge(0, 'bat', 3980, { min: 3920, max: 4080 }), gauge(0, 'bat_pct', 80), gauge(0, 'last_rssi', -87), gauge(0, 'last_snr', 8.2), gauge(0, 'noise_floor', -114),
]
const repeaterCounters = [counter(0, 'nb_recv', 12_345), counter(0, 'nb_sent', 2345), counter(0, 'airtime', 345)]

t.test('the sample of a repeater\'s month, with headings above their columns', async (t) => {
  t.equal(radioText(monthReport(head('repeater'), month('repeater', repeaterRows, repeaterCounters))), [
    '                       MONTHLY MESHCORE REPORT for January 2024',
    '',
    'NODE: My Repeater',
    'NAME: Utrecht, NL',
    'COORDS: 52°22\'02"N  004°54\'14"E    ELEV: 3 meters',
    'TIMES: Europe/Amsterdam',
    '',
    '                  BATTERY (V)                      SIGNAL            PACKETS        AIR',
    '        MEAN         MIN           MAX        RSSI   SNR  NOISE       RX      TX   SECS',
    'DAY   VOLT    %   VOLT   TIME   VOLT   TIME    dBm    dB    dBm',
    '---------------------------------------------------------------------------------------',
    '  1   3.98   80   3.92  06:12   4.08  14:30    -87   8.2   -114   12,345   2,345    345',
    '---------------------------------------------------------------------------------------',
    '      3.98   80   3.92  01      4.08  01       -87   8.2   -114   12,345   2,345    345',
  ].join('\n'))
})

t.test('the sample of a companion\'s month', async (t) => {
  const gauges = [gauge(0, 'battery_mv', 3980, { min: 3920, max: 4080 }), gauge(0, 'bat_pct', 80), gauge(0, 'contacts', 42)]
  const text = radioText(monthReport(head('companion', { place: {}, hardware: 'Heltec V3' }), month('companion', gauges, [counter(0, 'recv', 12_345), counter(0, 'sent', 2345)])))
  t.equal(text, [
    '               MONTHLY MESHCORE REPORT for January 2024',
    '',
    'NODE: My Repeater',
    'HARDWARE: Heltec V3',
    'TIMES: Europe/Amsterdam',
    '',
    '                  BATTERY (V)                              PACKETS',
    '        MEAN         MIN           MAX       CONTACTS       RX      TX',
    'DAY   VOLT    %   VOLT   TIME   VOLT   TIME',
    '----------------------------------------------------------------------',
    '  1   3.98   80   3.92  06:12   4.08  14:30        42   12,345   2,345',
    '----------------------------------------------------------------------',
    '      3.98   80   3.92  01      4.08  01           42   12,345   2,345',
  ].join('\n'))
})

t.test('the sample of a year; means are rounded', async (t) => {
  const rows = [...repeaterRows.filter(({ metric }) => metric !== 'bat_pct' && metric !== 'last_rssi'), gauge(0, 'bat_pct', 79.6), gauge(0, 'last_rssi', -87.5001)]
  const year = yearReport(head('repeater', { place: {} }), hourly2024, [month('repeater', rows, repeaterCounters)])
  t.equal(radioText(year), [
    '                    YEARLY MESHCORE REPORT for 2024',
    '',
    'NODE: My Repeater',
    'TIMES: Europe/Amsterdam',
    '',
    '                     BATTERY                SIGNAL         PACKETS',
    '  YR  MO  VOLT   %  HIGH  DAY   LOW  DAY  RSSI   SNR         RX       TX',
    '------------------------------------------------------------------------',
    '2024  01  3.98  80  4.08   01  3.92   01   -88   8.2     12,345    2,345',
    '------------------------------------------------------------------------',
    '          3.98  80  4.08  Jan  3.92  Jan   -88   8.2     12,345    2,345',
  ].join('\n'))
})

t.test('what is missing, and what is wider than usual', async (t) => {
  const lines = radioText(monthReport(head('repeater'), month('repeater', [gauge(1, 'last_snr', -0.01)], [counter(1, 'nb_recv', 1_234_567), counter(1, 'nb_sent', null)]))).split('\n')
  t.match(lines, [/MONTHLY/])
  const [names = '', , rule = '', row = '', , foot = ''] = lines.slice(-6)
  t.equal(row, '  2    -     -     -    --:--    -    --:--    -     0.0    -    1,234,567    -       -')
  t.equal(foot, '       -     -     -    --       -    --       -     0.0    -    1,234,567    -       -')
  t.equal(names.indexOf('RX') + 2, row.indexOf('1,234,567') + 9, 'the heading moved with its column')
  t.equal(rule.length, names.length, 'and the rule is as wide as the table')
  t.match(radioText(yearReport(head('companion'), hourly2024, [month('companion', [gauge(1, 'contacts', 5)])])), /- {4}--- {3}- {4}--- {5}5 {6}- {9}-$/)
})

t.test('a month is made of its days, a year of its months, as meshcore-stats does it', async (t) => {
  const gauges = [
    gauge(0, 'bat', 4000, { count: 1, min: 3900, max: 4100 }),
    gauge(2, 'bat', 3700, { count: 3, min: 3600, min_time: '2024-01-03T04:00:00Z', max: 4100, max_time: '2024-01-03T12:00:00Z' }),
  ]
  const counters = [counter(0, 'nb_recv', null, { count: 1 }), counter(2, 'nb_recv', 50, { count: 3, reboot_count: 1 })]
  const { summary, days_with_data: days, daily } = month('repeater', gauges, counters)
  t.equal(days, 2)
  t.same(daily.map(({ date, snapshot_count: count }) => [date, count]), [['2024-01-01', 1], ['2024-01-03', 3]])
  t.same(summary, {
    bat: { count: 4, unit: 'mV', mean: 3775, min: 3600, min_time: '2024-01-03T05:00:00+01:00', max: 4100, max_time: '2024-01-01T14:30:00+01:00' },
    nb_recv: { count: 4, unit: 'packets', total: 50, reboot_count: 1 },
  }, 'means weigh by count; of two equal ends the first counts')
  t.same(daily[0]?.metrics['nb_recv'], { count: 1, unit: 'packets' }, 'one reading alone has no total')
  const year = yearReport(head('repeater'), hourly2024, [{ ...january, days_with_data: 2, summary }, { year: 2024, month: 3, days_with_data: 1, summary: { bat: { count: 4, unit: 'mV', mean: 3800, min: 3500, min_time: 'x', max: 3900, max_time: 'y' } } }])
  t.match(year.summary, { bat: { count: 8, mean: 3787.5, min: 3500, max: 4100 }, nb_recv: { total: 50, reboot_count: 1 } })
  t.equal(year.months_with_data, 2)
  t.equal(summariseMonth(january, { gauges: [], counters: [] }, { days: daysOf(january, clock), role: 'repeater', clock }), null)
})

t.test('JSON as meshcore-stats writes it: four decimals, keys only where there is something, times with offset', async (t) => {
  const report = monthReport(head('repeater'), month('repeater', [gauge(0, 'last_snr', 1 / 3)], [counter(0, 'airtime', 10), counter(0, 'nb_recv', 4)]))
  const parsed = JSON.parse(reportJson(report)) as { summary: unknown, daily: unknown }
  const summary = {
    last_snr: { count: 96, unit: 'dB', mean: 0.3333, min: 0.3333, min_time: '2024-01-01T06:12:00+01:00', max: 0.3333, max_time: '2024-01-01T14:30:00+01:00' },
    nb_recv: { count: 96, unit: 'packets', total: 4 },
    airtime: { count: 96, unit: 's', total: 10 },
  }
  t.match(parsed, { report_type: 'monthly', year: 2024, month: 1, role: 'repeater', days_with_data: 1, node: 'rep', time_zone: 'Europe/Amsterdam' })
  t.same(parsed.summary, summary)
  t.same(parsed.daily, [{ date: '2024-01-01', snapshot_count: 96, metrics: summary }])
})
