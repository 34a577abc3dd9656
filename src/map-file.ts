import { readFileSync, statSync } from 'node:fs'
import { ConfigError } from './config.js'
import { readOutline, type Outline } from './topology/outline.js'

const mostBytes = 8 * 1024 ** 2

/** What MAP_GEOJSON names, drawn beneath the map; nothing where it is not set. Throws a ConfigError that says what is wrong with the file. */
export function loadOutline (file: string | undefined): Outline {
  if (file === undefined) return []
  try {
    const { size } = statSync(file)
    if (size > mostBytes) throw new Error(`has ${(size / 1024 ** 2).toFixed(1)} MiB; simplify it to ${mostBytes / 1024 ** 2} MiB at most`)
    return readOutline(readFileSync(file, 'utf8'))
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new ConfigError([`MAP_GEOJSON: ${file} ${isMissing ? 'is not there' : error instanceof Error ? error.message : String(error)}`])
  }
}
