import type { Registry } from 'prom-client'
import { addCounter, addGauge, type Sample } from '../scraped-metrics.js'
import type { WalkerFigures } from './walker.js'

function samplesOf (label: string, counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }))
}

/** Adds what the walk found and cost. docs/aredn.md lists the names. */
export function registerWalkerMetrics (registry: Registry, figures: () => WalkerFigures): void {
  addGauge(registry, { name: 'meshmon_aredn_nodes', help: 'Nodes that are read', read: () => figures().known })
  addGauge(registry, { name: 'meshmon_aredn_nodes_reachable', help: 'Of these, those that answered when they were asked last', read: () => figures().reachable })
  addGauge(registry, { name: 'meshmon_aredn_nodes_pushing', help: 'Of these, those that post their sysinfo themselves and are not read', read: () => figures().pushing })
  addCounter(registry, { name: 'meshmon_aredn_readings_total', help: 'Readings of nodes by how they ended', labelNames: ['outcome'], read: () => samplesOf('outcome', figures().outcomes) })
  addCounter(registry, { name: 'meshmon_aredn_requests_total', help: 'HTTP requests; a reading may take several', read: () => figures().requests })
  addCounter(registry, { name: 'meshmon_aredn_bytes_total', help: 'Bytes to and from nodes, headers included', read: () => figures().bytes })
  addCounter(registry, { name: 'meshmon_aredn_left_out_total', help: 'Entries of node lists that were left out', labelNames: ['reason'], read: () => samplesOf('reason', figures().leftOut) })
  addGauge(registry, {
    name: 'meshmon_aredn_last_answer_timestamp_seconds', help: 'When a node answered last',
    read () {
      const { lastAnswerMs } = figures()
      return lastAnswerMs === null ? [] : lastAnswerMs / 1000
    },
  })
  addCounter(registry, { name: 'meshmon_aredn_unreported_total', help: 'Messages that could not be kept: the disk was full', read: () => figures().unreported })
}
