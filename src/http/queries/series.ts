import type { Pool } from 'pg'
import type { Range } from '../series/range.js'
import { select } from './select.js'

/** A column that can be drawn. */
interface Measure {
  unit: string
  /** Rows that count, where not all do. */
  usable?: string
  /** What takes its place where a link is told from the other end. */
  turned?: string
}

export const pathMeasures = {
  rtt_ms: { unit: 'ms', usable: 'timing_usable' },
  jitter_ms: { unit: 'ms', usable: 'timing_usable' },
  loss_pct: { unit: '%', usable: 'loss_usable' },
} as const satisfies Record<string, Measure>

export const linkMeasures = {
  lq: { unit: '', turned: 'nlq' },
  nlq: { unit: '', turned: 'lq' },
  etx: { unit: '', usable: 'not route_cost' },
  rtt_ms: { unit: 'ms' },
  signal_dbm: { unit: 'dBm' },
  noise_dbm: { unit: 'dBm' },
  tx_bitrate_mbps: { unit: 'Mbit/s' },
  rxcost: { unit: '', turned: 'txcost' },
  txcost: { unit: '', turned: 'rxcost' },
  quality: { unit: '' },
} as const satisfies Record<string, Measure>

export const nodeMeasures = {
  cpu_pct: { unit: '%' },
  mem_mb: { unit: 'MB' },
  free_mem_mb: { unit: 'MB' },
  load1: { unit: '' },
  health_score: { unit: '' },
  uptime_seconds: { unit: 's' },
  restart_count: { unit: '' },
  queue_len: { unit: '' },
  neighbors_seen: { unit: '' },
} as const satisfies Record<string, Measure>

export interface BinRow { metric: string, time: string, mean: number, min: number, max: number }

type Measures = Record<string, Measure>

const bin = (column: string) => `time_bucket(make_interval(secs => $3), ${column}, timestamptz 'epoch') as time`

/** Of single rows: the values of each row stand below one another, so that one statement serves any choice of metrics ($4). */
function binRaw (measures: Measures, rows: string): string {
  const values = Object.entries(measures).map(([name, { usable = 'true', turned }]) =>
    `('${name}', ${turned === undefined ? name : `case when turned then ${turned} else ${name} end`}, ${usable})`)
  return `
select metric, ${bin('time')}, avg(value) as mean, min(value) as min, max(value) as max
from (${rows}) rows cross join lateral (values ${values.join(', ')}) as measure (metric, value, usable)
where metric = any($4::text[]) and value is not null and usable group by 1, 2 order by 1, 2`
}

/** Of an aggregate: means weigh by how many values they stand for. */
function binAggregate (measures: Measures, rows: string): string {
  const values = Object.entries(measures).map(([name, { turned = name }]) => {
    const columns = ['avg', 'min', 'max', 'n'].map((what) => turned === name ? `${name}_${what}` : `case when turned then ${turned}_${what} else ${name}_${what} end`)
    return `('${name}', ${columns.join(', ')})`
  })
  return `
select metric, ${bin('bucket')}, sum(measure.avg * measure.n) / sum(measure.n) as mean, min(measure.min) as min, max(measure.max) as max
from (${rows}) rows cross join lateral (values ${values.join(', ')}) as measure (metric, avg, min, max, n)
where metric = any($4::text[]) and measure.n > 0 group by 1, 2 order by 1, 2`
}

const between = (time: string) => `${time} >= $1::timestamptz and ${time} < $2::timestamptz`

const pathRows = (table: string, time: string) => `select * from ${table} where src = $5 and dst = $6 and ${between(time)}`

const linkRows = (table: string, time: string) => [['$5', '$6', 'false'], ['$6', '$5', 'true']].map(([from, to, turned]) => `
  select *, ${turned} as turned from ${table}
  where from_node = ${from} and to_node = ${to} and ${between(time)}
    and link_type = any(case $7 when 'rf' then array['rf', '', 'unknown'] else array[$7] end)`).join(' union all ')

const nodeRows = (table: string, time: string) => `select * from ${table} where node = $5 and ${between(time)}`

const statements = {
  path: {
    raw: binRaw(pathMeasures, pathRows('path_probe', 'time')),
    hourly: binAggregate(pathMeasures, pathRows('path_probe_hourly', 'bucket')),
    daily: binAggregate(pathMeasures, pathRows('path_probe_daily', 'bucket')),
  },
  link: {
    raw: binRaw(linkMeasures, linkRows('hop_quality', 'time')),
    hourly: binAggregate(linkMeasures, linkRows('hop_quality_hourly', 'bucket')),
    daily: binAggregate(linkMeasures, linkRows('hop_quality_daily', 'bucket')),
  },
  node: {
    raw: binRaw(nodeMeasures, nodeRows('agent_health', 'time')),
    hourly: binAggregate(nodeMeasures, nodeRows('agent_health_hourly', 'bucket')),
    daily: binAggregate(nodeMeasures, nodeRows('agent_health_daily', 'bucket')),
  },
}

const sourceMs = { raw: 0, hourly: 3_600_000, daily: 86_400_000 }

/** Bounds and bin width of a statement: an aggregate's bucket counts from its start, so the one that `from` falls into is taken whole. */
export function rangeParameters ({ fromMs, toMs, stepS, source }: Range): [from: string, to: string, stepS: number] {
  const bucketMs = sourceMs[source]
  const first = bucketMs === 0 ? fromMs : Math.floor(fromMs / bucketMs) * bucketMs
  return [new Date(first).toISOString(), new Date(toMs).toISOString(), stepS]
}

export async function binPath (db: Pool, { src, dst }: { src: string, dst: string }, range: Range, metrics: readonly string[]): Promise<BinRow[]> {
  return await select<BinRow>(db, statements.path[range.source], [...rangeParameters(range), metrics, src, dst])
}

/** As seen from a. */
export async function binLink (db: Pool, link: { a: string, b: string, medium: string }, range: Range, metrics: readonly string[]): Promise<BinRow[]> {
  return await select<BinRow>(db, statements.link[range.source], [...rangeParameters(range), metrics, link.a, link.b, link.medium])
}

export async function binNode (db: Pool, node: string, range: Range, metrics: readonly string[]): Promise<BinRow[]> {
  return await select<BinRow>(db, statements.node[range.source], [...rangeParameters(range), metrics, node])
}
