import t, { type Test } from 'tap'
import { bottleneckLink } from '../../src/rules/bottleneck-link.js'
import type { Rule } from '../../src/rules/rule.js'
import { createTestDatabase } from '../support/database.js'
import { storeHops, storePaths } from '../support/measured.js'
import { fillDigests, playRule, slotsBetween } from '../support/play-rule.js'

const at0 = Date.parse('2026-11-01T12:00:00Z')
const minuteMs = 60_000
const rule: Rule = bottleneckLink
const { pool } = await createTestDatabase(t)

function scene (name: string, body: (t: Test) => Promise<void>): void {
  t.test(name, async (t) => {
    await pool.query('delete from path_probe; delete from hop_quality; delete from known_links')
    await body(t)
  })
}

interface Window { min: number, src?: string, dst: string, loss?: number, etx?: number, from?: string, to?: string, status?: boolean }

/** Windows whose route has the link b--c, each sent a second after the full minute it names. */
async function store (windows: Window[]): Promise<void> {
  const rows = windows.map(({ min, src = 'a', dst, loss = 10, etx = 2, from = 'b', to = 'c', status = false }) =>
    ({ atMs: at0 + min * minuteMs + 1000, src, dst, loss, etx, from, to, lq: 0.7, nlq: 0.7, routeCost: status, windowS: status ? null : 5, route: [src, from, to, dst] }))
  await storePaths(pool, rows.map(({ etx: _, from: __, to: ___, lq: ____, nlq: _____, routeCost: ______, ...row }) => row))
  await storeHops(pool, rows.map(({ atMs, src, dst, from, to, etx, lq, nlq, routeCost }) => ({ atMs, src, dst, from, to, etx, lq, nlq, routeCost })))
}

async function play (toMin: number, batch = 1) {
  await fillDigests(pool, at0 + toMin * minuteMs)
  return await playRule(pool, rule, slotsBetween(at0, at0 + toMin * minuteMs, minuteMs), batch)
}

const every = (fromMin: number, toMin: number, window: Omit<Window, 'min'>, step = 1): Window[] =>
  Array.from({ length: Math.floor((toMin - fromMin) / step) }, (_, i) => ({ min: fromMin + i * step, ...window }))

scene('opens at the fifth bad window of two paths, closes when the first of them is half an hour old; it ended with the first fine one', async (t) => {
  await store([...every(2, 5, { dst: 'd' }), ...every(5, 7, { dst: 'e', from: 'c', to: 'b' }), ...every(7, 60, { dst: 'd', loss: 0 })])
  const { changes, course } = await play(60)
  t.same(course, [`b--c clear>open at ${7 * 60}`, `b--c open>closed at ${33 * 60}`])
  t.match(changes, [
    { incident: { startedMs: at0 + 121_000, finding: { severity: 'major', evidence: { windows: 5, path_count: 2, paths: [{ path: 'a>d', windows: 3 }, { path: 'a>e', windows: 2 }] } } } },
    { closed: { endedMs: at0 + 7 * minuteMs + 1000, resolution: 'recovered' } },
  ])
  t.match(changes[0]!.incident!.finding.cause, /b – c is the worst hop of 5 bad windows of 2 paths within 30 min, at ETX 2\.00/)
  t.same((await play(60, 17)).changes, changes, 'many slots to a statement judge as one at a time')
})

scene('three paths are critical; both directions of a path are two paths', async (t) => {
  await store([...every(2, 6, { dst: 'd' }), ...every(2, 4, { dst: 'e' }), ...every(3, 5, { src: 'd', dst: 'a' })])
  t.equal((await play(10)).changes.at(-1)?.incident?.finding.severity, 'critical')
})

scene('look-alikes: one path alone, four windows, a good hop, rows of network_status', async (t) => {
  await store([
    ...every(2, 20, { dst: 'one' }), ...every(2, 4, { dst: 'd', from: 'x', to: 'y' }), ...every(4, 6, { dst: 'e', from: 'x', to: 'y' }),
    ...every(2, 20, { dst: 'f', etx: 1.2, from: 'u', to: 'v' }), ...every(2, 20, { dst: 'g', etx: 1.2, from: 'u', to: 'v' }),
    ...every(2, 20, { dst: 'h', loss: 100, status: true, from: 'k', to: 'l' }), ...every(2, 20, { dst: 'i', loss: 100, status: true, from: 'k', to: 'l' }),
  ])
  t.same((await play(30)).course, [])
  await store([{ min: 21, dst: 'two' }])
  t.match((await play(30)).course, [/^b--c clear>open/], 'with a second path it opens')
})

scene('without windows through the link nothing closes; the next ones do', async (t) => {
  await store([...every(2, 5, { dst: 'd' }), ...every(5, 7, { dst: 'e' }), ...every(100, 120, { dst: 'd', loss: 0 })])
  const { changes } = await play(110)
  t.same(changes.map(({ to, atMs }) => [to, (atMs - at0) / minuteMs]), [['open', 7], ['closed', 101]])
  t.equal(changes[1]?.closed?.endedMs, at0 + 100 * minuteMs + 1000)
})

scene('windows of a closed incident never count toward another', async (t) => {
  // Four more by then are too few, though with the old ones they would do.
  await store([...every(2, 5, { dst: 'd' }), ...every(5, 7, { dst: 'e' }), ...every(7, 80, { dst: 'x', loss: 0 }), ...every(38, 40, { dst: 'd' }), ...every(38, 40, { dst: 'e' })])
  t.same((await play(50)).course, [`b--c clear>open at ${7 * 60}`, `b--c open>closed at ${33 * 60}`])
  await store([{ min: 41, dst: 'e' }])
  t.match((await play(50)).changes[2], { to: 'open', incident: { startedMs: at0 + 38 * minuteMs + 1000 } })
})
