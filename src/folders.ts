import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from './database/errors.js'

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/**
 * Makes a folder for this user alone, and those above it that are missing. Throws as mkdir does. Node's own `recursive` never returns
 * below /proc, and hides a full disk (nodejs/node#42808).
 */
export function makeFolder (path: string): void {
  if (isFolder(path)) return
  const above = dirname(path)
  if (above !== path) makeFolder(above)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process made it just then.
    if (codeOf(error) !== 'EEXIST' || !isFolder(path)) throw error
  }
}
