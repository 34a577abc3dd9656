import { setTimeout as delay } from 'node:timers/promises'
import { Gauge, type Registry } from 'prom-client'
import type { Database } from './database/database.js'
import type { Replica } from './database/replica.js'
import { countIssues, countNodes } from './http/queries/totals.js'

/** A scrape must not wait for a database that is away. */
const answerMs = 2000

type Count = Record<string, string | number> & { n: number }

/** Adds what only the database knows: nodes by status, open issues by kind and severity. While it does not answer, these are absent. And how the replica is, where there is one. */
export function addDatabaseMetrics (registry: Registry, { reader: db, replica }: Pick<Database, 'reader' | 'replica'>, now: () => number): void {
  const registers = [registry]
  // Every worker reads the same database: their sum would count each node several times.
  const aggregator = 'first'
  new Gauge({
    registers,
    aggregator,
    name: 'meshmon_nodes',
    help: 'Nodes by status',
    labelNames: ['status'],
    async collect () { replace(this, await ask(countNodes(db, now()))) },
  }).reset()
  new Gauge({
    registers,
    aggregator,
    name: 'meshmon_open_issues',
    help: 'Issues that are not closed',
    labelNames: ['kind', 'severity'],
    async collect () { replace(this, await ask(countIssues(db))) },
  }).reset()
  if (replica !== null) addReplicaMetrics(registry, replica.status)
}

function addReplicaMetrics (registry: Registry, status: Replica['status']): void {
  registry.registerMetric(new Gauge({
    registers: [],
    aggregator: 'min',
    name: 'meshmon_replica_used',
    help: 'Whether the replica answers what is read',
    collect () { this.set(status().used ? 1 : 0) },
  }))
  registry.registerMetric(new Gauge({
    registers: [],
    aggregator: 'max',
    name: 'meshmon_replica_lag_seconds',
    help: 'How far the replica is behind, at most; absent while that is not known',
    collect () {
      const lag = status().lag_s
      if (lag === null) this.remove()
      else this.set(lag)
    },
  }))
}

async function ask (counting: Promise<Count[]>): Promise<Count[]> {
  return await Promise.race([counting, delay(answerMs, [], { ref: false })]).catch(() => [])
}

function replace<Label extends string> (gauge: Gauge<Label>, counts: Count[]): void {
  gauge.reset()
  for (const { n, ...labels } of counts) gauge.set(labels as Record<Label, string>, n)
}
