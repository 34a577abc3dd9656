import { formatSubject } from '../incidents/subject.js'
import type { BadWindowRow, Settings } from './node-overload.js'
import type { Finding } from './rule.js'
import { isoOf } from './sql.js'

interface Counted { mean: number, counted: Array<[number, number]>, settings: Settings }

/** A node whose processor has no time left while paths through it suffer. */
export function describeCpu (node: string, { mean, counted, windows, settings }: Counted & { windows: BadWindowRow[] }): Omit<Finding, 'severity'> {
  const paths = [...new Set(windows.map(([, src, dst]) => formatSubject({ type: 'path', src, dst })))]
  const over = counted.length === 1 ? 'in its newest report' : `on average over its last ${counted.length} reports`
  const shown = paths.slice(-3).join(', ')
  return {
    cause: `${node} works at ${format(mean)} % CPU load ${over} while windows through it are bad (${shown}${paths.length > 3 ? ` and ${paths.length - 3} more paths` : ''}).`,
    nextSteps: [
      `Look at what runs on ${node} (top): a stuck process, a scan, a service that belongs on another machine`,
      `Look at how much traffic ${node} forwards, and give it a second way round`,
      `Restart ${node} if nothing explains the load`,
    ],
    evidence: { metric: 'cpu_pct', unit: '%', open: settings.open_cpu_pct, clear: settings.clear_cpu_pct, points: pointsOf(counted), mean_pct: round(mean), paths },
  }
}

/** A node that reports no CPU load: more processes wait than it can serve. */
export function describeLoad (node: string, { mean, counted, settings }: Counted): Omit<Finding, 'severity'> {
  return {
    cause: `${node} has a load average of ${format(mean)} over its last ${counted.length} reports: more work waits than its processor can do.`,
    nextSteps: [`Look at what runs on ${node} (top): a stuck process, a scan, a service that belongs on another machine`, `Restart ${node} if nothing explains the load`],
    evidence: { metric: 'load1', unit: '', open: settings.open_load1, clear: settings.clear_load1, points: pointsOf(counted), mean_load1: round(mean) },
  }
}

function pointsOf (counted: Array<[number, number]>): Array<[string, number]> {
  return counted.map(([ms, value]) => [isoOf(ms), round(value)])
}

function round (value: number): number {
  return Math.round(value * 100) / 100
}

function format (value: number): string {
  return String(Math.round(value * 10) / 10)
}
