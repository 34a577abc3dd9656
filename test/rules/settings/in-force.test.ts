import t from 'tap'
import { Type } from 'typebox'
import type { Rule } from '../../../src/rules/rule.js'
import { common } from '../../../src/rules/settings/common.js'
import { describeSettings } from '../../../src/rules/settings/in-force.js'
import { readRuleSettings } from '../../../src/rules/settings/read.js'

const settings = Type.Object({ ...common({ close_after_s: 900, close_rows: 3 }), open_ms: Type.Number({ default: 30, description: 'Jitter above this (ms)' }) }, { additionalProperties: false })
const rule: Rule = { name: 'jitter_burst', category: 'network', scope: 'path', judgesBy: 'time', absence: 'closes', settings, judge: () => ({ answers: [], memory: null }) }

t.test('settings in force stand beside their defaults and what they mean', async (t) => {
  const read = readRuleSettings('engine:\n  fold_wait_s: 10\njitter_burst:\n  enabled: false\n  open_ms: 40\n', 'f', { rules: [rule] })
  const { engine, rules: [described, ...others] } = describeSettings(read, [rule])
  t.match(engine['fold_wait_s'], { value: 10, default: 90, description: /waits/ })
  t.same(others, [])
  t.match(described, { name: 'jitter_burst', category: 'network', scope: 'path', enabled: false })
  t.same(described?.settings['open_ms'], { value: 40, default: 30, description: 'Jitter above this (ms)' })
  t.match(described?.settings['close_rows'], { value: 3, default: 3 })
})

t.test('without a file the defaults are in force', async (t) => {
  const { rules: [described] } = describeSettings(readRuleSettings(null, '', { rules: [rule] }), [rule])
  t.match(described, { enabled: true, settings: { open_ms: { value: 30 } } })
})
