import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../../src/paths.js'
import { rules } from '../../../src/rules/all.js'
import { readRuleSettings } from '../../../src/rules/settings/read.js'
import { defaultSettings } from '../../../src/rules/settings/settings.js'
import { formatExample } from '../../../src/rules/settings/write.js'

const example = readFileSync(join(packageRoot, 'rules.example.yaml'), 'utf8')
const uncommented = example.replaceAll(/^ {2}# (?=[a-z_0-9]+: )/gm, '  ')

t.equal(example, formatExample(), 'it is what the rules say of themselves; "npm run rules:example" writes it anew')
t.same(readRuleSettings(example, 'rules.example.yaml'), defaultSettings(), 'as shipped it changes nothing')
t.same(readRuleSettings(uncommented, 'rules.example.yaml'), defaultSettings(), 'the values shown are the defaults')

t.test('every number of every rule is there, with a description', async (t) => {
  for (const { name, settings } of rules) {
    for (const [key, schema] of Object.entries(settings.properties)) {
      t.ok('description' in schema && uncommented.includes(`# ${String(schema.description)}\n  ${key}: `), `${name}.${key}`)
    }
  }
})

t.test('a changed value is read from a copy of it', async (t) => {
  t.equal(readRuleSettings(example.replace('# fold_wait_s: 90', 'fold_wait_s: 10'), 'copy').engine.fold_wait_s, 10)
})
