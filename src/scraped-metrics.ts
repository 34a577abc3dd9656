import { Counter, Gauge, type Registry } from 'prom-client'

export interface Sample { labels?: Record<string, string>, value: number }

export interface ScrapedMetric {
  name: string
  help: string
  labelNames?: string[]
  /** All there is to tell now. A lone number is a sample without labels. */
  read: () => Sample[] | number
}

/** A metric whose figures are kept elsewhere, and read whenever somebody asks. */
export function addGauge (registry: Registry, metric: ScrapedMetric): void {
  registry.registerMetric(new Gauge({
    ...described(metric),
    collect () {
      this.reset()
      for (const { labels = {}, value } of samplesOf(metric)) this.set(labels, value)
    },
  }))
}

/** The same for what only grows. */
export function addCounter (registry: Registry, metric: ScrapedMetric): void {
  registry.registerMetric(new Counter({
    ...described(metric),
    collect () {
      this.reset()
      for (const { labels = {}, value } of samplesOf(metric)) this.inc(labels, value)
    },
  }))
}

function described ({ name, help, labelNames = [] }: ScrapedMetric): { name: string, help: string, labelNames: string[], registers: [] } {
  return { name, help, labelNames, registers: [] }
}

function samplesOf ({ read }: ScrapedMetric): Sample[] {
  const found = read()
  return typeof found === 'number' ? [{ value: found }] : found
}
