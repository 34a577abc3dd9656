import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { Ajv } from 'ajv'
import { Type, type TObject } from 'typebox'
import { isNetwork } from './aredn/ranges.js'
import { arednSettings, type ArednConfig } from './aredn-config-schema.js'
import { isTimeZone } from './charts/wall-clock.js'
import { aliases, isSecret, settings, unreadSettings, type Config } from './config-schema.js'
import { radioSettings, type RadioConfig } from './radio-config-schema.js'
import { parseSettingsFile } from './settings-file.js'

export type { ArednConfig } from './aredn-config-schema.js'
export type { Config } from './config-schema.js'
export type { RadioConfig } from './radio-config-schema.js'

/** Bad settings, all of them: one line each, ready to print. */
export class ConfigError extends Error {
  constructor (readonly problems: string[]) {
    super(`${problems.length === 1 ? 'A setting is' : `${problems.length} settings are`} wrong:\n${problems.map((p) => `  ${p}`).join('\n')}`)
    this.name = 'ConfigError'
  }
}

export interface LoadedConfig<Settings = Config> {
  config: Settings
  /** The settings file that was read, or null. */
  file: string | null
  /** Names in that file that nothing reads: likely misspelt. */
  unknown: string[]
}

/** Whose settings are read. One file serves all programs; what is wrong for one does not stop another. */
interface Programs { collector: Config, radio: RadioConfig, aredn: ArednConfig, all: Config & RadioConfig & ArednConfig }

const schemas: Record<keyof Programs, TObject> = {
  collector: settings,
  radio: radioSettings,
  aredn: arednSettings,
  all: Type.Object({ ...settings.properties, ...radioSettings.properties, ...arednSettings.properties }),
}

type Environment = Readonly<Record<string, string | undefined>>

interface PropertySchema { type?: string, items?: unknown, format?: string, enum?: string[], errorMessage?: string, writeOnly?: boolean }
type Properties = Record<string, PropertySchema>

/**
 * Reads the settings: the file named by MESHMON_CONFIG (else meshmon.conf, else meshcore.conf in the working folder), then the
 * environment, which wins. An empty value counts as unset. Throws a ConfigError that names every bad setting.
 */
export function loadConfig<Program extends keyof Programs = 'collector'> (env: Environment = process.env, program?: Program): LoadedConfig<Programs[Program]> {
  const schema = schemas[program ?? 'collector']
  const properties = schema.properties as Properties
  const file = readSettingsFile(env.MESHMON_CONFIG)
  const given: Record<string, string> = { ...withoutEmpty(file?.values ?? {}), ...withoutEmpty(env) }
  for (const [alias, name] of Object.entries(aliases)) if (given[alias] !== undefined) given[name] ??= given[alias]

  const candidate: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(properties)) {
    const value = given[name]
    if (value !== undefined) candidate[name] = parseValue(value, property)
  }
  // Without a check of the schema itself, which takes 30 ms of every start.
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: false, validateSchema: false, formats: { bytes: true, flag: true, url: isUrl, 'time-zone': isTimeZone, network: isNetwork, proxy: isProxy } })
  const validate = ajv.compile<Programs[Program]>(schema)
  if (!validate(candidate)) {
    throw new ConfigError([...new Set((validate.errors ?? []).map(({ instancePath, keyword, message }) => {
      const name = instancePath.split('/')[1] ?? ''
      const property = properties[name] ?? {}
      return `${name}: ${describe(property, keyword) ?? message ?? 'is not valid'}, not ${property.writeOnly ? '(not shown)' : JSON.stringify(given[name])}`
    }))])
  }
  const isKnown = (name: string) => name in schemas.all.properties || name in aliases || unreadSettings.test(name)
  return {
    config: candidate,
    file: file?.path ?? null,
    unknown: Object.keys(file?.values ?? {}).filter((name) => !isKnown(name)),
  }
}

/** `NAME=value` lines of what is in force, secrets masked. */
export function printConfig (config: Programs['all']): string {
  const values = config as Record<string, unknown>
  return Object.entries(schemas.all.properties).map(([name, schema]) => {
    const value = values[name]
    if (value === undefined) return `# ${name} is not set`
    if (isSecret(schema)) return `${name}=${name.endsWith('_URL') ? withoutPassword(String(value)) : '***'}`
    return `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`
  }).join('\n')
}

/** A password may stand before the host or, as in every connection string of PostgreSQL, among the parameters. */
function withoutPassword (url: string): string {
  return url.replace(/\/\/([^:@/]*):[^@/]*@/, '//$1:***@').replace(/([?&](?:ssl)?password=)[^&]*/gi, '$1***')
}

function readSettingsFile (named: string | undefined): { path: string, values: Record<string, string> } | null {
  for (const path of named ? [named] : ['meshmon.conf', 'meshcore.conf']) {
    try {
      return { path, values: parseSettingsFile(readFileSync(path, 'utf8')) }
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      if (!missing || named) throw new ConfigError([`MESHMON_CONFIG: ${path} can't be read: ${missing ? 'there is no such file' : (error as Error).message}`])
    }
  }
  return null
}

function withoutEmpty (values: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1].trim() !== ''))
}

const byteUnits: Record<string, number> = { '': 1, b: 1, k: 1024, kb: 1024, kib: 1024, m: 1024 ** 2, mb: 1024 ** 2, mib: 1024 ** 2 }
const flags: Record<string, boolean> = { 1: true, true: true, yes: true, on: true, 0: false, false: false, no: false, off: false }

/** Text of the environment as the schema's type; left as text where it does not fit, so that validation names it. */
function parseValue (value: string, schema: PropertySchema): unknown {
  const trimmed = value.trim()
  if (schema.type === 'array') return trimmed.split(',').map((item) => item.trim()).filter((item) => item !== '')
  if (schema.format === 'bytes') {
    const match = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(trimmed)
    const unit = byteUnits[match?.[2]?.toLowerCase() ?? '?']
    return match && unit ? Math.round(Number(match[1]) * unit) : value
  }
  if (schema.format === 'flag') return flags[trimmed.toLowerCase()] ?? value
  // `:Europe/Zurich` is allowed by POSIX; a path names a file of the system, whose zone is the one taken anyway.
  if (schema.format === 'time-zone') return /^:?\//.test(trimmed) ? undefined : trimmed.replace(/^:/, '')
  if (schema.type === 'number') return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(trimmed) ? Number(trimmed) : value
  if (schema.type === 'integer') return /^[+-]?\d+$/.test(trimmed) ? Number(trimmed) : value
  return trimmed
}

/** `ntfy://` stands for HTTP, whose hosts it must have. */
function isUrl (text: string): boolean {
  return URL.canParse(text.replace(/^ntfy/, 'http'))
}

/** What proxy-addr, behind Fastify's trustProxy, takes for one. */
function isProxy (text: string): boolean {
  return isIP(text) !== 0 || isNetwork(text) || ['loopback', 'linklocal', 'uniquelocal'].includes(text)
}

/** What JSON Schema's own words do not tell an operator. */
function describe (schema: PropertySchema, keyword: string): string | undefined {
  if (schema.errorMessage) return schema.errorMessage
  if (schema.enum) return `must be one of ${schema.enum.join(', ')}`
  if (keyword !== 'type') return undefined
  if (schema.format === 'flag') return 'must be 1 or 0'
  return schema.format === 'bytes' ? 'must be a size such as 8 MiB' : 'must be a whole number'
}
