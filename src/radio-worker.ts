import { join } from 'node:path'
import type { Logger } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { systemClock } from './clock.js'
import type { RadioConfig } from './config.js'
import { openDelivery, DeliveryError, type Delivery } from './delivery/delivery.js'
import { registerDeliveryMetrics } from './delivery/metrics.js'
import { makeFolder } from './folders.js'
import { createConnection, type Connection } from './radio/connection.js'
import { createPoller, type Poller } from './radio/poller.js'
import type { PollSettings } from './radio/settings.js'
import { openTransport } from './radio/transports/index.js'
import { registerConnectionMetrics, registerPollerMetrics } from './radio/worker-metrics.js'
import { startStatusServer, type StatusServer } from './status-server.js'
import { version } from './version.js'

export interface RadioParts {
  connection: Connection
  poller: Poller
  delivery: Delivery
  /** Releases the radio and keeps what waits for the collector. */
  close (): Promise<void>
}

/** Where the worker keeps what must outlive it: breakers, airtime, readings that wait. */
export function stateDirOf (config: Pick<RadioConfig, 'STATE_DIR' | 'DATA_DIR'>): string {
  return config.STATE_DIR ?? join(config.DATA_DIR, 'radio')
}

export function stateFileOf (config: Pick<RadioConfig, 'STATE_DIR' | 'DATA_DIR'>): string {
  return join(stateDirOf(config), 'poller.json')
}

export interface PartsOptions {
  config: RadioConfig
  settings: PollSettings
  log: Logger
  /** A command waits for its turn at the radio, keeps it until it is done, and tells itself what fails. */
  isCommand: boolean
}

/** Everything that polls, without anything running yet. Throws where the state's folder can't be used. */
export async function openRadioParts ({ config, settings, log, isCommand }: PartsOptions): Promise<RadioParts> {
  const stateDir = stateDirOf(config)
  try {
    makeFolder(stateDir)
  } catch (error) {
    throw new DeliveryError(`${stateDir} cannot be made (${(error as Error).message}): let STATE_DIR or DATA_DIR name a folder that this user may write to`, { cause: error })
  }
  const delivery = await openDelivery({
    folder: join(stateDir, 'queue'),
    collectorUrl: new URL(config.COLLECTOR_URL),
    ...(config.INGEST_TOKEN !== undefined && { token: config.INGEST_TOKEN }),
    log,
    now: systemClock.now,
  })
  const transport = openTransport({ ...config, MESH_PORT_SHARING: config.MESH_PORT_SHARING || isCommand }, { stateDir, log })
  const connection = createConnection({ transport, clock: systemClock, log, ...(isCommand ? { sharing: false, failureLevel: 'debug' } : { sharing: config.MESH_PORT_SHARING }) })
  const poller = createPoller({ connection, settings, stateFile: stateFileOf(config), report: (message) => delivery.put(message), clock: systemClock, log })
  return {
    connection,
    poller,
    delivery,
    async close () {
      await connection.close()
      await delivery.close()
    },
  }
}

/** The radio worker: polls until the signal aborts, then releases the radio. Rejects where it can't begin. */
export async function runRadioWorker ({ config, settings, log, signal }: { config: RadioConfig, settings: PollSettings, log: Logger, signal: AbortSignal }): Promise<void> {
  const parts = await openRadioParts({ config, settings, log, isCommand: false })
  let status: StatusServer | undefined
  try {
    status = await serveStatus(config, parts)
    if (status) log.info(`figures at ${status.url}/metrics`)
    await parts.poller.run(signal)
  } finally {
    await Promise.all([parts.close(), status?.close()])
  }
}

async function serveStatus (config: RadioConfig, parts: RadioParts): Promise<StatusServer | undefined> {
  if (config.METRICS_PORT === undefined) return undefined
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  registerPollerMetrics(registry, () => parts.poller.figures())
  registerConnectionMetrics(registry, () => parts.connection.state())
  registerDeliveryMetrics(registry, () => parts.delivery.status(), systemClock.now)
  return await startStatusServer({ host: config.HOST, port: config.METRICS_PORT, registry, health: () => healthOf(parts) })
}

function healthOf ({ connection, poller, delivery }: RadioParts): object {
  const { connected, sinceMs, lastError, secondClient } = connection.state()
  const { waiting, trouble } = delivery.status()
  const { radios, budgetLeftS } = poller.figures()
  return {
    version,
    companion: { connected, since: iso(sinceMs), second_client: secondClient, ...(!connected && lastError && { problem: lastError.message, remedy: lastError.remedy }) },
    radios: radios.map(({ name, role, breaker, lastSuccessMs }) => ({ name, role, ...(breaker !== undefined && { breaker }), last_success: iso(lastSuccessMs) })),
    airtime_budget_left_s: Math.round(budgetLeftS),
    collector: { waiting, ...(trouble && { problem: trouble.reason, since: iso(trouble.sinceMs) }) },
  }
}

function iso (ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
