import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { buildApp } from '../../src/app.js'
import { loadConfig } from '../../src/config.js'
import { createPool } from '../../src/database/pool.js'
import { createMetrics } from '../../src/metrics.js'

// The collector's own Fastify, with all its hooks, and beside its routes one that parses a body as /ingest does and stores nothing.

const { config } = loadConfig({})
const log = pino({ level: 'warn' })
const metrics = createMetrics(() => 0)
const storesNothing = async (): Promise<never> => { throw new Error('nothing is stored here') }
const app = await buildApp({
  config,
  metrics,
  log,
  readMetrics: () => metrics.registry.metrics(),
  ingest: { accept: storesNothing, quarantine: storesNothing },
  sites: [],
  db: createPool({ host: '127.0.0.1', applicationName: 'bench', max: 1 }, log),
  now: Date.now,
  health: { status: () => ({ queue_rows: 0, database: {}, maintenance: [], engine: { last_slot: null, last_evaluation: null, error: null } }), unreadyReason: async () => null },
  engine: { rules: () => ({ engine: {}, rules: [] }), healthUnknownAfterS: () => 1800, replay: async () => ({ incidents: [], slots: 0 }) },
})
await app.register(async (scope) => {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  scope.addHook('onRequest', async (request) => {
    request.raw.headers['content-type'] = 'application/octet-stream'
  })
  scope.post<{ Body: Buffer }>('/parse', { config: { rateLimit: false } }, async (request, reply) => {
    const message: unknown = JSON.parse(request.body.toString())
    const received = Array.isArray(message) ? message.length : 1
    return reply.type('application/json').send(JSON.stringify({ accepted: true, received, stored: 0, duplicates: 0, rejected: [] }))
  })
})
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.({ port: (app.server.address() as AddressInfo).port })
process.on('disconnect', () => process.exit())
