import { Type } from 'typebox'
import { oneOf } from '../../schemas/common.js'

/** One of some values in a form; a field that was left empty is sent all the same. */
export const chosen = <const T extends readonly string[]>(values: T) => Type.Optional(oneOf<readonly ('' | T[number])[]>(['', ...values]))

/** Text in a form to look for. */
export const Search = Type.Optional(Type.String({ maxLength: 128, pattern: '^[^\\p{Cc}\\p{Cs}]*$' }))

export const PageNumber = Type.Integer({ minimum: 1, maximum: 10_000, default: 1 })

type Given<T> = { [Key in keyof T]: Exclude<T[Key], ''> }

/** The fields that were filled in. */
export function givenFields<T extends object> (fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '')) as Given<T>
}
