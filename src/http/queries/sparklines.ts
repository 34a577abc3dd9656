/* eslint-disable sql/constants -- columns of closed lists, by the type of each function */
import type { Pool } from 'pg'
import { describeLinkChart, describeNodeChart, describePathChart, type ChartMetric } from '../../charts/catalogue.js'
import { drawSparkline } from '../../charts/sparkline.js'
import { select } from './select.js'
import { linkMeasures, type pathMeasures } from './series.js'

/** Hour since the start of the range, mean, least and greatest value. */
type Hour = [hour: number, mean: number, min: number, max: number]

interface Sparks { key: string, hours: Hour[] }

export interface SparkedLink { a: string, b: string, medium: string }

const hourMs = 3_600_000
const hours = 24
/** Parts names in a key; no name has control characters. */
const separator = '\u001f'

/** $1: the first hour. $2: what is past the last. Rows come with key, bucket, and n, avg, min and max of the metric. */
const binHours = (rows: string) => `
select key, json_agg(json_build_array(hour, mean, least, greatest) order by hour) as hours from (
  select key, (extract(epoch from bucket - $1::timestamptz) / 3600)::int as hour, sum(avg * n) / sum(n) as mean, min(min) as least, max(max) as greatest
  from (${rows}) hour where n > 0 group by key, bucket
) binned group by key`

const columns = (metric: string) => ['n', 'avg', 'min', 'max'].map((what) => `${metric}_${what} as ${what}`).join(', ')
const key = (...names: string[]) => names.join(" || e'\\x1f' || ")
const inRange = 'bucket >= $1::timestamptz and bucket < $2::timestamptz'

const selectPathHours = (metric: string) => binHours(`
  select ${key('src', 'dst')} as key, bucket, ${columns(metric)}
  from path_probe_hourly where ${inRange} and src = any($3::text[]) and dst = any($4::text[])`)

/** Both directions as seen from a, the end in $3. */
const selectLinkHours = (metric: string, turned: string) => binHours([['from_node', 'to_node', metric], ['to_node', 'from_node', turned]].map(([a = '', b = '', own = '']) => `
  select ${key(a, b, "case when link_type in ('', 'unknown') then 'rf' else link_type end")} as key, bucket, ${columns(own)}
  from hop_quality_hourly where ${inRange} and ${a} = any($3::text[]) and ${b} = any($4::text[])`).join(' union all '))

const selectNodeHours = (metric: string) => binHours(`
  select node as key, bucket, ${columns(metric)} from agent_health_hourly where ${inRange} and node = any($3::text[])`)

/** A sparkline of the last 24 hours for each path of a table, in their order, from one statement on the hourly aggregate. */
export async function sparkPaths (db: Pool, paths: readonly { src: string, dst: string }[], metric: keyof typeof pathMeasures, nowMs: number): Promise<string[]> {
  const rows = await readHours(db, selectPathHours(metric), [paths.map(({ src }) => src), paths.map(({ dst }) => dst)], nowMs)
  return drawAll(rows, paths.map(({ src, dst }) => ({ key: [src, dst].join(separator), subject: `${src} → ${dst}` })), describePathChart(metric), nowMs)
}

/** The same for links, as seen from a: `a` is the end that sorts first, as in the list of links. */
export async function sparkLinks (db: Pool, links: readonly SparkedLink[], metric: Exclude<keyof typeof linkMeasures, 'quality'>, nowMs: number): Promise<string[]> {
  const measure = linkMeasures[metric]
  const rows = await readHours(db, selectLinkHours(metric, 'turned' in measure ? measure.turned : metric), [links.map(({ a }) => a), links.map(({ b }) => b)], nowMs)
  return drawAll(rows, links.map(({ a, b, medium }) => ({ key: [a, b, medium].join(separator), subject: `${a} – ${b}` })), describeLinkChart(metric), nowMs)
}

export async function sparkNodes (db: Pool, nodes: readonly string[], metric: 'cpu_pct' | 'mem_mb' | 'free_mem_mb' | 'load1', nowMs: number): Promise<string[]> {
  const rows = await readHours(db, selectNodeHours(metric), [nodes], nowMs)
  return drawAll(rows, nodes.map((node) => ({ key: node, subject: node })), describeNodeChart(metric), nowMs)
}

async function readHours (db: Pool, statement: string, names: readonly (readonly string[])[], nowMs: number): Promise<Map<string, Hour[]>> {
  if (names[0]?.length === 0) return new Map()
  const { fromMs, toMs } = rangeOf(nowMs)
  const rows = await select<Sparks>(db, statement, [new Date(fromMs).toISOString(), new Date(toMs).toISOString(), ...names])
  return new Map(rows.map((row) => [row.key, row.hours]))
}

function drawAll (rows: Map<string, Hour[]>, subjects: { key: string, subject: string }[], metric: ChartMetric | undefined, nowMs: number): string[] {
  if (metric === undefined) throw new TypeError('there are charts of what is measured only')
  const { fromMs, toMs } = rangeOf(nowMs)
  return subjects.map(({ key, subject }) => {
    const points = (rows.get(key) ?? []).map(([hour, mean, min, max]) => ({ timeMs: fromMs + (hour + 0.5) * hourMs, mean, min, max }))
    return drawSparkline({ metric, subject, points, stepS: hourMs / 1000, fromMs, toMs })
  })
}

/** Whole hours, the one that runs included. */
function rangeOf (nowMs: number): { fromMs: number, toMs: number } {
  const toMs = (Math.floor(nowMs / hourMs) + 1) * hourMs
  return { fromMs: toMs - hours * hourMs, toMs }
}
