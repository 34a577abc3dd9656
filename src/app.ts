import type { Socket } from 'node:net'
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { LogController, type FastifyBaseLogger } from 'fastify'
import type { Pool } from 'pg'
import type { Config } from './config.js'
import { answerBrokenRequests } from './http/broken-requests.js'
import { access } from './http/plugins/access.js'
import { answerHeaders, closedHeaders } from './http/plugins/answer-headers.js'
import { compression } from './http/plugins/compression.js'
import { finiteNumbers } from './http/plugins/finite-numbers.js'
import { openapi } from './http/plugins/openapi.js'
import { ownWrites, type OwnWrites } from './http/plugins/own-writes.js'
import { problems, sendProblem } from './http/plugins/problems.js'
import { requestMetrics } from './http/plugins/request-metrics.js'
import { schemas } from './http/plugins/schemas.js'
import { writeLimit } from './http/plugins/write-limit.js'
import { chartRoutes } from './http/routes/charts.js'
import { crashRoutes } from './http/routes/crashes.js'
import { eventRoutes } from './http/routes/events.js'
import { healthRoutes, type HealthSources } from './http/routes/health.js'
import { ingestRoutes } from './http/routes/ingest.js'
import { issueActionRoutes } from './http/routes/issue-actions.js'
import { issueRoutes } from './http/routes/issues.js'
import { linkRoutes } from './http/routes/links.js'
import { maintenanceRoutes } from './http/routes/maintenance.js'
import { meshHealthRoutes } from './http/routes/mesh-health.js'
import { metricsRoutes } from './http/routes/metrics.js'
import { nodeRoutes } from './http/routes/nodes.js'
import { notificationRoutes } from './http/routes/notifications.js'
import { pathRoutes } from './http/routes/paths.js'
import { phoneRoutes } from './http/routes/phones.js'
import { radioSeriesRoutes } from './http/routes/radio-series.js'
import { radioRoutes } from './http/routes/radios.js'
import { registryRoutes } from './http/routes/registry.js'
import { rejectedRoutes } from './http/routes/rejected.js'
import { reportRoutes } from './http/routes/reports.js'
import { ruleRoutes, type RuleSources } from './http/routes/rules.js'
import { seriesRoutes } from './http/routes/series.js'
import { topologyRoutes } from './http/routes/topology.js'
import { uiRoutes } from './http/routes/ui/index.js'
import { reportSettings, zoneOf } from './http/reports/sources.js'
import { createLinkList } from './http/queries/links.js'
import { createReplays, type Replay } from './http/replays.js'
import { keptBy } from './http/series/sources.js'
import { validateRequests } from './http/validation.js'
import type { Ingest } from './ingest/ingest.js'
import type { Metrics } from './metrics.js'
import type { Site } from './places/sites.js'
import type { Outline } from './topology/outline.js'

/** What the issue engine tells and does on request. */
export interface EngineSources extends Pick<RuleSources, 'rules'> {
  replay: Replay
  healthUnknownAfterS: () => number
}

export interface AppDependencies {
  config: Config
  log: FastifyBaseLogger
  metrics: Metrics
  /** Prometheus text: this process's figures, or the sum of all workers'. */
  readMetrics: () => Promise<string>
  ingest: Ingest
  health: HealthSources
  engine: EngineSources
  /** Places that the operator named. */
  sites: readonly Site[]
  /** Where answers come from. */
  db: Pool
  /** Where `db` may read from a replica. */
  ownWrites?: OwnWrites
  /** Milliseconds since 1970. */
  now: () => number
  /** Drawn beneath the map. */
  outline?: Outline
  /** How long a request may take to arrive; half a minute unless told. */
  requestTimeoutMs?: number
  /** How long what was read of all links serves other requests, too; 5 s unless told. */
  linksKeptMs?: number
}

/** Agents give up after 10 s; nobody needs longer for a request. */
const defaultRequestTimeoutMs = 30_000
/** Every open page asks at once when an issue changes. */
const defaultLinksKeptMs = 5000
const keepAliveTimeoutMs = 20_000
const lateRequestCheckMs = 5000
/** Agents hold a connection for one message. More at once than this is no mesh, and each costs memory. */
const mostConnections = 4000
/** Forms and what panels write; /ingest reads its bodies itself, to a limit of its own. */
const mostBody = 64 * 1024

function notUsed (): never {
  throw new Error('a compiler of Fastify is not in use here')
}

/**
 * The HTTP application with everything that decides how a request is read, checked and answered. Not listening yet.
 * Tests use this same function.
 */
export async function buildApp (deps: AppDependencies) {
  const { config, log, metrics, db, now, sites, requestTimeoutMs = defaultRequestTimeoutMs, linksKeptMs = defaultLinksKeptMs } = deps
  const brokenRequests = answerBrokenRequests()
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: mostBody,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // An agent's HTTP is written by hand; without a Host its message would be refused by Node and never seen at /rejected.
    http: { requireHostHeader: false, headersTimeout: requestTimeoutMs, connectionsCheckingInterval: Math.min(lateRequestCheckMs, requestTimeoutMs) },
    trustProxy: config.TRUST_PROXY.length > 0 ? config.TRUST_PROXY : false,
    routerOptions: { maxParamLength: 1024 },
    // An address that can't be decoded reaches no route, and no error handler.
    frameworkErrors: (error, _request, reply) => { sendProblem(reply.headers(closedHeaders), error.statusCode ?? 400, error.message) },
    clientErrorHandler: brokenRequests.clientErrorHandler,
    forceCloseConnections: 'idle',
    // Fastify's own would be loaded, and are not used: see below.
    schemaController: { compilersFactory: { buildSerializer: notUsed, buildValidator: notUsed } },
  }).withTypeProvider<TypeBoxTypeProvider>()
  // Not compiled from each route's schema, which takes half a second of every start: a serializer would also drop what the schema
  // forgot, and a validator is made when the first request needs it.
  app.setSerializerCompiler(() => JSON.stringify)
  app.setValidatorCompiler(validateRequests(app))
  app.server.maxConnections = mostConnections
  brokenRequests.watch(app.server)
  // Node remembers the address once it is asked for: an agent that hangs up early has none any more when its request is read.
  app.server.on('connection', (socket: Socket) => socket.remoteAddress)

  await app.register(problems)
  await app.register(answerHeaders)
  // Before anything that has routes: a scope that gets a schema later compiles serializers of its own.
  await app.register(schemas)
  await app.register(finiteNumbers)
  await app.register(requestMetrics, { histogram: metrics.httpDuration })
  await app.register(openapi)
  // Everybody may read unless CORS_ORIGINS says who; nobody may write from a browser unless it does.
  // A strict preflight is refused in plain text, which no error answer of ours is.
  const named = { origin: config.CORS_ORIGINS, methods: ['GET', 'POST', 'DELETE'], strictPreflight: false }
  const [reads, writes] = config.CORS_ORIGINS.length > 0 ? [named, named] : [{ ...named, origin: '*', methods: ['GET'] }, { ...named, origin: false, methods: ['GET'] }]
  await app.register(cors, { delegator: (request, done) => done(null, ['GET', 'HEAD', 'OPTIONS'].includes(request.method) ? reads : writes) })
  await app.register(cookie)
  await app.register(compression)
  await app.register(writeLimit)
  await app.register(access, { config })
  if (deps.ownWrites !== undefined) await app.register(ownWrites, deps.ownWrites)

  await app.register(ingestRoutes, { ingest: deps.ingest, maxBody: config.INGEST_MAX_BODY })
  await app.register(healthRoutes, { sources: deps.health })
  await app.register(metricsRoutes, { readMetrics: deps.readMetrics })

  await app.register(meshHealthRoutes, { db, now, unknownAfterS: deps.engine.healthUnknownAfterS })
  await app.register(eventRoutes, { db, now, unknownAfterS: deps.engine.healthUnknownAfterS })
  const replays = createReplays(deps.engine.replay)
  await app.register(ruleRoutes, { db, now, rules: deps.engine.rules, replays })
  await app.register(rejectedRoutes, { db })
  const listAllLinks = createLinkList(db, linksKeptMs)
  for (const routes of [issueRoutes, issueActionRoutes, maintenanceRoutes, notificationRoutes, nodeRoutes, registryRoutes, pathRoutes, linkRoutes, crashRoutes, radioRoutes, phoneRoutes]) {
    await app.register(routes, { db, now, sites })
  }
  await app.register(topologyRoutes, { db, now, listAllLinks })
  const charts = { db, now, ...keptBy(config) }
  await app.register(seriesRoutes, { db, now, kept: charts.kept })
  await app.register(radioSeriesRoutes, { db, now, kept: charts.radiosKept })
  const [look, reports] = [{ units: config.DISPLAY_UNIT_SYSTEM, timeZone: zoneOf(config) }, { db, now, settings: reportSettings(config, charts.kept.hourlyS) }]
  await app.register(reportRoutes, reports)
  await app.register(chartRoutes, { ...charts, ...look })
  await app.register(uiRoutes, { db, now, rules: deps.engine.rules, replays, listAllLinks, charts, sites, reports, ...look, unknownAfterS: deps.engine.healthUnknownAfterS, token: config.API_TOKEN, frameAncestors: config.FRAME_ANCESTORS, outline: deps.outline ?? [] })
  return app
}
