import t from 'tap'
import { findImpact, findRoutes, impactOf, type ImpactRow } from '../../src/incidents/impact.js'
import type { Scope } from '../../src/incidents/subject.js'
import { digests } from '../../src/rules/digests.js'
import { createTestDatabase } from '../support/database.js'
import { storePaths } from '../support/measured.js'

const at0 = Date.parse('2026-11-01T12:00:00Z')
const minuteMs = 60_000
const { pool } = await createTestDatabase(t)

await storePaths(pool, [
  { src: 'a', dst: 'd', atMs: at0, route: ['a', 'b', 'c', 'd'] },
  { src: 'a', dst: 'd', atMs: at0 - minuteMs, route: ['a', 'b', 'c', 'd'] },
  { src: 'a', dst: 'd', atMs: at0 - 30 * minuteMs, route: ['a', 'x', 'd'] },
  { src: 'd', dst: 'b', atMs: at0 - 50 * minuteMs, route: ['d', 'c', 'b'] },
  { src: 'b', dst: 'y', atMs: at0, route: ['b', 'd', 'c', 'y'] },
  { src: 'b', dst: 'z', atMs: at0, route: ['unknown'] },
  { src: 'old', dst: 'd', atMs: at0 - 61 * minuteMs, route: ['old', 'b', 'c', 'd'] },
])
for (const { table, fill } of digests) {
  if (table !== 'path_route') continue
  const { text, values } = fill(at0 - 120 * minuteMs, at0 + minuteMs, { bad_jitter_ms: 30, bad_loss_pct: 2, bad_status_loss_pct: 20, min_etx: 1.25 })
  await pool.query(text, values)
}

async function impacts (subjects: Scope[], paths = 50) {
  const found = findImpact(subjects, at0, { spanMs: 60 * minuteMs, paths })
  if (found === null) return impactOf(subjects, [])
  return impactOf(subjects, (await pool.query<ImpactRow>(found.text, found.values)).rows)
}

const link = (a: string, b: string): Scope => ({ type: 'link', a, b, medium: 'rf' })

t.test('paths of the last hour that run through a link in either direction, or through a node', async (t) => {
  t.same(await impacts([link('b', 'c'), { type: 'node', node: 'b' }, link('b', 'd'), link('a', 'c')]), [
    { routes: 2, nodes: ['a', 'b', 'd'], paths: ['a>d', 'd>b'] },
    { routes: 4, nodes: ['a', 'b', 'd', 'y', 'z'], paths: ['a>d', 'b>y', 'b>z', 'd>b'] },
    { routes: 1, nodes: ['b', 'y'], paths: ['b>y'] },
    { routes: 0, nodes: [], paths: [] },
  ])
})

t.test('a path hits itself, the collector nobody; neither needs a look', async (t) => {
  const subjects: Scope[] = [{ type: 'path', src: 'q', dst: 'r' }, { type: 'collector' }]
  t.equal(findImpact(subjects, at0, { spanMs: 1, paths: 50 }), null)
  t.same(await impacts(subjects), [{ routes: 1, nodes: ['q', 'r'], paths: ['q>r'] }, { routes: 0, nodes: [], paths: [] }])
})

t.test('the number is of all paths, the list has no more than asked for', async (t) => {
  t.same(await impacts([{ type: 'node', node: 'b' }], 1), [{ routes: 4, nodes: ['a', 'd'], paths: ['a>d'] }])
})

t.test('the routes of a path, newest first', async (t) => {
  const { text, values } = findRoutes([{ src: 'a', dst: 'd' }, { src: 'b', dst: 'z' }], at0, 60 * minuteMs)
  t.same((await pool.query(text, values)).rows, [{ src: 'a', dst: 'd', route: ['a', 'b', 'c', 'd'] }, { src: 'a', dst: 'd', route: ['a', 'x', 'd'] }])
})
