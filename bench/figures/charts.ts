import type pg from 'pg'
import { rollups } from '../../src/database/relations.js'
import { less, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { startCollector } from '../support/programs.js'
import { within } from '../support/scope.js'
import { createNativeDatabase, openClient } from '../support/servers.js'
import { count, quantile } from '../support/stats.js'

const what = 'GET /charts/radios/…/year.svg of a metric with 35,040 readings, native server'
const target = 'median < 50 ms'
const mostMs = 50
const answers = 100
const warmUp = 5

const insertNodes = `
insert into nodes (name, kind, first_seen, last_seen, last_time, battery)
values ('bench-rep', 'repeater', now() - interval '365 days', now(), now(), null), ('bench-a', 'router', now() - interval '90 days', now(), now(), null)`

const insertNames = `
insert into names (folded, name) select name, name from unnest(array['bench-rep', 'bench-a', 'bench-b']) as n (name) on conflict do nothing`

/** A year of a repeater with a solar panel, read every 15 minutes; it starts anew every 50 days. */
const insertReadings = `
insert into radio_metrics (time, node, metric, value)
select time, 'bench-rep', reading.metric, reading.value
from generate_series(now() - interval '365 days', now(), interval '15 minutes') with ordinality as readings (time, i)
cross join lateral (values
  ('bat', 3750 + 250 * greatest(0, sin((extract(hour from time) - 7) / 12.0 * pi())) + 30 * random()),
  ('uptime', (i % 4800) * 900), ('nb_recv', (i % 4800) * 180 + floor(40 * random())), ('flood_dups', (i * 60) % 65536),
  ('telemetry.temperature.2', 10 + 8 * sin(extract(doy from time) / 58.0) + 4 * random())) as reading (metric, value)`

/** A path measured every 40 seconds for 90 days, and a node that reports every 5 minutes. */
const insertWindows = `
insert into path_probe (time, src, dst, peer, route, rtt_ms, jitter_ms, loss_pct)
select time, 'bench-a', 'bench-b', 'bench-b', '["bench-a", "bench-b"]', 40 + 20 * random(), 3 * random(), case when random() < 0.02 then 5 else 0 end
from generate_series(now() - interval '90 days', now(), interval '40 seconds') as time`
const insertHealth = `
insert into agent_health (time, node, cpu_pct, mem_mb)
select time, 'bench-a', 20 + 30 * random(), 60 from generate_series(now() - interval '90 days', now(), interval '5 minutes') as time`

const charts = [
  ...['bat', 'bat_pct', 'nb_recv', 'telemetry.temperature.2'].map((metric) => `radios/bench-rep/${metric}/year`),
  ...['day', 'week', 'month'].map((window) => `radios/bench-rep/bat/${window}`),
  ...['day', 'week', 'month', 'year'].map((window) => `paths/bench-a/bench-b/rtt_ms/${window}`),
  ...['day', 'week', 'month', 'year'].map((window) => `nodes/bench-a/cpu_pct/${window}`),
]

export async function chartsDrawn (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  return await within(bench.scope, async (scope) => {
    const collector = await startCollector(scope, { url: await createNativeDatabase(scope, server) })
    const client = await openClient(scope, collector.database)
    const { rows: [edition] } = await client.query<{ license: string }>("select current_setting('timescaledb.license') as license")
    if (edition?.license === 'apache') return unmeasured(what, target, 'rows inserted past the writer are in no aggregate of the Apache edition')
    await fill(client)
    bench.progress('a year of readings and 90 days of windows present')
    const asked = []
    for (const chart of charts) asked.push(await ask(`http://127.0.0.1:${collector.port}/charts/${chart}.svg`, chart))
    const years = asked.filter(({ chart }) => /^radios.*year$/.test(chart))
    const [p50Ms, p95Ms] = [Math.max(...years.map((year) => year.p50Ms)), Math.max(...years.map((year) => year.p95Ms))]
    return {
      what,
      measured: `slowest of ${years.length}: median ${p50Ms.toFixed(1)} ms, p95 ${p95Ms.toFixed(1)} ms`,
      target,
      pass: p50Ms < mostMs,
      numbers: { year_chart_ms: less(p50Ms) },
      notes: [...asked.map(({ chart, p50Ms, p95Ms, bytes }) => `${chart} p50 ${p50Ms.toFixed(1)} ms, p95 ${p95Ms.toFixed(1)} ms, ${count(bytes)} bytes`), server.description],
      data: { server: server.description, asked },
    }
  })
}

async function fill (client: pg.Client): Promise<void> {
  for (const statement of [insertNodes, insertNames, insertReadings, insertWindows, insertHealth]) await client.query(statement)
  for (const { name } of rollups) await client.query(`call refresh_continuous_aggregate('${name}', null, null)`)
  await client.query('analyze radio_metrics, path_probe, agent_health')
}

/** One question at a time. */
async function ask (url: string, chart: string): Promise<{ chart: string, p50Ms: number, p95Ms: number, bytes: number }> {
  const latenciesMs: number[] = []
  let bytes = 0
  for (let i = 0; i < warmUp + answers; i++) {
    const started = performance.now()
    const answer = await fetch(url)
    bytes = (await answer.arrayBuffer()).byteLength
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`)
    if (i >= warmUp) latenciesMs.push(performance.now() - started)
  }
  return { chart, p50Ms: quantile(latenciesMs, 0.5), p95Ms: quantile(latenciesMs, 0.95), bytes }
}
