import t from 'tap'
import { Type } from 'typebox'
import type { Rule } from '../../../src/rules/rule.js'
import { common } from '../../../src/rules/settings/common.js'
import { readRuleSettings } from '../../../src/rules/settings/read.js'
import { activeRules, defaultSettings, engineSettings, RuleSettingsError } from '../../../src/rules/settings/settings.js'
import { formatExample, formatRuleSettings } from '../../../src/rules/settings/write.js'

function madeUpRule (name: string, numbers: Parameters<typeof Type.Object>[0]): Rule {
  return {
    name, category: 'network', scope: 'path', judgesBy: 'time', absence: 'closes',
    settings: Type.Object({ ...common({ close_after_s: 900, close_rows: 3 }), ...numbers }, { additionalProperties: false }),
    judge: () => ({ answers: [], memory: null }),
  }
}

const rules = [
  madeUpRule('jitter_burst', {
    open_ms: Type.Number({ default: 30, minimum: 1, maximum: 10_000, description: 'Opens above (ms)' }),
    clear_ms: Type.Number({ default: 24, minimum: 1, maximum: 10_000, description: 'Clears at (ms)' }),
    run: Type.Integer({ default: 3, minimum: 1, maximum: 100, description: 'Windows in a row' }),
  }),
  madeUpRule('battery_low', {
    open_pct: Type.Number({ default: 20, minimum: 0, maximum: 100, description: 'Opens below' }),
    clear_pct: Type.Number({ default: 30, minimum: 0, maximum: 100, description: 'Clears at' }),
    critical_pct: Type.Number({ default: 10, minimum: 0, maximum: 100, description: 'Critical below' }),
  }),
]

const read = (text: string | null) => readRuleSettings(text, 'rules.yaml', { rules })

function problemsOf (text: string): string[] {
  try {
    read(text)
    return []
  } catch (error) {
    if (!(error instanceof RuleSettingsError)) throw error
    const [, ...lines] = error.message.split('\n')
    return lines.map((line) => line.trim())
  }
}

t.test('without a file the defaults are in force', async (t) => {
  const settings = read(null)
  t.same(settings, defaultSettings(rules))
  t.match(settings, { engine: { fold_wait_s: 90, no_data_close_h: 24 }, rules: { jitter_burst: { enabled: true, close_after_s: 900, open_ms: 30 } } })
  t.same(read(''), settings, 'an empty file says nothing')
  t.same(read('# a comment\njitter_burst:\n'), settings, 'nor does an empty section')
})

t.test('a file changes what it names', async (t) => {
  const settings = read('engine:\n  fold_wait_s: 30\njitter_burst:\n  open_ms: 40.5\n  enabled: false\n')
  t.match(settings, { engine: { fold_wait_s: 30, stale_after_s: 1800 }, rules: { jitter_burst: { open_ms: 40.5, clear_ms: 24, enabled: false }, battery_low: { open_pct: 20 } } })
  t.same(activeRules(settings, rules).map(({ rule }) => rule.name), ['battery_low'], 'a rule that is switched off is not active')
  t.same(activeRules(read(null), rules).map(({ rule, settings }) => [rule.name, settings.close_rows]), [['jitter_burst', 3], ['battery_low', 3]])
})

t.test('the engine takes the general ones and the rules that are on', async (t) => {
  const settings = engineSettings(read('engine:\n  fold_wait_s: 30\nbattery_low:\n  enabled: false\n'), rules)
  t.match(settings, { general: { fold_wait_s: 30, stale_after_s: 1800 } })
  t.same(settings.rules.map(({ rule }) => rule.name), ['jitter_burst'])
})

t.test('on a base, the text changes only what it names', async (t) => {
  const base = read('jitter_burst:\n  open_ms: 50\n  run: 5\n')
  const settings = readRuleSettings('{"jitter_burst": {"open_ms": 60}}', 'rules', { rules, base })
  t.match(settings.rules['jitter_burst'], { open_ms: 60, run: 5 })
})

t.test('every problem is named at once, with line, column and key', async (t) => {
  t.same(problemsOf(`engine:
  fold_wait: 90
jitter_burst:
  open_ms: "30"
  run: 2.5
  closeafter_s: 1
  enabled: yes
  clear_ms:
jitterburst:
  open_ms: 1
battery_low: 3
battery_low_radio: {}
`), [
    'rules.yaml:2:3: engine.fold_wait: there is no such setting; did you mean "fold_wait_s"?',
    'rules.yaml:4:3: jitter_burst.open_ms: must be a number from 1 to 10000, not "30"',
    'rules.yaml:5:3: jitter_burst.run: must be a whole number from 1 to 100, not 2.5',
    'rules.yaml:6:3: jitter_burst.closeafter_s: there is no such setting; did you mean "close_after_s"?',
    'rules.yaml:7:3: jitter_burst.enabled: must be true or false, not "yes"',
    'rules.yaml:8:3: jitter_burst.clear_ms: must be a number from 1 to 10000, not empty',
    'rules.yaml:9:1: jitterburst: there is no such rule; did you mean "jitter_burst"?',
    'rules.yaml:11:1: battery_low: must be followed by "key: value" lines, each indented',
    'rules.yaml:12:1: battery_low_radio: there is no such rule',
  ])
  t.same(problemsOf('jitter_burst:\n  run: 100\n'), [], 'the end of a range is in it')
  t.same(problemsOf('jitter_burst:\n  run: 101\n'), ['rules.yaml:2:3: jitter_burst.run: must be a whole number from 1 to 100, not 101'])
})

t.test('what is no YAML or no rules file is refused with its line', async (t) => {
  t.match(problemsOf('jitter_burst:\n  open_ms: [1\n')[0], /^rules\.yaml:\d:\d+: /)
  t.match(problemsOf('jitter_burst:\n  run: 3\njitter_burst:\n  run: 4\n'), [/^rules\.yaml:3:1: .*unique/])
  t.match(problemsOf('- jitter_burst\n'), [/^rules\.yaml:1:1: the file must hold sections/])
  t.match(problemsOf('a: &a [x, x]\nb: &b [*a, *a]\n---\nc: 1\n')[0], /^rules\.yaml:3:1: /)
})

t.test('thresholds must not stand the wrong way round', async (t) => {
  t.same(problemsOf('jitter_burst:\n  run: 3\n  open_ms: 20\n'), ['rules.yaml:3:3: jitter_burst.clear_ms: must not be above open_ms (20), not 24'])
  t.same(problemsOf('jitter_burst:\n  clear_ms: 30\n'), [], 'equal is the least distance')
  t.same(problemsOf('battery_low:\n  clear_pct: 15\n'), ['rules.yaml:2:3: battery_low.clear_pct: must not be below open_pct (20), not 15'])
  t.same(problemsOf('battery_low:\n  critical_pct: 25\n'), ['rules.yaml:2:3: battery_low.open_pct: must not be below critical_pct (25), not 20'])
})

t.test('what is printed can be read again', async (t) => {
  const settings = read('engine:\n  fold_wait_s: 30\nbattery_low:\n  open_pct: 22.5\n')
  t.same(read(formatRuleSettings(settings, rules)), settings)
})

t.test('the example changes nothing until a line is uncommented', async (t) => {
  const example = formatExample(rules)
  t.same(read(example), defaultSettings(rules))
  t.same(read(example.replaceAll(/^ {2}# (?=[a-z_]+: )/gm, '  ')), defaultSettings(rules), 'and then shows the defaults')
  t.equal(read(example.replace('# open_ms: 30', 'open_ms: 35')).rules['jitter_burst']?.['open_ms'], 35)
})
