import { sum } from 'd3-array'
import { pino } from 'pino'
import type { Pool } from 'pg'
import { rollups } from '../../src/database/relations.js'
import { createPool } from '../../src/database/pool.js'
import { noBrowser, startBrowser } from '../../test/support/browser.js'
import { less, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { makeHistory } from '../support/history.js'
import { startCollector } from '../support/programs.js'
import { within, type Scope } from '../support/scope.js'
import { createNativeDatabase } from '../support/servers.js'
import { quantile } from '../support/stats.js'

const what = 'dashboard of 300 nodes, 50 issues, 90 days of history, native server'
const target = 'p95 of every page < 100 ms, weight < 200 KB, interactive < 1 s'
const mostMs = 100
const mostBytes = 200 * 1024
const mostInteractiveMs = 1000
const visits = 10
const rounds = 60
const warmUp = 5
const nodes = 300

const placeNodes = `
update nodes set lat = 46.5 + (substr(name, 3)::int % 20) / 20.0, lon = 7 + (substr(name, 3)::int / 20) / 10.0, version = '3.25.8.0', model = 'MikroTik hAP ac lite' where name like 'n-%'`

/** 30 of nodes and links, and 20 of paths that one of them explains. */
const insertIncidents = `
insert into incidents (id, kind, category, subject, scope, state, severity, impact, cause, next_steps, evidence, started_at, opened_at, caused_by)
select 'bench-' || i, kind, case kind when 'node_silent' then 'node' else 'network' end, subject, scope, 'open', (array['critical', 'major', 'minor'])[1 + i % 3],
  jsonb_build_object('routes', 3, 'nodes', jsonb_build_array('n-1', 'n-2'), 'paths', jsonb_build_array('n-1>n-2', 'n-2>n-3')), 'The signal fell by 12 dB to -84 dBm, an antenna out of alignment or an obstruction.',
  array['Check the antenna', 'Look for new buildings or trees between the two', 'Ask its owner'], jsonb_build_object('metric', 'lq', 'unit', '', 'open', 0.7, 'clear', 0.8, 'points', '[]'::jsonb),
  now() - i * interval '1 minute', now() - i * interval '1 minute', case when i > 30 then 'bench-' || i - 30 end
from generate_series(1, 50) as i
cross join lateral (select case when i > 30 then 'loss_spike' when i % 2 = 0 then 'node_silent' else 'rf_quality_drop' end as kind) as kinds
cross join lateral (select
  case kind when 'loss_spike' then 'n-' || i || '>n-' || i + 62 when 'node_silent' then 'n-' || i else 'n-' || i || '--n-' || i + 1 end as subject,
  case kind when 'loss_spike' then jsonb_build_object('type', 'path', 'src', 'n-' || i, 'dst', 'n-' || i + 62)
    when 'node_silent' then jsonb_build_object('type', 'node', 'node', 'n-' || i) else jsonb_build_object('type', 'link', 'a', 'n-' || i, 'b', 'n-' || i + 1, 'medium', 'rf') end as scope) as subjects`

const pages = ['/', '/ui/issues', '/ui/issues/bench-1', '/ui/topology', '/ui/nodes', '/ui/nodes/n-1', '/ui/links', '/ui/paths', '/ui/paths/n-1/n-3', '/ui/radios', '/ui/rules', '/ui/rejected']

/** Each page as often as the others, by turns; the slowest one counts. Weight and the time until a click answers are those of the first page. */
export async function dashboard (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  return await within(bench.scope, async (scope) => {
    const url = await createNativeDatabase(scope, server)
    const days = Math.max(2, Math.round(90 * bench.scale))
    await fill(url, days)
    bench.progress(`${days} days of history are made`)
    // The engine would find a mesh that went silent.
    const collector = await startCollector(scope, { url }, { ENGINE_INTERVAL_S: '300' })
    const asked = await askAll(`http://127.0.0.1:${collector.port}`)
    const failed = asked.find(({ status }) => status !== 200)
    if (failed !== undefined) throw new Error(`${failed.path} answers ${failed.status}`)
    const worstMs = Math.max(...asked.map(({ p95Ms }) => p95Ms))
    const firstMs = asked[0]?.p95Ms ?? NaN
    const weight = await weigh(`http://127.0.0.1:${collector.port}`)
    const interactiveMs = noBrowser === false ? await visit(scope, `http://127.0.0.1:${collector.port}`) : null
    return {
      what,
      measured: `p95 ${worstMs.toFixed(0)} ms, ${kilobytes(weight.sent)}, interactive ${interactiveMs === null ? 'not measured' : `in ${interactiveMs.toFixed(0)} ms`}`,
      target,
      pass: worstMs < mostMs && weight.sent < mostBytes && (interactiveMs ?? 0) < mostInteractiveMs,
      numbers: {
        dashboard_p95_ms: less(firstMs), dashboard_slowest_p95_ms: less(worstMs), dashboard_bytes: less(weight.plain), dashboard_sent_bytes: less(weight.sent),
        ...interactiveMs !== null && { dashboard_interactive_ms: less(interactiveMs) },
      },
      notes: [
        ...asked.map(({ path, p50Ms, p95Ms, plain, sent }) => `${path}: median ${p50Ms.toFixed(0)} ms, p95 ${p95Ms.toFixed(0)} ms, ${kilobytes(plain)}, sent ${kilobytes(sent)}`),
        `weight: / with everything that it loads, as it is sent; ${kilobytes(weight.plain)} before compression`,
        noBrowser === false ? 'interactive: from the navigation of an empty tab to / until a click has magnified the map, at 1280 px' : `interactive: ${noBrowser}`,
        server.description,
      ],
      data: { server: server.description, days, asked, weight, interactiveMs },
    }
  })
}

async function fill (url: string, days: number): Promise<void> {
  const pool: Pool = createPool({ connectionString: url, applicationName: 'bench', max: 2, statementTimeoutMs: 1_200_000 }, pino({ level: 'silent' }))
  try {
    const nowMs = Date.now()
    await makeHistory(pool, { nodes, days, startMs: nowMs, toMs: nowMs })
    await pool.query(placeNodes)
    await pool.query('insert into names (folded, name) select lower(name), name from nodes on conflict do nothing')
    await pool.query(insertIncidents)
    for (const { name } of rollups) await pool.query(`call refresh_continuous_aggregate('${name}', null, null)`)
    await pool.query('vacuum analyze')
  } finally {
    await pool.end()
  }
}

/** Bytes of an answer, and of what went over the line. */
interface Weight { plain: number, sent: number }

interface Asked extends Weight { path: string, status: number, p50Ms: number, p95Ms: number }

const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(0)} KB`

async function askAll (base: string): Promise<Asked[]> {
  const asked = pages.map((path) => ({ path, status: 200, plain: 0, sent: 0, tookMs: new Array<number>() }))
  for (let round = 0; round < rounds + warmUp; round++) {
    for (const page of asked) {
      const since = performance.now()
      const answer = await fetch(`${base}${page.path}`)
      Object.assign(page, await weightOf(answer))
      if (round >= warmUp) page.tookMs.push(performance.now() - since)
      if (answer.status !== 200) page.status = answer.status
    }
  }
  return asked.map(({ tookMs, ...page }) => ({ ...page, p50Ms: quantile(tookMs, 0.5), p95Ms: quantile(tookMs, 0.95) }))
}

async function weightOf (answer: Response): Promise<Weight> {
  const plain = (await answer.arrayBuffer()).byteLength
  return { plain, sent: Number(answer.headers.get('content-length') ?? plain) }
}

/** The first page and all that it loads. */
async function weigh (base: string): Promise<Weight> {
  const page = await fetch(`${base}/`)
  const paths = [...(await page.clone().text()).matchAll(/"(\/ui\/assets\/[^"]+)"/g)].map(([, path]) => path)
  const weights = await Promise.all([page, ...paths.map((path) => fetch(`${base}${path}`))].map(async (answer) => await weightOf(await answer)))
  return { plain: sum(weights, ({ plain }) => plain), sent: sum(weights, ({ sent }) => sent) }
}

/** The median time until the first page does what a click wants, in a browser that has seen nothing of it. */
async function visit (scope: Scope, base: string): Promise<number> {
  const { open } = await startBrowser(scope)
  const tookMs: number[] = []
  for (let i = 0; i < visits; i++) {
    const { page } = await open(scope, `${base}/healthz`, { width: 1280 })
    const since = performance.now()
    await page.goto(`${base}/`, { waitUntil: 'commit' })
    await page.click('.map-buttons button')
    await page.waitForSelector('.map.is-magnified')
    tookMs.push(performance.now() - since)
  }
  return quantile(tookMs, 0.5)
}
