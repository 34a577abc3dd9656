import t from 'tap'
import { wallClock } from '../../src/charts/wall-clock.js'
import { daysOf } from '../../src/reports/calendar.js'
import { joinDirections, type LinkRow } from '../../src/reports/mesh-links.js'
import { elapsedDays, meshReport, type MeshRows, type PathRow } from '../../src/reports/mesh-report.js'
import { meshText, spanOf } from '../../src/reports/mesh-text.js'

const clock = wallClock('UTC')
const period = { year: 2026, month: 4 }
const days = daysOf(period, clock)
const [april, may] = [Date.UTC(2026, 3, 1), Date.UTC(2026, 4, 1)]
const path = (more: Partial<PathRow> = {}): PathRow => ({ src: 'a', dst: 'b', windows: 3000, loss_pct: 0, rtt_ms: 10, first_day: -1, first_share: 1, available: 30, ...more })
const none: MeshRows = { paths: [], pathDays: [], nodes: [], links: [], incidents: [], incidentDays: [], crashes: [] }
const report = (rows: Partial<MeshRows>, nowMs = may) => meshReport({ period, place: { name: 'Utrecht' }, time_zone: 'UTC', resolution: 'hourly' }, { ...none, ...rows }, { days, nowMs, clock })
const node = (name: string, more = {}) => ({ node: name, kind: 'router', first_seen: '2026-01-01T00:00:00Z', retired_at: null, silent_s: 0, ...more })

t.test('a path counts from its first window to its end', async (t) => {
  const availability = (row: Partial<PathRow>, rows: Partial<MeshRows> = {}, nowMs = may) => report({ paths: [path(row)], ...rows }, nowMs).paths[0]?.availability_pct
  t.equal(availability({}), 100)
  t.equal(availability({ available: 15 }), 50, 'half of its days came back')
  t.equal(availability({ first_day: 19, first_share: 0.5, available: 10.5 }), 100, 'new on the 20th at noon')
  t.equal(availability({ available: 9.5 }, {}, Date.UTC(2026, 3, 10, 12)), 100, 'the month is not over')
  t.equal(availability({ available: 10 }, { nodes: [node('b', { retired_at: '2026-04-11T00:00:00Z' })] }), 100, 'a node was retired after ten days')
  t.equal(availability({ available: 10 }, { nodes: [node('c', { retired_at: '2026-04-11T00:00:00Z' })] })?.toFixed(2), '33.33')
})

t.test('a node counts from when it was first heard', async (t) => {
  const { nodes, summary } = report({ nodes: [node('good'), node('bad', { silent_s: 3 * 86_400 }), node('new', { first_seen: '2026-04-30T00:00:00Z', silent_s: 43_200 }), node('later', { first_seen: '2026-05-02T00:00:00Z' })] })
  t.same(nodes.map(({ node, availability_pct: share }) => [node, share]), [['new', 50], ['bad', 90], ['good', 100]])
  t.equal(summary.nodes, 3)
  t.equal(summary.node_availability_pct?.toFixed(4), (100 * (1 - 3.5 / 61)).toFixed(4), 'weighed by time')
})

t.test('days, sums, recovery', async (t) => {
  const { daily, summary, incidents } = report({
    paths: [path({ available: 29.5 }), path({ dst: 'c', first_day: 29, available: 1 })],
    pathDays: [{ day: 0, windows: 100, loss_pct: 3, rtt_ms: 10, available: 0.5 }, { day: 29, windows: 300, loss_pct: 1, rtt_ms: null, available: 2 }],
    incidentDays: [{ day: 0, opened: 2 }],
    incidents: [
      { kind: 'loss_spike', opened: 2, consequences: 1, open_at_end: 1, duration_s: 7200, longest_s: 7000, recovered: 1, repair_s: 600 },
      { kind: 'node_silent', opened: 1, consequences: 0, open_at_end: 0, duration_s: 90_000, longest_s: 90_000, recovered: 2, repair_s: 3000 },
      { kind: 'clock_skew', opened: 0, consequences: 0, open_at_end: 1, duration_s: 1, longest_s: 1, recovered: 0, repair_s: 0 },
    ],
  })
  t.equal(daily?.length, 30)
  t.match(daily?.[0], { date: '2026-04-01', windows: 100, path_availability_pct: 50, loss_pct: 3, rtt_ms: 10, incidents: 2 })
  t.match(daily?.[1], { windows: 0, path_availability_pct: 0, loss_pct: null, rtt_ms: null, incidents: 0 })
  t.match(daily?.[29], { path_availability_pct: 100 })
  t.match(summary, { windows: 400, loss_pct: 1.5, rtt_ms: 10, incidents: 2, mttr_s: 1200, paths: 2 })
  t.same(incidents.map(({ kind, mttr_s: mttr }) => [kind, mttr]), [['node_silent', 1500], ['loss_spike', 600], ['clock_skew', null]])
})

t.test('what is not yet is not told', async (t) => {
  t.equal(report({}, Date.UTC(2026, 3, 3, 12)).daily?.length, 3)
  t.equal(report({}, Date.UTC(2026, 3, 3, 12)).to, '2026-04-03T12:00:00+00:00')
  t.same(elapsedDays(days.slice(0, 3), april + 36 * 3_600_000), [1, 0.5, 0])
  const year = meshReport({ period: { year: 2026 }, place: {}, time_zone: 'UTC', resolution: 'daily' }, none, { days: daysOf({ year: 2026 }, clock), nowMs: may - 1, clock })
  t.same(year.monthly?.map(({ month }) => month), [1, 2, 3, 4])
  t.equal(year.daily, undefined)
})

t.test('links have both their directions, seen from the end that sorts first', async (t) => {
  const way = (from: string, to: string, more: Partial<LinkRow>): LinkRow => ({ from_node: from, to_node: to, link_type: 'rf', lq: null, lq_n: 0, nlq: null, nlq_n: 0, etx: null, etx_n: 0, ...more })
  t.same(joinDirections([
    way('a', 'B', { lq: 0.8, lq_n: 1, nlq: 0.5, nlq_n: 1, etx: 2, etx_n: 1 }), way('B', 'a', { lq: 0.7, lq_n: 1, nlq: 0.6, nlq_n: 3, etx: 4, etx_n: 3 }),
    way('a', 'B', { link_type: 'tunnel', etx: 1, etx_n: 1 }), way('c', 'd', { link_type: '', lq: 0.5, lq_n: 1, nlq: 0.2, nlq_n: 1 }), way('c', 'e', { lq: 1, lq_n: 1 }),
  ]).map((link) => ({ ...link, lq: link.lq?.toFixed(2) })), [
    { a: 'c', b: 'd', medium: 'rf', etx: 10, lq: '0.50', nlq: 0.2 },
    { a: 'a', b: 'B', medium: 'rf', etx: 3.5, lq: '0.65', nlq: 0.6 },
    { a: 'a', b: 'B', medium: 'tunnel', etx: 1, lq: undefined, nlq: null },
  ])
})

t.test('as text', async (t) => {
  const text = meshText(report({
    paths: [path({ loss_pct: 1.234, available: 15 })], pathDays: [{ day: 0, windows: 3000, loss_pct: 1.234, rtt_ms: 10, available: 1 }], nodes: [node('a', { silent_s: 5400 })],
    incidents: [{ kind: 'loss_spike', opened: 2, consequences: 1, open_at_end: 1, duration_s: 7200, longest_s: 7000, recovered: 1, repair_s: 600 }],
    links: [{ from_node: 'a', to_node: 'b', link_type: 'rf', lq: 0.8, lq_n: 1, nlq: 0.5, nlq_n: 1, etx: 2, etx_n: 1 }],
  }, Date.UTC(2026, 3, 2)))
  t.equal(text, [
    '        MONTHLY MESH REPORT for April 2026',
    '',
    'NAME: Utrecht',
    'TIMES: UTC',
    'PATHS: 1    NODES: 1    NODE AVAILABILITY: 93.75 %    MTTR: 10m    CRASHES: 0',
    '',
    '                     PATHS',
    'DAY  AVAIL %  LOSS %   RTT ms      WINDOWS  ISSUES',
    '--------------------------------------------------',
    '  1   100.00    1.23     10.0        3,000       0',
    '--------------------------------------------------',
    '      100.00    1.23     10.0        3,000       0',
    '',
    '',
    'ISSUES BY KIND',
    '',
    'KIND        COUNT  FROM OTHERS  OPEN  DURATION  LONGEST  MTTR',
    '-------------------------------------------------------------',
    'loss_spike      2            1     1    2h 00m   1h 57m   10m',
    '',
    '',
    'LEAST AVAILABLE PATHS',
    '',
    'FROM  TO  AVAIL %  LOSS %  RTT ms  WINDOWS',
    '------------------------------------------',
    'a     b    100.00    1.23    10.0    3,000',
    '',
    '',
    'WORST LINKS',
    '',
    'BETWEEN  AND  MEDIUM   ETX    LQ   NLQ',
    '--------------------------------------',
    'a        b    rf      2.00  0.80  0.50',
    '',
    '',
    'LEAST AVAILABLE NODES',
    '',
    'NODE  KIND    AVAIL %  SILENT',
    '-----------------------------',
    'a     router    93.75  1h 30m',
  ].join('\n'))
  t.same([59, 3600, 86_400 * 3 + 3 * 3600, null].map(spanOf), ['1m', '1h 00m', '3d 03h', '-'])
})
