import { readFileSync } from 'node:fs'
import { readRuleSettings, RuleSettingsError, type RuleSettings } from './read.js'

/** Reads the file of the setting RULES_FILE; undefined: the defaults. Throws a RuleSettingsError, also where the file can't be read. */
export function loadRuleSettings (path: string | undefined): RuleSettings {
  return readRuleSettings(path === undefined ? null : readRulesFile(path), path ?? '')
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
