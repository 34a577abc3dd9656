import type { ErrorObject } from 'ajv'
import type { FieldError } from './storable.js'

const nouns: Record<string, string> = {
  number: 'a number', integer: 'a whole number', string: 'text', boolean: 'true or false', object: 'an object', array: 'a list', null: 'null',
}

const words: Record<string, (params: Record<string, unknown>) => string> = {
  type: ({ type }) => `must be ${[type].flat().map((word) => nouns[String(word)] ?? String(word)).join(' or ')}`,
  required: () => 'is required',
  minLength: () => 'must not be empty',
  maxLength: ({ limit }) => `must have at most ${String(limit)} characters`,
  maxItems: ({ limit }) => `must have at most ${String(limit)} entries`,
  pattern: () => 'must not contain control characters',
  format: () => 'must be a time with Z or offset, such as 2026-03-01T12:00:00Z',
  enum: ({ allowedValues }) => `must be one of ${[allowedValues].flat().filter((value) => value !== null).join(', ')}`,
}

/** Ajv's first error in words a ham operator can use; its own words where they are good ("must be <= 100"). */
export function readable (error: ErrorObject): FieldError {
  const missing: unknown = error.params.missingProperty
  const path = error.instancePath + (typeof missing === 'string' ? `/${missing}` : '')
  const message = words[error.keyword]?.(error.params) ?? error.message ?? 'is not valid'
  return { path, message: error.propertyName === undefined ? message : `has a name that ${message}` }
}
