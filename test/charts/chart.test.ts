import fc from 'fast-check'
import t from 'tap'
import { describeLinkChart, describePathChart, describeRadioChart, type ChartMetric } from '../../src/charts/catalogue.js'
import { drawChart, type Chart } from '../../src/charts/chart.js'
import type { ChartPoint } from '../../src/charts/points.js'
import { drawSparkline } from '../../src/charts/sparkline.js'
import { chartCss } from '../../src/charts/style.js'
import { allOf, ofClass, parseSvg, pieces, type SvgElement } from '../support/svg.js'

const toMs = Date.UTC(2026, 5, 15, 12)
const hourMs = 3_600_000
const fromMs = toMs - 24 * hourMs
const minuteMs = 60_000
const etx = describeLinkChart('etx')!
const bat = describeRadioChart({ kind: 'repeater', battery: null }, 'bat')

const point = (minutes: number, mean: number, min = mean, max = mean): ChartPoint => ({ timeMs: fromMs + minutes * minuteMs, mean, min, max })

function chart (points: ChartPoint[], more: Partial<Chart> = {}): Chart {
  return { id: 'c', metric: etx, subject: 'a – b', window: 'day', timeZone: 'UTC', stepS: 120, fromMs, toMs, points, ...more }
}

const draw = (points: ChartPoint[], more: Partial<Chart> = {}) => parseSvg(drawChart(chart(points, more)))
const yRange = ({ attributes }: SvgElement) => [Number(attributes['data-y-min']), Number(attributes['data-y-max'])]
const figures = (root: SvgElement) => Object.fromEntries(allOf(root).filter(({ attributes }) => 'data-figure' in attributes).map(({ text }) => text.split(/ (.*)/).slice(0, 2)))
const axis = (root: SvgElement, which: 'x' | 'y') => allOf(root).find(({ attributes }) => attributes['data-axis'] === which)?.children ?? []
const strokes = (root: SvgElement, width: string) => ofClass(root, 'line').filter(({ attributes }) => attributes['stroke-width'] === width)

t.test('an accessible picture of its own, with everything a script needs', async (t) => {
  const root = draw([point(60, 1.5), point(75, 1.25, 1, 2), point(90, 1.5)])
  t.match(root, { name: 'svg', attributes: { width: '800', height: '280', viewBox: '0 0 800 280', role: 'img', 'aria-labelledby': 'c-title c-desc', 'data-metric': 'etx', 'data-window': 'day' } })
  const byId = new Map(allOf(root).map((element) => [element.attributes['id'], element]))
  t.equal(byId.get('c-title')?.text, 'ETX of a – b, last 24 hours')
  t.equal(byId.get('c-desc')?.text, 'From 14 Jun 2026, 12:00 to 15 Jun 2026, 12:00 UTC. Least 1.00, average 1.42, greatest 2.00, last 1.50.')
  t.same(JSON.parse(root.attributes['data-points']!), [[3600, 1.5], [4500, 1.25, 1, 2], [5400, 1.5]])
  t.equal(root.attributes['data-x-start'], '2026-06-14T12:00:00.000Z')
  t.equal(root.attributes['data-x-end'], '2026-06-15T12:00:00.000Z')
  t.equal(ofClass(root, 'band').length, 1)
  t.equal(ofClass(draw([point(60, 1.5), point(75, 1.25)]), 'band').length, 0, 'no band where each bin has one value')
  t.same(allOf(root).filter(({ name, attributes }) => name === 'script' || 'style' in attributes || Object.keys(attributes).some((key) => key.startsWith('on'))), [])
  const ids = allOf(root).flatMap(({ attributes }) => attributes['id'] ?? [])
  t.equal(new Set(ids).size, ids.length)
})

t.test('both themes in one, unless the page has the style sheet', async (t) => {
  const styles = (root: SvgElement) => root.children.filter(({ name }) => name === 'style').map(({ text }) => text)
  t.same(styles(draw([])), [chartCss])
  t.match(chartCss, /prefers-color-scheme:dark/)
  t.same(styles(draw([], { isInline: true })), [])
})

t.test('a gap breaks line, area and band; one missing reading does not', async (t) => {
  const every15 = (from: number, to: number) => Array.from({ length: (to - from) / 15 }, (_, i) => point(from + i * 15, 2, 1, 3))
  const root = draw([...every15(0, 300), ...every15(315, 600), ...every15(645, 900)])
  for (const [part, elements] of Object.entries({ line: strokes(root, '2'), area: ofClass(root, 'area'), band: ofClass(root, 'band') })) t.equal(pieces(elements[0]), 2, part)
  t.match(allOf(root).find(({ name }) => name === 'desc')?.text, '1 gap without data')
  const hourly = draw(Array.from({ length: 20 }, (_, i) => point(i * 60, i)))
  t.equal(pieces(strokes(hourly, '2')[0]), 1, 'a reading an hour is a line in bins of two minutes')
  const rare = draw([point(0, 1), point(300, 2), point(600, 1)])
  t.equal(pieces(strokes(rare, '5')[0]), 3, 'one in five hours is three dots')
  t.equal(strokes(rare, '2').length, 0)
})

t.test('figures come from the values, not from their means', async (t) => {
  t.same(figures(draw([point(60, 2, 1, 9), point(75, 4, 3, 5)])), { min: '1.00', avg: '3.00', max: '9.00', last: '4.00' })
  t.same(figures(draw([point(1425, 2), point(1439, 4)])), { min: '2.00', avg: '3.00', max: '4.00', now: '4.00' })
  t.equal(figures(draw([point(60, 2)], { now: 7 }))['now'], '7.00')
  t.same(figures(draw([point(1439, 3.9)], { metric: bat })), { min: '3.90 V', avg: '3.90 V', max: '3.90 V', now: '3.90 V' })
  t.equal(figures(draw([point(1439, 4)], { window: 'range' }))['last'], '4.00', 'a range is not the present')
})

t.test('no data: the axes and a word', async (t) => {
  for (const points of [[], [point(60, NaN)], [point(60, Infinity)], [{ timeMs: NaN, mean: 1, min: 1, max: 1 }], [point(60, 1, NaN)]]) {
    const root = draw(points, { metric: bat })
    t.match(root.text, 'No data available')
    t.equal(ofClass(root, 'line').length, 0)
    t.ok(axis(root, 'x').length >= 6 && axis(root, 'y').length >= 3)
    t.same(figures(root), {})
    t.equal(root.attributes['data-points'], '[]')
  }
  t.notMatch(draw([point(60, 1)]).text, 'No data available')
})

t.test('the value axis', async (t) => {
  const loss = describePathChart('loss_pct')!
  const cases: [string, ChartPoint[], ChartMetric, [number, number]][] = [
    ['a tenth more on either side', [point(60, 10), point(75, 20)], etx, [9, 21]],
    ['not below 0 for values above it', [point(60, 0.5), point(75, 20)], etx, [0, 21.95]],
    ['negative values', [point(60, -100), point(75, -90)], etx, [-101, -89]],
    ['across 0', [point(60, -10), point(75, 10)], etx, [-12, 12]],
    ['all equal', [point(60, 50), point(75, 50)], etx, [45, 55]],
    ['all equal and negative', [point(60, -50)], etx, [-55, -45]],
    ['all 0', [point(60, 0), point(75, 0)], etx, [0, 1]],
    ['the band counts', [point(60, 15, 10, 20)], etx, [9, 21]],
    ['one cell', [point(60, 3.9)], bat, [3, 4.2]],
    ['one cell above its end', [point(60, 3.9, 3.8, 4.3)], bat, [3, 4.3]],
    ['a pack nobody told of', [point(60, 13), point(75, 12)], bat, [11.9, 13.1]],
    ['a pack of four', [point(60, 13)], describeRadioChart({ kind: 'repeater', battery: { chemistry: 'lifepo4', cells: 4 } }, 'bat'), [12, 14.6]],
    ['percent', [point(60, 40), point(75, 41)], describeRadioChart({ kind: 'repeater', battery: null }, 'bat_pct'), [0, 100]],
    ['little loss', [point(60, 2)], loss, [0, 10]],
    ['much loss', [point(60, 40)], loss, [0, 40]],
  ]
  for (const [name, points, metric, expected] of cases) t.same(yRange(draw(points, { metric })), expected, name)
})

t.test('thresholds stand across the plot and stretch the axis, a fault is marked from its start to its end', async (t) => {
  const values = [point(60, 3), point(75, 4)]
  const thresholds = [{ value: 8, label: 'opens at' }, { value: 6, label: 'clears at' }]
  const marked = { fromMs: fromMs + 60 * minuteMs, toMs: fromMs + 120 * minuteMs, label: 'fault' }
  const root = draw(values, { thresholds, marked })
  t.same(yRange(root), [2.5, 8.5])
  const height = (value: number) => Math.round(10 * (222 - 172 * (value - 2.5) / 6)) / 10
  t.same(ofClass(root, 'threshold').map(({ attributes }) => attributes['d']), ['M91.8,50V222M121.7,50V222', `M62,${height(8)}H778`, `M62,${height(6)}H778`])
  t.same(ofClass(root, 'note').map(({ text }) => text), ['opens at 8.00', 'clears at 6.00', 'fault'])
  t.match(ofClass(root, 'marked')[0]?.attributes, { x: '91.8', width: '29.9' })
  t.match(root.text, 'Threshold: opens at 8.00. Threshold: clears at 6.00. Marked: fault, from 14 Jun 2026, 13:00 to 14 Jun 2026, 14:00.')

  const open = draw([], { thresholds, marked: { ...marked, toMs: null } })
  t.match(ofClass(open, 'marked')[0]?.attributes, { x: '91.8', width: '686.2' }, 'one that lasts reaches the end')
  t.same(ofClass(open, 'threshold').map(({ attributes }) => attributes['d'])[0], 'M91.8,50V222')
  t.match(open.text, 'not over yet')
  const around = draw(values, { marked: { ...marked, fromMs: fromMs - hourMs, toMs: toMs + hourMs } })
  t.match(ofClass(around, 'marked')[0]?.attributes, { x: '62', width: '716' })
  t.same(ofClass(around, 'threshold'), [], 'its ends lie outside')
  const past = draw(values, { marked: { ...marked, fromMs: fromMs - 2 * hourMs, toMs: fromMs - hourMs } })
  t.same([...ofClass(past, 'marked'), ...ofClass(past, 'note')], [])
  t.same([...ofClass(draw(values), 'marked'), ...ofClass(draw(values), 'threshold')], [])
})

t.test('names are text wherever they stand', async (t) => {
  const evil = '"><script>alert(1)</script>&amp;\'\u0000\ud800'
  const source = drawChart(chart([point(60, 1)], { subject: evil, metric: { ...etx, metric: evil, label: evil, unit: evil }, thresholds: [{ value: 1, label: evil }], marked: { fromMs, toMs: null, label: evil } }))
  t.notMatch(source, /<script/)
  const root = parseSvg(source)
  t.equal(root.attributes['data-metric'], '"><script>alert(1)</script>&amp;\'\ufffd\ufffd')
  t.match(root.children[0]?.text, '"><script>alert(1)</script>&amp;\'')
  const spark = drawSparkline({ ...chart([point(60, 1)]), subject: evil })
  t.notMatch(spark, /<script/)
  t.match(parseSvg(spark).text, '<script>')
  t.match(draw([], { subject: 'x'.repeat(200) }).text, `${'x'.repeat(59)}…`, 'shortened where there is no room')
})

t.test('a sparkline is small, has text and breaks at gaps', async (t) => {
  const points = Array.from({ length: 48 }, (_, i) => point(i * 30 + (i > 20 ? 120 : 0), i % 7, 0, 9)).filter(({ timeMs }) => timeMs < toMs)
  const source = drawSparkline({ ...chart(points), stepS: 1800 })
  const root = parseSvg(source)
  t.ok(source.length < 700, `${source.length} bytes`)
  t.equal(root.children[0]?.text, 'ETX of a – b: 0.00 to 9.00')
  t.equal(pieces(ofClass(root, 'line')[0]), 2)
  const empty = parseSvg(drawSparkline(chart([])))
  t.match(empty.text, 'no data')
  t.equal(ofClass(empty, 'line').length, 0)
})

t.test('whatever the values: well-formed, within the picture, without NaN', async (t) => {
  const value = fc.oneof(fc.double(), fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e-300))
  const points = fc.array(fc.record({ minutes: fc.integer({ min: -5, max: 1500 }), mean: value, min: value, max: value }), { maxLength: 40 })
  const subject = fc.oneof(fc.string(), fc.string({ unit: 'binary' }))
  fc.assert(fc.property(points, subject, fc.constantFrom('UTC', 'Asia/Kathmandu'), (values, name, timeZone) => {
    const sorted = values.sort((a, b) => a.minutes - b.minutes).map(({ minutes, mean, min, max }) => point(minutes, mean, min, max))
    for (const metric of [etx, bat]) {
      const root = draw(sorted, { subject: name, timeZone, metric })
      for (const { attributes } of allOf(root)) {
        const { d = '', x = '0', y = '0' } = attributes
        if (/NaN|Infinity|undefined/.test(`${d} ${x} ${y}`)) throw new Error(`${d} ${x} ${y}`)
      }
    }
  }), { numRuns: 200 })
  t.pass('held')
})
