import { warning, type Finding } from './finding.js'

/** Names in the settings file that nothing reads. */
export function checkNames (file: string | null, unknown: string[]): Finding[] {
  return unknown.map((name) => warning('settings', `${file}: nothing reads ${name}; is it misspelt?`))
}
