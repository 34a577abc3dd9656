import t, { type Test } from 'tap'
import { rfQualityDrop } from '../../src/rules/rf-quality-drop.js'
import type { Rule } from '../../src/rules/rule.js'
import { createTestDatabase } from '../support/database.js'
import { storeHops, type HopRow } from '../support/measured.js'
import { fillDigests, playRule, slotsBetween } from '../support/play-rule.js'

const at0 = Date.parse('2026-11-01T12:00:00Z')
const minuteMs = 60_000
const rule: Rule = rfQualityDrop
const { pool } = await createTestDatabase(t)

function scene (name: string, body: (t: Test) => Promise<void>): void {
  t.test(name, async (t) => {
    await pool.query('delete from hop_quality; delete from known_links')
    await body(t)
  })
}

/** A row every `stepS` from one minute to another, counted from at0. */
function rows (fromMin: number, toMin: number, row: Partial<HopRow>, stepS = 40): HopRow[] {
  const count = Math.floor((toMin - fromMin) * 60 / stepS)
  return Array.from({ length: count }, (_, i) => ({ atMs: at0 + fromMin * minuteMs + i * stepS * 1000, src: 'a', dst: 'b', from: 'a', to: 'b', ...row }))
}

async function play (toMin: number, { stepS = 60, batch = 1 } = {}) {
  await fillDigests(pool, at0 + toMin * minuteMs)
  return await playRule(pool, rule, slotsBetween(at0, at0 + toMin * minuteMs, stepS * 1000), batch)
}

const good = { lq: 0.95, nlq: 0.9 }
const poor = { lq: 0.6, nlq: 0.9 }

scene('opens when the mean falls, is critical at twice the etx, closes when it is back', async (t) => {
  await storeHops(pool, [...rows(-70, 5, { ...good, signal: -60, noise: -95 }), ...rows(5, 40, { ...poor, signal: -80, noise: -95 }), ...rows(40, 90, good)])
  const { changes, course } = await play(80)
  t.same(changes.map(({ from, to }) => `${from}>${to}`), ['clear>open', 'open>closing', 'closing>closed'])
  const [opened, , closed] = changes
  t.match(opened, { incident: { startedMs: at0 + 5 * minuteMs, finding: { severity: 'major' } }, scope: { type: 'link', a: 'a', b: 'b', medium: 'rf' } })
  t.match(opened?.incident?.finding.cause, /a – b is down to LQ 0\.6\d.*signal fell by 1\d dB to -7\d dBm, an antenna out of alignment.*asymmetric, a receives b worse/)
  t.match(opened?.incident?.finding.evidence, { metric: 'lq', open: 0.7, clear: 0.75, is_asymmetric: true })
  t.ok(opened!.incident!.finding.evidence.points.length > 30)
  t.match(closed?.closed, { resolution: 'recovered' })
  t.match(course[0], /^a--b clear>open at \d+$/)
  await storeHops(pool, rows(90, 100, { lq: 0.2, nlq: 0.9 }))
  t.match((await play(100)).changes.slice(3), [{ to: 'open', incident: { finding: { severity: 'major' } } }, { from: 'open', to: 'open', incident: { finding: { severity: 'critical' } } }])
})

scene('many slots to a statement judge as one at a time', async (t) => {
  await storeHops(pool, [
    ...rows(-70, 5, good), ...rows(5, 30, poor), ...rows(30, 80, good), ...rows(-70, 20, { ...good, dst: 'c', from: 'a', to: 'c', type: 'tunnel' }), ...rows(20, 75, { ...poor, dst: 'c', from: 'c', to: 'a', type: 'tunnel' }),
    ...rows(-600, 0, { ...good, dst: 'far', from: 'x', to: 'y' }, 420), ...rows(3, 70, { lq: 0.4, nlq: 0.4, dst: 'far', from: 'x', to: 'y' }, 420),
  ])
  const one = await play(75, { stepS: 60 })
  t.same(one.course.map((line) => line.replace(/ at.*/, '')), ['x--y clear>open', 'a--b clear>open', 'a--c@tunnel clear>open', 'a--b open>closing', 'a--b closing>closed'])
  t.same((await play(75, { stepS: 60, batch: 13 })).changes, one.changes)
  t.same((await play(75, { stepS: 60, batch: 200 })).changes, one.changes)
})

scene('rows of the other direction are turned before anything is averaged', async (t) => {
  // Seen from either end node a receives well and b badly: no mean of one column over both is low.
  const turned = (row: HopRow): HopRow => ({ ...row, src: 'b', dst: 'a', from: 'b', to: 'a', lq: row.nlq ?? null, nlq: row.lq ?? null, atMs: row.atMs + 20_000 })
  const bad = rows(5, 30, { lq: 0.5, nlq: 1 })
  await storeHops(pool, [...rows(-70, 5, good), ...bad, ...bad.map(turned)])
  const { changes } = await play(30)
  t.match(changes, [{ to: 'open', incident: { finding: { evidence: { is_asymmetric: true } } } }])
  t.ok(changes[0]!.incident!.finding.evidence['lq'] as number < 0.7 && changes[0]!.incident!.finding.evidence['nlq'] as number > 0.9)
  t.match(changes[0]!.incident!.finding.cause, /a receives b worse/)
})

scene('a link rarely measured is judged by its last three rows and the six before', async (t) => {
  await storeHops(pool, [...rows(-200, 0, good, 540), ...rows(7, 40, { lq: 0.5, nlq: 0.9 }, 540)])
  const { course } = await play(40)
  t.same(course, [`a--b clear>open at ${(7 + 9) * 60}`], 'of the last three two are low')
  await pool.query('delete from hop_quality')
  await storeHops(pool, [...rows(-20, 0, good, 540), ...rows(7, 40, { lq: 0.5, nlq: 0.9 }, 540)])
  t.same((await play(40)).course, [], 'two rows before are no baseline')
})

scene('a slow decline does not hide: the day before counts where it was better', async (t) => {
  await storeHops(pool, [...rows(-600, -120, good, 120), ...rows(-120, 30, { lq: 0.71, nlq: 0.9 }, 40)])
  t.same((await play(30)).course, [], 'not below the threshold')
  await storeHops(pool, rows(5, 30, { lq: 0.65, nlq: 0.9, src: 'z' }, 10))
  const { changes } = await play(30)
  t.match(changes, [{ to: 'open' }])
  t.ok(changes[0]!.incident!.finding.evidence['baseline_etx'] as number < 1.35, 'the hour before had 1.56')
})

scene('look-alikes: always poor, poor in a route\'s cost, one low row, other media', async (t) => {
  await storeHops(pool, [
    ...rows(-300, 30, poor), ...rows(-70, 0, { ...good, src: 'c', from: 'c' }), ...rows(0, 30, { ...poor, src: 'c', from: 'c', routeCost: true }),
    ...rows(-70, 10, { ...good, src: 'd', from: 'd' }), ...rows(10, 11, { lq: 0.1, nlq: 0.1, src: 'd', from: 'd' }), ...rows(11, 30, { ...good, src: 'd', from: 'd' }),
  ])
  const { course, states } = await play(30)
  t.same(course, [])
  t.same([...states.states('rf_quality_drop')].map(([subject]) => subject), ['a--b', 'b--d'], 'followed for half an hour')
  t.same([...(await play(45)).states.states('rf_quality_drop')].map(([subject]) => subject), ['a--b'], 'then forgotten')
})

scene('a link that stays poor stays open, measured by what it was', async (t) => {
  await storeHops(pool, [...rows(-70, 5, good, 60), ...rows(5, 300, poor, 60)])
  t.match((await play(300, { stepS: 300 })).course, [/clear>open/])
})
