import type { TObject, TSchema } from 'typebox'
import { nameOf } from '../../incidents/title.js'
import { rules as allRules } from '../all.js'
import type { Rule } from '../rule.js'
import { general } from './general.js'
import { defaultSettings, type RuleSettings } from './settings.js'

const head = `# Rules of the issue engine
#
# Name a copy of this file in the setting RULES_FILE, and remove the "# " in front of what you change. Every value shown is the default.
# "meshmon rules check FILE" tells what is wrong in a file, "meshmon replay --rules FILE" what it would have raised. A running
# collector reads its file again on SIGHUP; a bad file is refused, and what was in force stays.`

/** The settings as a rules file, each with a comment that says what it is. */
export function formatRuleSettings (settings: RuleSettings, rules: readonly Rule[] = allRules): string {
  return formatSections(settings, rules, '')
}

/** rules.example.yaml: every setting with its default, commented out. */
export function formatExample (rules: readonly Rule[] = allRules): string {
  return `${head}\n\n${formatSections(defaultSettings(rules), rules, '# ')}`
}

function formatSections (settings: RuleSettings, rules: readonly Rule[], mark: string): string {
  return [
    formatSection({ name: 'engine', title: 'What belongs to no rule alone', schema: general, values: settings.engine }, mark),
    ...rules.map(({ name, settings: schema }) => formatSection({ name, title: nameOf(name), schema, values: settings.rules[name]! }, mark)),
  ].join('\n')
}

interface Section { name: string, title: string, schema: TObject, values: Record<string, unknown> }

function formatSection ({ name, title, schema, values }: Section, mark: string): string {
  const lines = Object.entries(schema.properties).flatMap(([key, property]) => [`  # ${describe(property)}`, `  ${mark}${key}: ${JSON.stringify(values[key])}`])
  return `# ${title}\n${name}:\n${lines.join('\n')}\n`
}

function describe (property: TSchema): string {
  return 'description' in property ? String(property.description) : ''
}
