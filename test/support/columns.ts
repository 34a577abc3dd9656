import { type Row, tables } from '../../src/messages/tables.js'

const int32 = 2 ** 31

function isStorableText (value: unknown): boolean {
  return typeof value === 'string' && !value.includes('\0') && !/[\ud800-\udfff]/u.test(value)
}

function isName (value: unknown): boolean {
  return typeof value === 'string' && isStorableText(value) && value.length >= 1 && Array.from(value).length <= 128 && !/\p{Cc}/u.test(value)
}

function isStorableJson (value: unknown): boolean {
  if (typeof value === 'string') return isStorableText(value)
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'boolean' || value === null
  return Object.getPrototypeOf(value) === (Array.isArray(value) ? Array.prototype : Object.prototype) &&
    Object.entries(value).every(([key, field]) => isStorableText(key) && isStorableJson(field))
}

const words: Record<string, (value: unknown) => boolean> = {
  // Beyond the safe integers a time is only kept as sent_at; it is whole there, too.
  time: (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2.6e17,
  name: isName,
  host: isName,
  route: (value) => Array.isArray(value) && value.every(isName),
  text: isStorableText,
  float: (value) => Number.isFinite(value) && Math.abs(Number(value)) <= 1e300,
  int: (value) => Number.isInteger(value) && Number(value) >= -int32 && Number(value) < int32,
  bool: (value) => typeof value === 'boolean',
  json: isStorableJson,
}

/** What in a row its table cannot take: columns too many, missing, or of another type than tables.ts says. */
export function columnFaults ({ table, values }: Row): string[] {
  const columns: Record<string, string> = tables[table].columns
  const given: Record<string, unknown> = { ...values }
  const unknown = Object.keys(given).filter((column) => columns[column] === undefined).map((column) => `${table}.${column} is no column`)
  const wrong = Object.entries(columns).filter(([column, word]) => {
    const value = given[column]
    return !(value === null ? word.endsWith('?') : words[word.replace('?', '')]?.(value))
  })
  return [...unknown, ...wrong.map(([column, word]) => `${table}.${column} is no ${word}: ${JSON.stringify(given[column])}`)]
}
