import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** The collector's own figures, as `GET /metrics` shows them. Names are the contract's (api.md). */
export interface Metrics {
  registry: Registry
  httpDuration: Histogram<'method' | 'route' | 'status'>
  messages: Counter<'type' | 'outcome'>
  repairs: Counter<'kind'>
  unreadableBodies: Counter<'address'>
  queueRows: Gauge
  flushDuration: Histogram
  flushFailures: Counter
  /** `outcome`: ok or failed. */
  evaluations: Counter<'rule' | 'outcome'>
  missedSlots: Counter
  abandonedSlots: Counter
}

/** @param queuedRows rows waiting for the database now */
export function createMetrics (queuedRows: () => number): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    httpDuration: new Histogram({
      registers,
      name: 'http_request_duration_seconds',
      help: 'Time from request to answer',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    }),
    messages: new Counter({ registers, name: 'meshmon_ingest_messages_total', help: 'Messages by type and by what became of them', labelNames: ['type', 'outcome'] }),
    repairs: new Counter({ registers, name: 'meshmon_ingest_repairs_total', help: 'Bodies with non-finite numbers read as null or with invalid UTF-8 replaced', labelNames: ['kind'] }),
    unreadableBodies: new Counter({ registers, name: 'meshmon_ingest_unreadable_bodies_total', help: 'Bodies that are not JSON, by sender', labelNames: ['address'] }),
    queueRows: new Gauge({
      registers,
      name: 'meshmon_ingest_queue_rows',
      help: 'Rows waiting for the database or on their way',
      collect () { this.set(queuedRows()) },
    }),
    flushDuration: new Histogram({
      registers,
      name: 'meshmon_flush_duration_seconds',
      help: 'Time of one write transaction',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    }),
    flushFailures: new Counter({ registers, name: 'meshmon_flush_failures_total', help: 'Write transactions that failed' }),
    evaluations: new Counter({ registers, name: 'meshmon_engine_evaluations_total', help: 'Evaluations of rules by what became of them', labelNames: ['rule', 'outcome'] }),
    missedSlots: new Counter({ registers, name: 'meshmon_engine_missed_slots_total', help: 'Slots that no collector judged: nobody ran, or the one before took too long' }),
    abandonedSlots: new Counter({ registers, name: 'meshmon_engine_abandoned_slots_total', help: 'Slots that were claimed and never finished' }),
  }
}
