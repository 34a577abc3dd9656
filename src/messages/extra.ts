import type { JsonObject } from './fields.js'

/** The fields a schema knows, with those of the objects in it; a list or a free object has none of its own here. */
export type Shape = Map<string, Shape | null>

/** @param schema an object schema */
export function shapeOf (schema: { properties: object }): Shape {
  return new Map(Object.entries(schema.properties).map(([key, field]: [string, { properties?: object }]) =>
    [key, field.properties === undefined ? null : shapeOf({ properties: field.properties })]))
}

/**
 * The fields the contract does not know, where they stood in the message; null where there are none.
 * @param message an outcome of JSON.parse that holds no key `__proto__` (storable.ts), so that plain assignment is safe
 */
export function unknownFields (message: object, shape: Shape): JsonObject | null {
  const fields = message as JsonObject
  let extra: JsonObject | null = null
  for (const key in fields) {
    const inner = shape.get(key)
    const field = fields[key] ?? null
    const unknown = inner && typeof field === 'object' && field !== null ? unknownFields(field, inner) : field
    if (inner === undefined || (inner !== null && unknown !== null)) (extra ??= {})[key] = unknown
  }
  return extra
}

/** `extra` with one more part; null stays null where the part is null, too. */
export function withPart (extra: JsonObject | null, key: string, part: JsonObject[string] | null): JsonObject | null {
  return part === null ? extra : { ...extra, [key]: part }
}
