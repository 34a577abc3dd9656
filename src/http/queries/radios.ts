import type { Pool } from 'pg'
import { batteryMetrics, describeMetric, uptimeMetrics } from '../../radio/metrics.js'
import { binRates, growthOf, type CounterReading } from '../../radio/rates.js'
import { decodeCursor, makePage, type Page } from '../paging.js'
import type { RadioBody, RadioEventBody, ReadingBody } from '../schemas/radios.js'
import type { Range } from '../series/range.js'
import { before } from '../time.js'
import { findNames } from './names.js'
import { select } from './select.js'
import { rangeParameters, type BinRow } from './series.js'

/** A reading older than this is not what the radio reads now. */
const lookBackS = 7 * 86_400
/** Metrics of one radio: firmware has some thirty, telemetry adds a few per sensor. */
const mostMetrics = 200
/** The reading before the range gives its first rate. */
const leadS = 3600

export type RadioIdentity = Pick<RadioBody, 'id' | 'kind' | 'battery'>
type RadioRow = Omit<RadioBody, 'readings' | 'last_event'> & { key: number }

const selectRadios = `
select id as key, name as id, kind, public_key, version, model, battery, info, site, lat, lon, first_seen, last_seen
from nodes
where kind <> 'router' and ($1::text is null or lower(name) = lower($1)) and ($1 is not null or retired_at is null)
  and ($2::bigint is null or id < $2)
order by key desc limit $3`

const selectFirstOf = 'select name from nodes where kind = $1 and retired_at is null order by id limit 1'

/** One index look-up per radio and metric. bat_pct is never stored; a radio that says nothing of its battery has one Li-ion cell. */
const selectReadings = `
with recursive named (node, metric, n) as (
  select radio.node, first.metric, 1 from unnest($1::text[]) as radio (node)
  cross join lateral (select metric from radio_metrics r where r.node = radio.node and r.time > $2 order by metric limit 1) first
  union all
  select named.node, next.metric, n + 1 from named
  cross join lateral (select metric from radio_metrics r where r.node = named.node and r.metric > named.metric and r.time > $2 order by metric limit 1) next
  where n < ${mostMetrics}
), newest as (
  select named.node, named.metric, last.time, last.value from named
  cross join lateral (select time, value from radio_metrics r where r.node = named.node and r.metric = named.metric and r.time > $2 order by time desc limit 1) last
)
select node, metric, time, value from newest
union all
select node, 'bat_pct', time, bat_pct(value, coalesce(chemistry, 'liion'), coalesce(cells, 1))
from newest join unnest($1::text[], $3::text[], $4::int[]) as battery (node, chemistry, cells) using (node)
where metric = any($5::text[])
order by node, metric`

const selectEvents = `
select event.* from unnest($1::text[]) as radio (node)
cross join lateral (select node, time, event, reason, details from worker_event e where e.node = radio.node and e.time > $2 order by time desc limit $3) event
order by event.time desc, event.node`

const selectGauges = {
  raw: `
select metric, time_bucket(make_interval(secs => $3), time, timestamptz 'epoch') as time, avg(value) as mean, min(value) as min, max(value) as max
from radio_metrics where node = $5 and metric = any($4::text[]) and time >= $1::timestamptz and time < $2::timestamptz group by 1, 2 order by 1, 2`,
  hourly: selectGaugesOf('hourly'),
  daily: selectGaugesOf('daily'),
}

function selectGaugesOf (step: 'hourly' | 'daily'): string {
  return `
select metric, time_bucket(make_interval(secs => $3), bucket, timestamptz 'epoch') as time, sum(avg * n) / sum(n) as mean, min(min) as min, max(max) as max
from radio_metrics_${step} where node = $5 and metric = any($4::text[]) and bucket >= $1::timestamptz and bucket < $2::timestamptz
group by 1, 2 order by 1, 2`
}

/** The charge is computed from each stored voltage: its curve is not a line. */
const selectBattery = {
  raw: `
select 'bat_pct' as metric, time_bucket(make_interval(secs => $3), time, timestamptz 'epoch') as time, avg(pct) as mean, min(pct) as min, max(pct) as max
from (
  select time, bat_pct(value, $6, $7::int) as pct from radio_metrics
  where node = $5 and metric = any($4::text[]) and time >= $1::timestamptz and time < $2::timestamptz
) charge where pct is not null group by 2 order by 2`,
  hourly: selectBatteryOf('hourly'),
  daily: selectBatteryOf('daily'),
}

function selectBatteryOf (step: 'hourly' | 'daily'): string {
  return `
select 'bat_pct' as metric, time_bucket(make_interval(secs => $3), bucket, timestamptz 'epoch') as time,
  sum(bat_pct(avg, $6, $7::int) * n) / sum(n) as mean, min(bat_pct(min, $6, $7::int)) as min, max(bat_pct(max, $6, $7::int)) as max
from radio_metrics_${step} where node = $5 and metric = any($4::text[]) and bucket >= $1::timestamptz and bucket < $2::timestamptz
  and bat_pct(avg, $6, $7::int) is not null group by 2 order by 2`
}

const selectCounters = {
  raw: `
select metric, time, value as first, value as last, value as min, value as max
from radio_metrics where node = $4 and metric = any($3::text[]) and time >= $1::timestamptz and time < $2::timestamptz order by metric, time`,
  hourly: selectCountersOf('hourly'),
  daily: selectCountersOf('daily'),
}

function selectCountersOf (step: 'hourly' | 'daily'): string {
  return `
select metric, bucket as time, first, last, min, max
from radio_metrics_${step} where node = $4 and metric = any($3::text[]) and bucket >= $1::timestamptz and bucket < $2::timestamptz order by metric, bucket`
}

const selectMetricNames = `
with recursive named (metric, n) as (
  (select metric, 1 from radio_metrics where node = $1 and time >= $2::timestamptz and time < $3::timestamptz order by metric limit 1)
  union all
  select next.metric, n + 1 from named cross join lateral (
    select metric from radio_metrics r where r.node = $1 and r.metric > named.metric and r.time >= $2 and r.time < $3 order by metric limit 1) next
  where n < ${mostMetrics}
)
select metric from named`

/** Radios with their newest readings, the newest radio first. */
export async function listRadios (db: Pool, { limit, cursor }: { limit: number, cursor?: string }, nowMs: number): Promise<Page<RadioBody>> {
  const after = decodeCursor(cursor, ['integer'])
  const rows = await select<RadioRow>(db, selectRadios, [null, ...after, limit + 1])
  const { rows: shown, next } = makePage(rows, limit, ({ key }) => [key])
  return { rows: await addReadings(db, shown, nowMs), next }
}

/** The radio of this role that was known before the others. */
export async function findFirstRadio (db: Pool, role: RadioBody['kind']): Promise<string | undefined> {
  const [radio] = await select<{ name: string }>(db, selectFirstOf, [role])
  return radio?.name
}

/** A radio, retired ones too; undefined where there is none of this name. */
export async function findRadio (db: Pool, name: string, nowMs: number): Promise<RadioBody | undefined> {
  const [radio] = await addReadings(db, await selectRadio(db, name), nowMs)
  return radio
}

/** What its readings are told by: the stored spelling of its name, its kind and its battery. */
export async function identifyRadio (db: Pool, name: string): Promise<RadioIdentity | undefined> {
  const [radio] = await selectRadio(db, name)
  return radio
}

async function selectRadio (db: Pool, name: string): Promise<RadioRow[]> {
  const [spelled] = await findNames(db, [name])
  return await select<RadioRow>(db, selectRadios, [spelled ?? name, null, 1])
}

/** What the worker said of a radio in the last 7 days, newest first, at most `limit` for each. */
export async function listEvents (db: Pool, nodes: string[], limit: number, nowMs: number): Promise<(RadioEventBody & { node: string })[]> {
  return await select<RadioEventBody & { node: string }>(db, selectEvents, [nodes, before(nowMs, lookBackS), limit])
}

async function addReadings (db: Pool, rows: RadioRow[], nowMs: number): Promise<RadioBody[]> {
  const nodes = rows.map(({ id }) => id)
  const batteries = rows.map(({ battery }) => readBattery(battery))
  const readings = await select<ReadingBody & { node: string, metric: string }>(db, selectReadings, [
    nodes, before(nowMs, lookBackS), batteries.map(({ chemistry }) => chemistry), batteries.map(({ cells }) => cells), batteryMetrics,
  ])
  const events = await listEvents(db, nodes, 1, nowMs)
  return rows.map(({ key, ...radio }) => ({
    ...radio,
    readings: Object.fromEntries(readings.filter(({ node }) => node === radio.id).map(({ metric, time, value }) => [metric, { time, value, unit: describeMetric(metric).storedUnit }])),
    last_event: events.filter(({ node }) => node === radio.id).map(({ node, ...event }) => event)[0] ?? null,
  }))
}

/** Chemistry and cells, as far as the radio's settings name them. */
export function readBattery (battery: Record<string, unknown> | null): { chemistry: string, cells: number } {
  const { chemistry, cells } = battery ?? {}
  return { chemistry: typeof chemistry === 'string' ? chemistry : 'liion', cells: typeof cells === 'number' && Number.isInteger(cells) ? cells : 1 }
}

/** Metrics with a value in the range, bat_pct included where there is a voltage. */
export async function listMetrics (db: Pool, node: string, { fromMs, toMs }: Range): Promise<string[]> {
  const rows = await select<{ metric: string }>(db, selectMetricNames, [node, new Date(fromMs).toISOString(), new Date(toMs).toISOString()])
  const metrics = rows.map(({ metric }) => metric)
  return metrics.some((metric) => batteryMetrics.includes(metric)) ? [...metrics, 'bat_pct'] : metrics
}

/** Values as stored, in bins. */
export async function binGauges (db: Pool, node: string, range: Range, metrics: string[]): Promise<BinRow[]> {
  if (metrics.length === 0) return []
  return await select<BinRow>(db, selectGauges[range.source], [...rangeParameters(range), metrics, node])
}

export async function binCharge (db: Pool, { id, battery }: RadioIdentity, range: Range): Promise<BinRow[]> {
  const { chemistry, cells } = readBattery(battery)
  return await select<BinRow>(db, selectBattery[range.source], [...rangeParameters(range), batteryMetrics, id, chemistry, cells])
}

/** Counters as rates per minute, in bins. */
export async function binCounters (db: Pool, node: string, range: Range, metrics: string[]): Promise<BinRow[]> {
  if (metrics.length === 0) return []
  const bucketS = { raw: undefined, hourly: 3600, daily: 86_400 }[range.source]
  const [from, to] = rangeParameters({ ...range, fromMs: range.fromMs - (bucketS ?? leadS) * 1000 })
  const rows = await select<CounterReading & { metric: string, time: string }>(db, selectCounters[range.source], [from, to, [...metrics, ...uptimeMetrics], node])
  const readings = new Map<string, CounterReading[]>()
  for (const { metric, time, ...values } of rows) {
    const reading = { ...values, timeMs: Date.parse(time) }
    const list = readings.get(metric)
    if (list === undefined) readings.set(metric, [reading])
    else list.push(reading)
  }
  const uptimes = uptimeMetrics.flatMap((metric) => readings.get(metric) ?? [])
  const firstMs = Date.parse(rangeParameters(range)[0])

  return metrics.flatMap((metric) => {
    const growths = growthOf(readings.get(metric) ?? [], uptimes, { counterBits: describeMetric(metric).counterBits ?? 32, nowMs: range.nowMs, ...bucketS !== undefined && { bucketS } })
    return binRates(growths.filter(({ timeMs }) => timeMs >= firstMs), range.stepS)
      .map(({ timeMs, ...values }) => ({ metric, time: new Date(timeMs).toISOString(), ...values }))
  })
}
