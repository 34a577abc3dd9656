import type { Registry } from 'prom-client'
import { addCounter, addGauge } from '../scraped-metrics.js'
import type { DeliveryStatus } from './delivery.js'

/** Adds a queue's figures. What waits is that of the folder, counts are those of this process. */
export function registerDeliveryMetrics (registry: Registry, status: () => DeliveryStatus, now: () => number): void {
  addGauge(registry, { name: 'meshmon_delivery_waiting_messages', help: 'Messages that wait on the disk for the collector', read: () => status().waiting })
  addGauge(registry, { name: 'meshmon_delivery_waiting_bytes', help: 'Bytes of them', read: () => status().waitingBytes })
  addGauge(registry, {
    name: 'meshmon_delivery_oldest_age_seconds',
    help: 'Age of the oldest of them; 0: none waits',
    read () {
      const { oldestMs } = status()
      return oldestMs === null ? 0 : Math.max(now() - oldestMs, 0) / 1000
    },
  })
  addGauge(registry, { name: 'meshmon_delivery_trouble', help: '1 while the collector takes nothing', read: () => status().trouble === null ? 0 : 1 })
  addCounter(registry, {
    name: 'meshmon_delivery_messages_total',
    help: 'Messages by what became of them: stored, known before, refused by the collector, dropped because they waited too long or were too many',
    labelNames: ['outcome'],
    read () {
      const { stored, duplicates, refused, dropped } = status()
      return Object.entries({ stored, duplicates, refused, dropped }).map(([outcome, value]) => ({ labels: { outcome }, value }))
    },
  })
}
