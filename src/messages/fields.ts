import Type, { type Static, type TOptional, type TSchema, type TUnsafe } from 'typebox'
import type { Json } from './tables.js'

/** Any JSON object. */
export interface JsonObject { [key: string]: Json }

// Sums and means of such numbers stay finite in PostgreSQL; nothing measured comes near.
const range = { minimum: -1e15, maximum: 1e15 }
const largestInt = 2_147_483_647

export const schemaVersion = Type.Enum(['meshmon.v1', 'meshmon.v2'])
export const nameRule = { minLength: 1, maxLength: 128, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$' }
export const name = Type.String(nameRule)
/** As `name`; agents write '' for a name they do not know. */
export const nameOrEmpty = Type.String({ ...nameRule, minLength: 0 })
export const time = Type.String({ format: 'date-time', description: 'RFC 3339 with Z or offset' })
export const text = Type.String()
export const bool = Type.Boolean()
export const number = Type.Number(range)
export const int = Type.Integer({ minimum: -largestInt - 1, maximum: largestInt })
export const percent = Type.Number({ minimum: 0, maximum: 100 })
export const milliseconds = Type.Number({ ...range, minimum: 0 })
/** Share of hellos heard, 0..1: lq, nlq. */
export const quality = Type.Number({ minimum: 0, maximum: 1 })
/** Medium of a link. Part of a unique key, so bounded. */
export const linkType = Type.String({ maxLength: 32 })
export const object = Type.Unsafe<JsonObject>({ type: 'object' })
/** Degrees, as a number or as text; text that is no number ("unknown") means absent. */
export const degrees = Type.Unsafe<number | string>({ type: ['number', 'string'] })

/** A field that may be absent or null. One `type` list instead of `anyOf`: readable errors, faster checks. */
export function maybe<S extends TSchema> (schema: S): TOptional<TUnsafe<Static<S> | null>> {
  const { type, enum: values, ...rest }: { type?: string | string[], enum?: Json[] } = schema
  return Type.Optional(Type.Unsafe<Static<S> | null>({
    ...(type !== undefined && { type: [type, 'null'].flat() }),
    ...(values !== undefined && { enum: [...values, null] }),
    ...rest,
  }))
}
