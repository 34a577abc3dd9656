import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { AggregatorRegistry, type Registry } from 'prom-client'

const respawnMs = 1000
const metricsWaitMs = 5000

type FromWorker = { meshmon: 'metrics', id: number }
type FromPrimary = { meshmon: 'metrics', id: number, text: string } | { meshmon: 'stop' | 'reload' }

const isOurs = (message: unknown): message is FromWorker | FromPrimary => typeof message === 'object' && message !== null && 'meshmon' in message

/** True in a process that `runWorkers` started. */
export const isWorker = cluster.isWorker

/**
 * Runs this same program `count` times on one port, until `stop` resolves. A worker that dies is replaced; one that can't even
 * start ends all. Returns the exit code. Only the primary hears Ctrl-C; it tells its workers to finish.
 */
export async function runWorkers (count: number, stop: Promise<void>, log: Logger): Promise<number> {
  const totals = new AggregatorRegistry()
  const started = new Set<number>()
  let exitCode = 0
  let stopping = false

  const giveUp = new Promise<void>((resolve) => {
    cluster.on('listening', (worker) => started.add(worker.id))
    cluster.on('exit', (worker, code, signal) => {
      if (stopping) return
      if (!started.has(worker.id)) {
        exitCode = code || 1
        return resolve()
      }
      log.error({ pid: worker.process.pid, code, signal }, 'a worker died; starting another')
      setTimeout(() => { if (!stopping) cluster.fork() }, respawnMs)
    })
  })
  cluster.on('message', (worker: Worker, message: unknown) => {
    if (!isOurs(message) || message.meshmon !== 'metrics') return
    totals.clusterMetrics().then((text) => worker.send({ meshmon: 'metrics', id: message.id, text }), (error: unknown) => log.warn({ err: error }, 'the workers\' metrics did not come in time'))
  })

  for (let i = 0; i < count; i++) cluster.fork()
  await Promise.race([stop, giveUp])
  stopping = true
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
  await Promise.all(workers.map(async (worker) => {
    worker.send({ meshmon: 'stop' })
    if (!worker.isDead()) await once(worker, 'exit')
  }))
  return exitCode
}

/** Has every worker read the rules file again. */
export function reloadWorkers (): void {
  for (const worker of Object.values(cluster.workers ?? {})) worker?.send({ meshmon: 'reload' })
}

/** In a worker: calls `reload` when the primary says so. */
export function onPrimarySaysReload (reload: () => void): void {
  process.on('SIGHUP', () => {})
  process.on('message', (message) => { if (isOurs(message) && message.meshmon === 'reload') reload() })
}

/** In a worker: resolves when the primary says stop. Signals of the terminal are the primary's business. */
export function untilPrimarySaysStop (): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
  return new Promise((resolve) => {
    process.on('message', (message) => { if (isOurs(message) && message.meshmon === 'stop') resolve() })
  })
}

/** In a worker: the sum of all workers' metrics, which the primary collects. */
export function sumMetrics (registry: Registry): () => Promise<string> {
  // The first one made in a worker is what answers the primary's question.
  new AggregatorRegistry().clear()
  AggregatorRegistry.setRegistries([registry])
  const waiting = new Map<number, (text: string) => void>()
  let id = 0
  process.on('message', (message) => {
    if (!isOurs(message) || message.meshmon !== 'metrics' || !('text' in message)) return
    waiting.get(message.id)?.(message.text)
    waiting.delete(message.id)
  })
  return async () => {
    const request = ++id
    const answer = new Promise<string>((resolve) => waiting.set(request, resolve))
    process.send!({ meshmon: 'metrics', id: request })
    const text = await Promise.race([answer, delay(metricsWaitMs, null)])
    waiting.delete(request)
    if (text === null) throw new Error('the other workers\' metrics did not come in time')
    return text
  }
}
