import { readFileSync } from 'node:fs'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { parse, YAMLError } from 'yaml'
import { ConfigError } from '../config.js'
import { codeOf } from '../database/errors.js'
import type { RepeaterSettings } from './settings.js'

const text = Type.String({ minLength: 1 })

const entry = Type.Object({
  name: Type.Optional(text),
  key_prefix: Type.Optional(Type.String({ pattern: '^!?[0-9A-Fa-f]{6,64}$' })),
  password: Type.Optional(Type.String({ maxLength: 64 })),
  display_name: Type.Optional(text),
  hardware: Type.Optional(text),
  battery: Type.Optional(Type.Object({
    chemistry: Type.Enum(['liion', 'lipo', 'lifepo4']),
    cells: Type.Integer({ minimum: 1, maximum: 99, default: 1 }),
  }, { additionalProperties: false })),
  telemetry: Type.Optional(Type.Boolean()),
  neighbours: Type.Optional(Type.Boolean()),
}, { additionalProperties: false })

const mostRepeaters = 200

/** What holds for a repeater that does not say otherwise. */
export interface Defaults { telemetry: boolean, neighbours: boolean }

/**
 * REPEATERS: a YAML list, or the name of a file with one. Throws a ConfigError that names every mistake and never shows a password.
 */
export function readRepeaters (value: string, defaults: Defaults): RepeaterSettings[] {
  const isList = /^\s*(\[|-\s)/.test(value)
  const source = isList ? 'REPEATERS' : `REPEATERS: ${value}`
  const list = parseYaml(isList ? value : readFile(value), source)
  if (!Array.isArray(list)) throw new ConfigError([`${source}: must be a list, each with a name or a key_prefix (see repeaters.example.yaml)`])
  if (list.length > mostRepeaters) throw new ConfigError([`${source}: holds ${list.length} repeaters, ${mostRepeaters} at most`])
  const problems = list.flatMap((item: unknown, i) => problemsOf(item).map((problem) => `${source}: repeater ${i + 1}${nameOf(item)}: ${problem}`))
  const names = list.map((item: unknown) => nameOf(item)).filter((name) => name !== '')
  for (const name of new Set(names.filter((name, i) => names.indexOf(name) !== i))) problems.push(`${source}:${name} is there twice`)
  if (problems.length > 0) throw new ConfigError(problems)
  return (list as Static<typeof entry>[]).map((item) => toSettings(item, defaults))
}

function toSettings ({ name, key_prefix: prefix, password = '', display_name: displayName, hardware, battery, telemetry, neighbours }: Static<typeof entry>, defaults: Defaults): RepeaterSettings {
  return {
    ...(name !== undefined && { name }),
    ...(prefix !== undefined && { keyPrefix: normalisePrefix(prefix) }),
    password,
    ...(displayName !== undefined && { displayName }),
    ...(hardware !== undefined && { hardware }),
    ...(battery !== undefined && { battery: { chemistry: battery.chemistry, cells: battery.cells ?? 1 } }),
    telemetry: telemetry ?? defaults.telemetry,
    neighbours: neighbours ?? defaults.neighbours,
  }
}

/** `!A1B2C3` -> `a1b2c3`. */
export function normalisePrefix (prefix: string): string {
  return prefix.replace(/^!/, '').toLowerCase()
}

function problemsOf (item: unknown): string[] {
  const withDefaults: unknown = Value.Default(entry, item)
  // Of a field that is not known there are two errors: a "boolean" one of its own beside that of the object.
  const problems = Value.Errors(entry, withDefaults).filter(({ keyword }) => keyword !== 'boolean').map(({ instancePath, keyword, message, params }) => {
    const field = instancePath.slice(1).replaceAll('/', '.')
    if (keyword === 'additionalProperties') return `has ${(params as { additionalProperties: string[] }).additionalProperties.join(', ')}, which nothing reads`
    if (keyword === 'type' && (params as { type: unknown }).type === 'string') return `${field} must be a text: in quotes, where it looks like a number`
    if (field === 'key_prefix' && keyword === 'pattern') return 'key_prefix must be 6 to 64 hexadecimal digits; in quotes where they are all digits'
    return `${field === '' ? '' : `${field} `}${message}`
  })
  const isNamed = typeof item === 'object' && item !== null && ('name' in item || 'key_prefix' in item)
  return problems.length > 0 || isNamed ? problems : ['has neither name nor key_prefix']
}

function nameOf (item: unknown): string {
  if (typeof item !== 'object' || item === null) return ''
  if ('name' in item) return typeof item.name === 'string' ? ` (${item.name})` : ''
  return 'key_prefix' in item && typeof item.key_prefix === 'string' ? ` (${normalisePrefix(item.key_prefix)})` : ''
}

function readFile (path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const isMissing = ['ENOENT', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(codeOf(error) ?? '')
    // What is no path may hold a password.
    const shown = /^[\w./~ -]{1,200}$/.test(path) ? `${path} is` : 'is'
    throw new ConfigError([isMissing
      ? `REPEATERS: ${shown} neither a YAML list, such as [{ name: Hill, password: guest }], nor the path of a file that holds one`
      : `REPEATERS: ${path} can't be read: ${(error as Error).message}`])
  }
}

function parseYaml (yaml: string, source: string): unknown {
  try {
    return parse(yaml)
  } catch (error) {
    // The message of a YAMLError shows the lines around, with what they hold.
    const place = error instanceof YAMLError && error.linePos ? ` at line ${error.linePos[0].line}, column ${error.linePos[0].col}` : ''
    throw new ConfigError([`${source}: is not YAML${place}`])
  }
}
