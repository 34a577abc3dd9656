import plugin from 'fastify-plugin'
import { Refused } from '../refused.js'

/** Ajv reads `1e400` as infinity, which is a number to it and within every limit. */
export const finiteNumbers = plugin(async (app) => {
  app.addHook('preHandler', async ({ query, params }) => {
    for (const [name, value] of [...entriesOf(query), ...entriesOf(params)]) {
      if (value === Infinity || value === -Infinity) throw new Refused(400, `${name}: too large a number`)
    }
  })
})

function entriesOf (values: unknown): Array<[string, unknown]> {
  return typeof values === 'object' && values !== null ? Object.entries(values) : []
}
