import { readFileSync } from 'node:fs'
import { defaultSettings, RuleSettingsError, type RuleSettings } from './settings.js'

/** Reads the file of the setting RULES_FILE; undefined: the defaults. Throws a RuleSettingsError, also where the file can't be read. */
export async function loadRuleSettings (path: string | undefined): Promise<RuleSettings> {
  if (path === undefined) return defaultSettings()
  const text = readRulesFile(path)
  // What reads YAML is loaded where there is such a file.
  const { readRuleSettings } = await import('./read.js')
  return readRuleSettings(text, path)
}

function readRulesFile (path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    const message = `can't be read: ${isMissing ? 'there is no such file' : error instanceof Error ? error.message : String(error)}`
    throw new RuleSettingsError(path, [{ line: 1, column: 1, key: '', message }])
  }
}
