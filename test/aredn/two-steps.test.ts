import t from 'tap'
import { replay } from '../../src/rules/replay.js'
import { defaultSettings } from '../../src/rules/settings/settings.js'
import { makeWorld } from '../support/aredn-mesh.js'
import { stepsUntilOpen, walkWorld } from '../support/aredn-walk.js'
import { startTestCollector } from '../support/collector.js'

const stepMs = 300_000
const fromMs = Date.UTC(2026, 5, 1, 6)
const spanMs = 3 * 3_600_000

t.test('a link that degrades opens its issue within two steps of the walk, and no other link does', async (t) => {
  const { url, pool } = await startTestCollector(t, { ENGINE_INTERVAL_S: '300' })
  const world = makeWorld({ nodes: 40, oldShare: 0.2, from: fromMs, faults: ['rf_drop:auto@80m+40m', 'rf_drop:auto@97m+40m', 'rf_drop:auto@112m+40m'] })
  const { messages, figures } = await walkWorld(world, { fromMs, spanMs, stepMs })
  t.match(figures, { known: 40, reachable: 40 })
  const answer = await fetch(new URL('/ingest', url), { method: 'POST', body: JSON.stringify(messages) })
  t.match(await answer.json(), { received: messages.length, stored: messages.length, rejected: [] })

  const { incidents } = await replay(pool, { fromMs, toMs: fromMs + spanMs, settings: defaultSettings() })
  const drops = stepsUntilOpen(world, incidents, { rule: 'rf_quality_drop', stepMs })
  t.equal(drops.length, 3)
  for (const { subject, steps } of drops) t.ok(steps !== null && steps <= 2, `${subject}: after ${steps} steps`)
  t.equal(incidents.filter(({ kind }) => kind === 'rf_quality_drop').length, 3)
})
