import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { less, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { startLoad } from '../support/load.js'
import { startCollector } from '../support/programs.js'
import { within } from '../support/scope.js'
import { createNativeDatabase, openClient } from '../support/servers.js'
import { count, quantile } from '../support/stats.js'

const what = 'GET /issues and /nodes p99 during full ingest, native server'
const target = '< 50 ms'
const mostMs = 50
const seconds = 20
const pauseMs = 20
const [incidents, openIncidents, nodes] = [10_000, 1000, 1000]

const insertNodes = `
insert into nodes (name, kind, first_seen, last_seen, last_time, version, model, lat, lon, address)
select 'bench-' || i, 'router', now() - interval '30 days', now(), now(), '3.25.8.0', 'MikroTik hAP ac lite', 47 + i / 1000.0, 8 + i / 1000.0, '10.1.' || i / 250 || '.' || i % 250
from generate_series(1, $1::int) as i on conflict do nothing`

const insertIncidents = `
insert into incidents (id, kind, category, subject, scope, state, severity, impact, cause, next_steps, evidence, started_at, opened_at, ended_at, resolution)
select 'bench-' || i, 'node_silent', 'node', 'bench-' || i, jsonb_build_object('type', 'node', 'node', 'bench-' || i), case when i <= $2 then 'open' else 'closed' end,
  'major', '{"routes": 3, "nodes": ["bench-1", "bench-2"], "paths": []}', 'No message for 10 min, where one comes every 40 s.', array['Look whether it has power.', 'Ask its owner.'],
  jsonb_build_object('metric', 'gap_s', 'unit', 's', 'open', 600, 'clear', 60, 'points',
    (select jsonb_agg(jsonb_build_array(to_char(now() - p * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), p * 40)) from generate_series(1, 20) as p)),
  now() - i * interval '1 minute', now() - i * interval '1 minute', case when i > $2 then now() end, case when i > $2 then 'recovered' end
from generate_series(1, $1::int) as i`

export async function queries (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  return await within(bench.scope, async (scope) => {
    const collector = await startCollector(scope, { url: await createNativeDatabase(scope, server) })
    const client = await openClient(scope, collector.database)
    await fill(client)
    const load = await startLoad(scope, { port: collector.port, file: await bench.traffic(), perRequest: 100, connections: 8, maxLatencies: 0 })
    await load.run({ firstPass: 0, seconds: 3 })
    bench.progress(`${count(incidents)} incidents and ${count(nodes)} nodes present; asking for ${seconds} s under load`)
    const until = performance.now() + seconds * bench.scale * 1000
    const ingesting = load.run({ firstPass: 100, seconds: seconds * bench.scale })
    const asked = await Promise.all(['/issues', '/nodes'].map(async (path) => await ask(`http://127.0.0.1:${collector.port}${path}`, path, until)))
    const { messages, seconds: took } = await ingesting
    const answered = asked.filter(({ status }) => status === 200)
    return {
      what,
      measured: asked.map(({ path, status, p99Ms }) => status === 200 ? `${path} ${p99Ms.toFixed(1)} ms` : `${path} answers ${status}`).join(', '),
      target,
      pass: answered.length === asked.length && answered.every(({ p99Ms }) => p99Ms < mostMs),
      numbers: { get_p99_ms: less(Math.max(...answered.map(({ p99Ms }) => p99Ms))) },
      notes: [`ingest meanwhile: ${count(messages / took)} messages/s; ${count(incidents)} incidents (${count(openIncidents)} open) and ${count(nodes)} nodes present`, server.description],
      data: { server: server.description, asked, ingestPerS: messages / took },
    }
  })
}

async function fill (client: pg.Client): Promise<void> {
  await client.query(insertNodes, [nodes])
  await client.query(insertIncidents, [incidents, openIncidents])
  await client.query('analyze nodes, incidents')
}

/** Asks again and again until then, one question at a time. The last status that is not 200 is the one that counts. */
async function ask (url: string, path: string, until: number): Promise<{ path: string, status: number, p50Ms: number, p99Ms: number, answers: number }> {
  const latenciesMs: number[] = []
  let status = 200
  while (performance.now() < until) {
    const started = performance.now()
    const answer = await fetch(url)
    await answer.arrayBuffer()
    latenciesMs.push(performance.now() - started)
    if (answer.status !== 200) status = answer.status
    await delay(pauseMs)
  }
  return { path, status, p50Ms: quantile(latenciesMs, 0.5), p99Ms: quantile(latenciesMs, 0.99), answers: latenciesMs.length }
}
