import plugin from 'fastify-plugin'
import { Refused } from '../refused.js'

/** Ajv reads `1e400` as infinity, which is a number to it and within every limit. */
export const finiteNumbers = plugin(async (app) => {
  app.addHook('preHandler', async ({ query }) => {
    if (typeof query !== 'object' || query === null) return
    for (const [name, value] of Object.entries(query)) {
      if (value === Infinity || value === -Infinity) throw new Refused(400, `${name}: too large a number`)
    }
  })
})
