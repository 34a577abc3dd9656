import { Type, type Static, type TSchema, type TUnsafe } from 'typebox'
import { problemType } from '../plugins/problems.js'

/** A host name in a URL or query: percent-decoded, case-insensitive. */
export const Name = Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$', description: 'Name of a node, in any case' })
/** Two names of 128 characters and a medium, each character that separates names written as three. */
export const longestSubject = 1000
export const Time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC with Z' })

/** Who does something: a call sign, a name. One line, and not just spaces. */
export const Person = Type.String({ minLength: 1, maxLength: 64, pattern: '^(?=.*\\S)[^\\p{Cc}\\p{Cs}]*$', description: 'Call sign or name' })
/** Text of a person, any number of lines. PostgreSQL takes neither NUL nor half a character. */
export const Note = Type.String({ maxLength: 2000, pattern: '^[^\\u0000\\p{Cs}]*$' })

/** One `type` list instead of `anyOf`: what OpenAPI 3.1 allows and what serialises fastest. */
export function nullable<S extends TSchema> (schema: S): TUnsafe<Static<S> | null> {
  const { type, enum: values, ...rest }: { type?: string, enum?: string[] } = schema
  return Type.Unsafe<Static<S> | null>({ type: [type, 'null'], ...(values !== undefined && { enum: [...values, null] }), ...rest })
}

export const number = nullable(Type.Number())
export const integer = nullable(Type.Integer())
export const text = nullable(Type.String())
export const time = nullable(Time)
export const boolean = nullable(Type.Boolean())
/** Any JSON object, as it was sent or as a rule wrote it. */
export const object = Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })
export const maybeObject = nullable(object)

/** An enumeration with its type: `Type.Enum` has none, and parameters need one to be documented. */
export function oneOf<const Values extends readonly string[]> (values: Values, options: object = {}): TUnsafe<Values[number]> {
  return Type.Unsafe<Values[number]>({ type: 'string', enum: values, ...options })
}

/** Parameters of a query; any other is refused. */
export const query = <P extends Record<string, TSchema>>(parameters: P) => Type.Object(parameters, { additionalProperties: false })

export const noQuery = query({})

export const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 200, description: 'Elements on a page' }),
  cursor: Type.Optional(Type.String({ maxLength: 1000, description: 'Where the page starts, from the Link header of the page before' })),
}

type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 429

const problemDescriptions: Record<ProblemStatus | 500 | 503, string> = {
  400: 'A parameter is unknown or not valid',
  401: 'The API token is missing or wrong',
  403: 'Writes from pages of that origin are not allowed',
  404: 'Not found',
  409: 'Not possible in the present state; the detail says why',
  429: 'Too many changes within a minute from one address',
  500: 'The collector failed; its log says why',
  503: 'The database is away or busy; Retry-After says when to come again',
}

function problem (status: ProblemStatus | 500 | 503): object {
  return { description: problemDescriptions[status], content: { [problemType]: { schema: Type.Ref('Problem') } } }
}

/** The answers of an operation: its own, the problems given, and the three that any may give. */
export function answers (own: Record<number, object>, ...statuses: ProblemStatus[]): Record<number, object> {
  const all = [400, ...statuses, 500, 503] as const
  return { ...Object.fromEntries(all.map((status) => [status, problem(status)])), ...own }
}

export function json (description: string, schema: TSchema): object {
  return { description, content: { 'application/json': { schema } } }
}

/** A bare array, newest first unless the description says otherwise, with the next page in its Link header. */
export function list (description: string, element: string): object {
  return {
    ...json(description, Type.Array(Type.Ref(element))),
    headers: { Link: { type: 'string', description: 'The next page: `<…>; rel="next"`; absent on the last one' } },
  }
}
