import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Config } from './config.js'
import { addDatabaseMetrics } from './database-metrics.js'
import { openDatabase, type Database } from './database/database.js'
import { createMaintenance } from './database/maintenance.js'
import { findUnreadyReason, prepareDatabase, type Preparation } from './database/prepare.js'
import { Refused } from './http/refused.js'
import type { ReplayBody, ReplayedBody } from './http/schemas/rules.js'
import { createNotifier } from './incidents/notify/notifier.js'
import { createAddressBook } from './ingest/addresses.js'
import { flush } from './ingest/flush.js'
import { createIngest, type IngestStats } from './ingest/ingest.js'
import { createNameBook } from './ingest/names.js'
import { createReceiptClock } from './ingest/receipt-clock.js'
import { createWriter, Unavailable, type Writer } from './ingest/writer.js'
import { createMessageReader } from './messages/index.js'
import { createMetrics, type Metrics } from './metrics.js'
import type { Site } from './places/sites.js'
import { createEngine, type Engine, type SlotReport } from './rules/engine.js'
import { replay } from './rules/replay.js'
import { createRunner, type Runner } from './rules/runner.js'
import { describeSettings } from './rules/settings/in-force.js'
import { defaultSettings, engineSettings, RuleSettingsError, type RuleSettings } from './rules/settings/settings.js'
import type { Outline } from './topology/outline.js'

export interface Collector {
  /** Where it listens, as a URL for this machine. */
  url: string
  /** Resolves when the database is open and current. Rejects when that can't come: folder taken, wrong edition. */
  ready: Promise<void>
  /** Judges by other settings from the next slot on. */
  useRules (rules: RuleSettings): void
  /** Answers what is under way, writes what waits, closes the database. */
  close (): Promise<void>
}

export interface CollectorOptions {
  /** Milliseconds since 1970. */
  now?: () => number
  /** How long a request may take to arrive; half a minute unless told. */
  requestTimeoutMs?: number
  /** What the rules judge by; the defaults unless given. */
  rules?: RuleSettings
  /** Drawn beneath the map. */
  outline?: Outline
  /** Places that the operator named; none unless given. */
  sites?: readonly Site[]
  /** Where several workers serve one port: gives the figures of all, knowing this one's. */
  shareMetrics?: (registry: Registry) => () => Promise<string>
}

/** Agents wait 10 s for an answer: who waited this long in the queue is better told to come again. */
const queueWaitMs = 6000
/** Who waited this long, in the queue and for the database, is told so before it gives up. */
const answerMs = 8000
/** A failed write makes the collector unready for this long; whether the next succeeds is known only when one comes. */
const failureShownMs = 15_000
/** At a stop, a request has this long to arrive and be answered. */
const closeGraceMs = 5000

/**
 * Starts a collector: listens at once, opens and migrates the database behind. Until that is done /ingest answers 503 and
 * /readyz says why.
 */
export async function startCollector (config: Config, log: Logger, { now = Date.now, requestTimeoutMs, shareMetrics, outline, rules = defaultSettings(), sites = [] }: CollectorOptions = {}): Promise<Collector> {
  const metrics = createMetrics(() => writer.queuedRows)
  const database = openDatabase({ databaseUrl: config.DATABASE_URL, replicaUrl: config.DATABASE_URL_READ, maxLagMs: config.READ_MAX_LAG_S * 1000, dataDir: config.DATA_DIR, applicationName: 'meshmon', log })
  addDatabaseMetrics(metrics.registry, database, now)
  const schema = prepareDatabase(database, config, log)
  const maintenance = createMaintenance({ pool: database.pool, isEmbedded: database.isEmbedded, settings: config, log })
  let inForce = rules
  const { engine, runner } = openEngine(database, { config, log, metrics, now, rules })
  const notifier = createNotifier({ pool: database.pool, config, log, now })
  const ready = schema.done.then(() => {
    maintenance.start()
    runner.start()
    notifier.start()
  })
  ready.catch(() => {})
  const { writer, trouble } = openWriter(database, schema.state, { config, log, metrics, now })
  // Loaded while the database is being opened: it is half of all there is to load.
  const building = import('./app.js').then(({ buildApp }) => buildApp({
    config,
    log,
    metrics,
    readMetrics: shareMetrics?.(metrics.registry) ?? (() => metrics.registry.metrics()),
    db: database.reader, now, sites,
    ingest: createIngest({
      writer,
      read: createMessageReader(),
      maxMessages: config.INGEST_MAX_MESSAGES,
      networkStatusTiming: config.NETWORK_STATUS_TIMING,
      nextReceipt: createReceiptClock(now),
      stats: ingestStats(metrics),
    }),
    health: {
      status: () => ({ queue_rows: writer.queuedRows, engine: runner.status(), database: { embedded: database.isEmbedded, ...schema.state, ...database.replica !== null && { replica: database.replica.status() } }, maintenance: maintenance.report().map(({ lastRun, ...rest }) => ({ ...rest, last_run: lastRun })) }),
      unreadyReason: async () => await findUnreadyReason(database, schema.state) ?? trouble(),
    },
    engine: {
      rules: () => describeSettings(inForce),
      healthUnknownAfterS: () => inForce.engine.health_unknown_after_s,
      replay: async (request, signal) => await previewRules(database.pool, inForce, request, signal),
    },
    ...(database.replica !== null && { ownWrites: { onPrimary: database.replica.onPrimary, seconds: config.READ_MAX_LAG_S + 1 } }),
    ...(outline !== undefined && { outline }), ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
  }))
  const app = await building.then(async (app) => {
    await app.listen({ host: config.HOST, port: config.PORT })
    return app
  }).catch(async (error: unknown) => {
    // Its process would keep this one from ending.
    await database.stop()
    throw listenError(error, config)
  })
  return {
    url: `http://localhost:${(app.server.address() as AddressInfo).port}`,
    ready,
    useRules (given) {
      inForce = given
      engine.use(engineSettings(given))
    },
    async close () {
      const late = setTimeout(() => app.server.closeAllConnections(), closeGraceMs)
      await app.close()
      clearTimeout(late)
      await writer.close()
      await runner.stop()
      await notifier.stop()
      await maintenance.stop()
      await database.stop()
    },
  }
}

function openWriter (database: Database, schema: Preparation['state'], { config, log, metrics, now }: { config: Config, log: Logger, metrics: Metrics, now: () => number }): { writer: Writer, trouble: () => string | null } {
  const context = { pool: database.writer, names: createNameBook(), addresses: createAddressBook(), now }
  let failure: { reason: string, atMs: number } | null = null
  const writer = createWriter(async (arrivals, rejected) => {
    // Not even where the tables are there: a migration may be changing them.
    if (schema.phase !== 'ready') throw new Unavailable('the database is not ready yet', 5)
    return await flush(context, arrivals, rejected)
  }, {
    queueRows: config.INGEST_QUEUE_ROWS,
    flushRows: config.INGEST_FLUSH_ROWS,
    flushMs: config.INGEST_FLUSH_MS,
    waitMs: queueWaitMs,
    answerMs,
    parallel: database.isEmbedded ? 1 : 2,
    now,
  }, {
    onFlush (seconds) {
      metrics.flushDuration.observe(seconds)
      if (failure) log.info('the database takes measurements again')
      failure = null
    },
    onFailure (error) {
      metrics.flushFailures.inc()
      const reason = `the database does not take measurements (${error.message})`
      log[failure ? 'debug' : 'warn']({ err: error }, `${reason}; agents are told to come again`)
      failure = { reason, atMs: now() }
    },
  })
  return { writer, trouble: () => failure && now() - failure.atMs < failureShownMs ? failure.reason : null }
}

function openEngine (database: Database, { config, log, metrics, now, rules }: { config: Config, log: Logger, metrics: Metrics, now: () => number, rules: RuleSettings }): { engine: Engine, runner: Runner } {
  const intervalMs = config.ENGINE_INTERVAL_S * 1000
  const instance = randomUUID()
  log.info({ instance }, 'issue engine opened; it claims slots under this name')
  const engine = createEngine({ pool: database.pool, settings: engineSettings(rules), instance, intervalMs, delayMs: config.ENGINE_DELAY_S * 1000, log })
  const runner = createRunner({ engine, intervalMs, now, log, onReport: (report) => countReport(metrics, report) })
  return { engine, runner }
}

function countReport (metrics: Metrics, report: SlotReport): void {
  if (report.refused === 'lost') metrics.abandonedSlots.inc()
  if (report.refused !== null) return
  metrics.missedSlots.inc(report.missedSlots)
  for (const { rule, error } of report.evaluations) metrics.evaluations.inc({ rule, outcome: error === null ? 'ok' : 'failed' })
}

/** Judges history by what is in force, or by that with some settings changed. */
async function previewRules (pool: Pool, inForce: RuleSettings, { fromMs, toMs, stepS, rules }: ReplayBody, signal: AbortSignal): Promise<ReplayedBody> {
  try {
    const settings = rules === undefined ? inForce : (await import('./rules/settings/read.js')).readRuleSettings(JSON.stringify(rules), 'rules', { base: inForce })
    return await replay(pool, { fromMs, toMs, stepMs: stepS * 1000, settings }, { signal })
  } catch (error) {
    if (error instanceof RuleSettingsError) throw new Refused(400, error.problems.map(({ key, message }) => `rules.${key}: ${message}`).join('; '))
    throw error
  }
}

/** Addresses that get a metric of their own: a label must not grow without limit. */
const countedAddresses = 500

function ingestStats (metrics: Metrics): IngestStats {
  const addresses = new Set<string>()
  return {
    onMessages: (type, outcome, count) => metrics.messages.inc({ type, outcome }, count),
    onRepair: (kind, count) => metrics.repairs.inc({ kind }, count),
    onUnreadable (address) {
      if (addresses.size < countedAddresses) addresses.add(address)
      metrics.unreadableBodies.inc({ address: addresses.has(address) ? address : 'other' })
    },
  }
}

function listenError (error: unknown, { HOST, PORT }: Config): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return new Error(`port ${PORT} is taken: another program listens there; set PORT to another one, or stop it`, { cause: error })
  if (code === 'EACCES') return new Error(`port ${PORT} may not be opened by this user; set PORT to 1024 or above`, { cause: error })
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return new Error(`HOST ${HOST} is no address of this machine`, { cause: error })
  return error instanceof Error ? error : new Error(String(error))
}
