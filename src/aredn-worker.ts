import { lookup } from 'node:dns/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { openNodesFile } from './aredn/nodes-file.js'
import { findPushers } from './aredn/pushers.js'
import { parseRanges, type Ranges } from './aredn/ranges.js'
import { defaultLimits, readNode, readPage, type PageOutcome, type ReadOutcome } from './aredn/read-node.js'
import { Walker } from './aredn/walker.js'
import { registerWalkerMetrics } from './aredn/worker-metrics.js'
import { systemClock } from './clock.js'
import type { ArednConfig } from './config.js'
import { openDelivery, type Delivery } from './delivery/delivery.js'
import { registerDeliveryMetrics } from './delivery/metrics.js'
import { startStatusServer, type StatusServer } from './status-server.js'
import { version } from './version.js'

/** More than any mesh has that one worker could read. */
const mostNodes = 10_000

type Asked = { host: string, address: string | null }

/** How the worker asks nodes: for their sysinfo, and for other pages. */
export interface NodeReader {
  ranges: Ranges
  read (node: Asked, flags: string, signal: AbortSignal): Promise<ReadOutcome>
  readPage (node: Asked, path: string, signal: AbortSignal): Promise<PageOutcome>
}

/** What reads a node by the settings. */
export function createNodeReader (config: Pick<ArednConfig, 'AREDN_RANGES' | 'AREDN_PORT'>): NodeReader {
  const ranges = parseRanges(config.AREDN_RANGES)
  const common = { ranges, port: config.AREDN_PORT, userAgent: `meshmon/${version}`, limits: defaultLimits }
  const find = async (host: string): Promise<string[]> => (await lookup(host, { all: true })).map(({ address }) => address)
  const at = (address: string | null, signal: AbortSignal) => ({ ...common, signal, resolve: address === null ? find : async () => [address] })
  return {
    ranges,
    read: ({ host, address }, flags, signal) => readNode(host, flags, at(address, signal)),
    readPage: ({ host, address }, path, signal) => readPage(host, path, at(address, signal)),
  }
}

export function arednFolderOf ({ STATE_DIR, DATA_DIR }: Pick<ArednConfig, 'STATE_DIR' | 'DATA_DIR'>): string {
  return STATE_DIR ?? join(DATA_DIR, 'aredn')
}

/** The AREDN worker: walks until the signal aborts. Rejects where it can't begin. */
export async function runArednWorker ({ config, log, signal }: { config: ArednConfig, log: Logger, signal: AbortSignal }): Promise<void> {
  const reader = createNodeReader(config)
  const folder = arednFolderOf(config)
  const delivery = await openDelivery({
    folder: join(folder, 'queue'),
    collectorUrl: new URL(config.COLLECTOR_URL),
    ...(config.INGEST_TOKEN !== undefined && { token: config.INGEST_TOKEN }),
    log,
    now: systemClock.now,
  })
  const walker = new Walker({
    seeds: config.AREDN_SEEDS,
    stepMs: config.AREDN_STEP * 1000,
    concurrency: config.AREDN_CONCURRENCY,
    rate: config.AREDN_RATE,
    include: config.AREDN_INCLUDE,
    exclude: config.AREDN_EXCLUDE,
    mostNodes,
    ...reader,
    pushers: (sinceMs, signal) => findPushers(new URL(config.COLLECTOR_URL), sinceMs, signal),
    report: (message) => delivery.put(message),
    memory: openNodesFile(join(folder, 'nodes.json'), log),
    clock: systemClock,
    log,
  })
  let status: StatusServer | undefined
  try {
    status = await serveStatus(config, walker, delivery)
    if (status) log.info(`figures at ${status.url}/metrics`)
    await walker.run(signal)
  } finally {
    await Promise.all([delivery.close(), status?.close()])
  }
}

async function serveStatus (config: ArednConfig, walker: Walker, delivery: Delivery): Promise<StatusServer | undefined> {
  if (config.METRICS_PORT === undefined) return undefined
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  registerWalkerMetrics(registry, () => walker.figures())
  registerDeliveryMetrics(registry, () => delivery.status(), systemClock.now)
  return await startStatusServer({ host: config.HOST, port: config.METRICS_PORT, registry, health: () => healthOf(walker, delivery) })
}

function healthOf (walker: Walker, delivery: Delivery): object {
  const { known, reachable, lastAnswerMs } = walker.figures()
  const { waiting, trouble } = delivery.status()
  return {
    version,
    nodes: { known, reachable },
    last_answer: iso(lastAnswerMs),
    collector: { waiting, ...(trouble && { problem: trouble.reason, since: iso(trouble.sinceMs) }) },
  }
}

function iso (ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
