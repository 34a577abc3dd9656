/** One reason why a message is not accepted: `path` is a JSON pointer into it. */
export interface FieldError {
  path: string
  message: string
}

/** Deepest nesting of a message; no agent comes near. */
export const deepest = 32
export const tooDeep = `must not be nested deeper than ${deepest} levels`

const unstorable = /[\0\ud800-\udfff]/u

function textError (text: string): string | undefined {
  return unstorable.test(text) ? 'must be valid text: no NUL character, no half of a surrogate pair' : undefined
}

function scalarError (value: unknown): string | undefined {
  if (typeof value === 'string') return textError(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return 'must be a finite number'
  return undefined
}

function pointer (path: string, key: string): string {
  return `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/**
 * What PostgreSQL cannot keep or a program should not touch, anywhere in the message, unknown fields included:
 * NUL and lone surrogates in text and keys, numbers beyond double precision, deeper nesting than 32,
 * and the keys `__proto__` and `constructor`.
 * @param value any outcome of JSON.parse
 * @param depth levels around this value
 */
export function findUnstorable (value: unknown, depth = 0): FieldError | undefined {
  if (typeof value !== 'object' || value === null) {
    const message = scalarError(value)
    return message === undefined ? undefined : { path: '', message }
  }
  if (depth >= deepest) return { path: '', message: tooDeep }
  return Array.isArray(value) ? findInArray(value, depth) : findInObject(value as Record<string, unknown>, depth)
}

function findInArray (values: unknown[], depth: number): FieldError | undefined {
  for (let i = 0; i < values.length; i++) {
    const error = findUnstorable(values[i], depth + 1)
    if (error) return { path: `/${i}${error.path}`, message: error.message }
  }
  return undefined
}

function findInObject (value: Record<string, unknown>, depth: number): FieldError | undefined {
  // An outcome of JSON.parse inherits no keys; a list of its own would be made for every message.
  for (const key in value) {
    if (key === '__proto__' || key === 'constructor') return { path: pointer('', key), message: 'must not be used as a name' }
    const message = textError(key)
    if (message !== undefined) return { path: '', message: `has a name that is not allowed: it ${message}` }
    const error = findUnstorable(value[key], depth + 1)
    if (error) return { path: pointer('', key) + error.path, message: error.message }
  }
  return undefined
}
