import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { Ajv } from 'ajv'
import { aliases, isSecret, settings, workerSettings, type Config } from './config-schema.js'

export type { Config } from './config-schema.js'

/** Bad settings, all of them: one line each, ready to print. */
export class ConfigError extends Error {
  constructor (readonly problems: string[]) {
    super(`${problems.length === 1 ? 'A setting is' : `${problems.length} settings are`} wrong:\n${problems.map((p) => `  ${p}`).join('\n')}`)
    this.name = 'ConfigError'
  }
}

export interface LoadedConfig {
  config: Config
  /** The settings file that was read, or null. */
  file: string | null
  /** Names in that file that nothing reads: likely misspelt. */
  unknown: string[]
}

type Environment = Readonly<Record<string, string | undefined>>

interface PropertySchema { type?: string, items?: unknown, format?: string, enum?: string[], errorMessage?: string }

const properties = settings.properties as unknown as Record<string, PropertySchema>
// Without a check of the schema itself, which takes 30 ms of every start.
const validate = new Ajv({ allErrors: true, useDefaults: true, strict: false, validateSchema: false, formats: { bytes: true, url: isUrl } }).compile<Config>(settings)

/**
 * Reads the settings: the file named by MESHMON_CONFIG (else meshmon.conf, else meshcore.conf in the working folder), then the
 * environment, which wins. An empty value counts as unset. Throws a ConfigError that names every bad setting.
 */
export function loadConfig (env: Environment = process.env): LoadedConfig {
  const file = readSettingsFile(env.MESHMON_CONFIG)
  const given: Record<string, string> = { ...withoutEmpty(file?.values ?? {}), ...withoutEmpty(env) }
  for (const [alias, name] of Object.entries(aliases)) if (given[alias] !== undefined) given[name] ??= given[alias]

  const candidate: Record<string, unknown> = {}
  for (const name of Object.keys(properties)) {
    const value = given[name]
    if (value !== undefined) candidate[name] = parseValue(value, properties[name]!)
  }
  if (!validate(candidate)) throw new ConfigError(problemsOf(given))
  const known = (name: string) => name in properties || name in aliases || workerSettings.test(name)
  return {
    config: candidate,
    file: file?.path ?? null,
    unknown: Object.keys(file?.values ?? {}).filter((name) => !known(name)),
  }
}

/** `NAME=value` lines of what is in force, secrets masked. */
export function printConfig (config: Config): string {
  const values = config as Record<string, unknown>
  return Object.entries(settings.properties).map(([name, schema]) => {
    const value = values[name]
    if (value === undefined) return `# ${name} is not set`
    if (isSecret(schema)) return `${name}=${name.endsWith('_URL') ? String(value).replace(/\/\/([^:@/]*):[^@/]*@/, '//$1:***@') : '***'}`
    return `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`
  }).join('\n')
}

function readSettingsFile (named: string | undefined): { path: string, values: Record<string, string> } | null {
  for (const path of named ? [named] : ['meshmon.conf', 'meshcore.conf']) {
    try {
      return { path, values: parseEnv(readFileSync(path, 'utf8')) as Record<string, string> }
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

/** Text of the environment as the schema's type; left as text where it does not fit, so that validation names it. */
function parseValue (value: string, schema: PropertySchema): unknown {
  const trimmed = value.trim()
  if (schema.type === 'array') return trimmed.split(',').map((item) => item.trim()).filter((item) => item !== '')
  if (schema.format === 'bytes') {
    const match = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(trimmed)
    const unit = byteUnits[match?.[2]?.toLowerCase() ?? '?']
    return match && unit ? Math.round(Number(match[1]) * unit) : value
  }
  if (schema.type === 'integer') return /^[+-]?\d+$/.test(trimmed) ? Number(trimmed) : value
  return trimmed
}

function problemsOf (given: Record<string, string>): string[] {
  const problems = (validate.errors ?? []).map((error) => {
    const name = error.instancePath.split('/')[1] ?? ''
    const schema = properties[name]
    const message = describe(schema, error.keyword) ?? error.message ?? 'is not valid'
    const shown = schema && isSecret(settings.properties[name as keyof typeof settings.properties]) ? '(not shown)' : JSON.stringify(given[name])
    return `${name}: ${message}, not ${shown}`
  })
  return [...new Set(problems)]
}

/** `ntfy://` stands for HTTP, whose hosts it must have. */
function isUrl (text: string): boolean {
  return URL.canParse(text.replace(/^ntfy/, 'http'))
}

/** What JSON Schema's own words do not tell an operator. */
function describe (schema: PropertySchema | undefined, keyword: string): string | undefined {
  if (schema?.errorMessage) return schema.errorMessage
  if (schema?.enum) return `must be one of ${schema.enum.join(', ')}`
  if (keyword !== 'type') return undefined
  return schema?.format === 'bytes' ? 'must be a size such as 8 MiB' : 'must be a whole number'
}
