import type { Static, TObject, TSchema } from 'typebox'
import { rules as allRules, trackers } from '../all.js'
import type { ActiveRule, EngineSettings } from '../judge-slot.js'
import type { Rule } from '../rule.js'
import { general, type General } from './general.js'

/** What is in force: the section `engine` and one section for each rule, all numbers filled in. */
export interface RuleSettings {
  engine: General
  rules: Readonly<Record<string, ActiveRule['settings']>>
}

/** `key` as in `jitter_burst.open_ms`; empty where the file itself can't be read. Lines and columns count from 1. */
export interface SettingsProblem { line: number, column: number, key: string, message: string }

/** A rules file that can't be used: every problem of it, each with its place. */
export class RuleSettingsError extends Error {
  constructor (readonly fileName: string, readonly problems: SettingsProblem[]) {
    super(`The rules file is not used:\n${problems.map((problem) => `  ${formatProblem(fileName, problem)}`).join('\n')}`)
    this.name = 'RuleSettingsError'
  }
}

/** `rules.yaml:3:12: jitter_burst.open_ms: must be …` */
export function formatProblem (fileName: string, { line, column, key, message }: SettingsProblem): string {
  return `${fileName}:${line}:${column}: ${key === '' ? '' : `${key}: `}${message}`
}

export function defaultSettings (rules: readonly Rule[] = allRules): RuleSettings {
  return {
    engine: defaultsOf(general),
    rules: Object.fromEntries(rules.map(({ name, settings }) => [name, defaultsOf(settings) as ActiveRule['settings']])),
  }
}

/** The rules that are switched on, with their settings, in judging order; before them the trackers, which are always on. */
export function activeRules (settings: RuleSettings, rules: readonly Rule[] = allRules): ActiveRule[] {
  const tracking = trackers.flatMap((rule) => {
    const own = settings.rules[rule.settingsOf ?? rule.name]
    return own === undefined ? [] : [{ rule, settings: own }]
  })
  return [...tracking, ...rules.flatMap((rule) => {
    const own = settings.rules[rule.name]
    return own?.enabled === true ? [{ rule, settings: own }] : []
  })]
}

/** The settings as the engine takes them. */
export function engineSettings (settings: RuleSettings, rules: readonly Rule[] = allRules): EngineSettings {
  return { rules: activeRules(settings, rules), general: settings.engine }
}

/** What a section is where a rules file says nothing. */
export function defaultsOf<Schema extends TObject> (schema: Schema): Static<Schema> {
  return Object.fromEntries(Object.entries<TSchema & { default?: unknown }>(schema.properties).map(([key, property]) => [key, property.default])) as Static<Schema>
}
