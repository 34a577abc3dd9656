import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/paths.js'
import { createTestDatabase } from '../support/database.js'
import { formatSpan, parseSeries, parseSpan } from '../support/scenario-notation.js'
import { readScenarios } from '../support/scenario.js'
import { playScenario } from '../support/scenario-run.js'

// All scenarios of all rules, on the embedded database: minutes where the machine is busy.
t.setTimeout(600_000)

t.test('the notation of scenarios', async (t) => {
  t.same(['90s', '5m', '1h30m', '7d', '0:01:30', '-600s', 2, '1.5'].map(parseSpan).map((ms) => ms / 1000), [90, 300, 5400, 604_800, 90, -600, 120, 90])
  for (const text of ['', 'soon', '5 m', '5m later', '1:30']) t.throws(() => parseSpan(text), /no time/, text)
  t.same(parseSeries('40x3 _ ~ Ax2 0.5'), [40, 40, 40, undefined, null, 'A', 'A', 0.5])
  t.same([90_000, 90_061_000, -61_000].map(formatSpan), ['0:01:30', '25:01:01', '-0:01:01'])
})

const folder = join(packageRoot, 'test', 'rules')
const wanted = process.env['SCENARIOS']?.split(',')
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && (wanted?.includes(basename(name, '.yaml')) ?? true))
const { pool } = await createTestDatabase(t)

for (const file of files) {
  await t.test(file, async (t) => {
    for (const scenario of readScenarios(join(folder, file))) {
      const { expected, seen, rows } = await playScenario(pool, scenario)
      t.equal(seen.join('\n'), expected.join('\n'), scenario.name, { rows })
    }
  })
}
