import { Type, type Static } from 'typebox'
import type { Scope } from '../incidents/subject.js'
import { statement } from './node-overload-sql.js'
import { describeCpu, describeLoad } from './node-overload-text.js'
import type { Answer, Judgement, Judging, Observation, Rule } from './rule.js'
import { common } from './settings/common.js'
import { commitMs, isoOf, spanOf } from './sql.js'

const percent = (initial: number, description: string) => Type.Number({ default: initial, minimum: 0, maximum: 100, description })
const load = (initial: number, description: string) => Type.Number({ default: initial, minimum: 0, maximum: 1000, description })
const seconds = (initial: number, maximum: number, description: string) => Type.Integer({ default: initial, minimum: 60, maximum, description })

const settings = Type.Object({
  ...common({ close_after_s: 900, close_rows: 2 }),
  open_cpu_pct: percent(80, 'Opens above this mean CPU load, if a window of a path through the node is bad (%)'),
  clear_cpu_pct: percent(70, 'Is clear at this mean or below (%)'),
  critical_cpu_pct: percent(95, 'Critical above this (%)'),
  mean_s: seconds(600, 6000, 'The mean goes over this span'),
  newest_s: seconds(18_000, 86_400, 'Where it holds no report: the newest one, if it is not older than this'),
  bad_window_s: seconds(600, 6000, 'The bad window must be as new as this'),
  open_load1: load(3, 'Of a node that reports no CPU load: opens above this mean of its load average'),
  clear_load1: load(2, 'Is clear at this mean or below'),
  load1_rows: Type.Integer({ default: 3, minimum: 1, maximum: 20, description: 'The mean goes over so many reports' }),
}, { additionalProperties: false })

export type Settings = Static<typeof settings>

/** Time, CPU load in %, load average of a minute. */
export type Report = [number, number | null, number | null]
/** Time, src, dst, jitter in ms, loss in %. */
export type BadWindowRow = [number, string, string, number | null, number | null]

/** Oldest first; the newest of them where there are many. */
export interface Seen { reports: Report[], windows: BadWindowRow[] }

export interface Memory {
  /** What was judged last: the same again is no news. */
  judged: string
  /** The first report over the limit. */
  overMs: number | null
}

interface Row { at_ms: number, node: string, reports: Report[], windows: BadWindowRow[] }

const dayMs = 86_400_000
const mostReports = 60
const mostWindows = 20

/**
 * Rule 6. Of interest are nodes that reported more than opens, for as long as that report stands: an agent that reports every 4 hours is
 * overloaded when windows through it turn bad hours later.
 */
export const nodeOverload: Rule<typeof settings, Seen, Memory> = {
  name: 'node_overload',
  category: 'node',
  scope: 'node',
  judgesBy: 'time',
  absence: 'closes',
  settings,
  observe (slots, watched, own) {
    const { sinceMs, firstMs, atMs } = spanOf(slots)
    const nodes = watched.flatMap(({ scope, afterMs, isFollowed }) => scope.type === 'node' ? [{ node: scope.node, after: afterMs === null ? null : isoOf(afterMs), isFollowed }] : [])
    return {
      text: statement,
      values: [
        isoOf(sinceMs - commitMs), isoOf(atMs), isoOf(sinceMs - dayMs), slots.map(({ atMs }) => isoOf(atMs)),
        nodes.map(({ node }) => node), nodes.map(({ after }) => after), nodes.map(({ isFollowed }) => isFollowed), own.open_cpu_pct, own.open_load1, own.newest_s, own.bad_window_s, mostReports, mostWindows,
        isoOf(firstMs - own.newest_s * 1000),
      ],
    }
  },
  read: ({ at_ms: atMs, node, reports, windows }: Row): Observation<Seen> => ({ atMs, scope: { type: 'node', node }, seen: { reports, windows } }),
  judge,
}

/** What the reports come to: by CPU load where the node gives it, else by its load average. `values` are all there are, `counted` those of the mean. */
interface Load { form: 'cpu' | 'load', mean: number, values: Array<[number, number]>, counted: Array<[number, number]>, open: number, clear: number }

export function judge ({ seen: [seen], memory, incident, afterMs, scope, settings: own, moment }: Judging<Seen, Memory, Settings>): Judgement<Memory> {
  const reports = (seen?.reports ?? []).filter(([ms]) => isAfter(ms, afterMs))
  const newest = reports.at(-1)
  if (newest === undefined) return { answers: [], memory: incident === null ? null : memory }
  const windows = (seen?.windows ?? []).filter(([ms]) => isAfter(ms, afterMs))
  const load = loadOf(reports, moment.atMs, own)
  const judged = `${newest[0]} ${load?.counted.length} ${windows.at(-1)?.[0]}`
  const isHigh = load !== null && load.mean > load.open
  const overMs = isHigh ? memory?.overMs ?? firstOver(load) : null
  const answers = load === null || judged === memory?.judged ? [] : [answer(load, { overMs, windows, scope: scope as Node, own })]
  const isOpen = incident !== null || answers[0]?.is === 'match'
  const mayMatch = load === null ? newest[2] !== null && newest[2] > own.open_load1 : load.counted.some(([, value]) => value > load.open)
  return isOpen || mayMatch ? { answers, memory: { judged, overMs }, wakeMs: isOpen ? null : newest[0] + own.newest_s * 1000 } : { answers, memory: null }
}

type Node = Extract<Scope, { type: 'node' }>

function isAfter (ms: number, afterMs: number | null): boolean {
  return afterMs === null || ms > afterMs
}

function loadOf (reports: Report[], atMs: number, own: Settings): Load | null {
  const cpu = reports.flatMap(([ms, value]): Array<[number, number]> => value === null ? [] : [[ms, value]])
  if (cpu.length > 0) {
    const recent = cpu.filter(([ms]) => ms > atMs - own.mean_s * 1000)
    const counted = recent.length > 0 ? recent : cpu.slice(-1)
    return { form: 'cpu', mean: meanOf(counted), values: cpu, counted, open: own.open_cpu_pct, clear: own.clear_cpu_pct }
  }
  const values = reports.flatMap(([ms, , value]): Array<[number, number]> => value === null ? [] : [[ms, value]])
  const counted = values.slice(-own.load1_rows)
  return counted.length < own.load1_rows ? null : { form: 'load', mean: meanOf(counted), values, counted, open: own.open_load1, clear: own.clear_load1 }
}

/** Of the reports that count, and of those before them without a break: a queue may bring them all at once. */
function firstOver ({ values, counted, open }: Load): number | null {
  const first = counted.find(([, value]) => value > open)
  if (first === undefined) return null
  const earlier = values.slice(0, values.indexOf(first))
  return values[earlier.findLastIndex(([, value]) => value <= open) + 1]?.[0] ?? first[0]
}

function meanOf (counted: Array<[number, number]>): number {
  return counted.reduce((sum, [, value]) => sum + value, 0) / counted.length
}

function answer (load: Load, { overMs, windows, scope, own }: { overMs: number | null, windows: BadWindowRow[], scope: Node, own: Settings }): Answer {
  const { form, mean, counted, open, clear } = load
  const reportMs = counted.at(-1)![0]
  if (mean > open && (form === 'load' || windows.length > 0)) {
    const severity = form === 'cpu' && mean > own.critical_cpu_pct ? 'critical' : 'major'
    const text = form === 'cpu' ? describeCpu(scope.node, { mean, counted, windows, settings: own }) : describeLoad(scope.node, { mean, counted, settings: own })
    return { is: 'match', rowMs: Math.max(reportMs, form === 'cpu' ? windows.at(-1)![0] : 0), startedMs: overMs ?? reportMs, finding: { severity, ...text } }
  }
  return mean <= clear ? { is: 'clear', rowMs: reportMs } : { is: 'hold', rowMs: reportMs, run: false }
}
