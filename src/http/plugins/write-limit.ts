import rateLimit from '@fastify/rate-limit'
import plugin from 'fastify-plugin'

/** Writes by hand or by a panel; measurements are not (`rateLimit: false` on their route), the writer's queue bounds them. */
const writesPerMinute = 60
/** Addresses that are counted at once. */
const addresses = 5000

/** Bounds what one client address may change in a minute. */
export const writeLimit = plugin(async (app) => {
  await app.register(rateLimit, {
    max: writesPerMinute,
    timeWindow: 60_000,
    cache: addresses,
    // A client that has hung up may have no address left.
    keyGenerator: (request) => String(request.ip),
    allowList: (request) => ['GET', 'HEAD', 'OPTIONS'].includes(request.method),
    errorResponseBuilder: (_request, { after }) => Object.assign(new Error(`more than ${writesPerMinute} changes within a minute; try again in ${after}`), { statusCode: 429 }),
  })
})
