import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify'

/**
 * Checks requests against their routes' schemas. A schema is compiled with the first request that needs it: most routes are not asked
 * for between two starts, and compiling them all takes a fifth of one.
 */
export function validateRequests (app: Pick<FastifyInstance, 'getSchemas'>): FastifySchemaCompiler<object> {
  let ajv: Ajv | undefined
  return ({ schema }) => {
    let validate: ValidateFunction | undefined
    return (data) => {
      validate ??= (ajv ??= createAjv(app.getSchemas())).compile(schema)
      return validate(data) || { error: validate.errors ?? [] }
    }
  }
}

function createAjv (shared: Record<string, unknown>): Ajv {
  const ajv = new Ajv({ coerceTypes: 'array', removeAdditional: false, useDefaults: true, allErrors: false, validateSchema: false, addUsedSchema: false })
  formats.default(ajv)
  for (const schema of Object.values(shared)) ajv.addSchema(schema as object)
  return ajv
}
