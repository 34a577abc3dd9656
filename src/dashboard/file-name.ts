import { createHash } from 'node:crypto'

/** Id of a table's row about something, so that links can lead to it. */
export function rowId (...names: string[]): string {
  return `row-${names.map(fileName).join('-')}`
}

/** A name that every file system and web server takes as it is, different for different names. */
export function fileName (name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9._-]+/g, '-').replace(/^[-.]+|(?<![-.])[-.]+$/g, '').slice(0, 60)
  return plain === name && plain !== '' ? plain : `${plain === '' ? 'x' : plain}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}
