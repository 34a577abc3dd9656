import type { TObject, TSchema } from 'typebox'
import type { Scope } from '../../incidents/subject.js'
import { rules as allRules } from '../all.js'
import type { Category, Rule } from '../rule.js'
import { general } from './general.js'
import { defaultSettings, type RuleSettings } from './settings.js'

/** A setting for people to read: its value, what it would be without a rules file, what it is. */
export interface SettingInForce { value: unknown, default: unknown, description: string }

export interface RuleInForce { name: string, category: Category, scope: Scope['type'], enabled: boolean, settings: Record<string, SettingInForce> }

/** What `GET /rules` shows of the settings, rules in judging order. */
export function describeSettings (settings: RuleSettings, rules: readonly Rule[] = allRules): { engine: Record<string, SettingInForce>, rules: RuleInForce[] } {
  const defaults = defaultSettings(rules)
  return {
    engine: describeSection(general, settings.engine, defaults.engine),
    rules: rules.flatMap(({ name, category, scope, settings: schema }) => {
      const [own, usual] = [settings.rules[name], defaults.rules[name]]
      return own && usual ? [{ name, category, scope, enabled: own.enabled, settings: describeSection(schema, own, usual) }] : []
    }),
  }
}

function describeSection (schema: TObject, values: Record<string, unknown>, defaults: Record<string, unknown>): Record<string, SettingInForce> {
  return Object.fromEntries(Object.entries(schema.properties).map(([key, property]) => [key, { value: values[key], default: defaults[key], description: descriptionOf(property) }]))
}

function descriptionOf (schema: TSchema): string {
  const { description }: { description?: string } = schema
  return description ?? ''
}
