import pino from 'pino'
import type { Pool } from 'pg'
import type { Test } from 'tap'
import { buildApp, type EngineSources } from '../../src/app.js'
import { loadConfig } from '../../src/config.js'
import type { Site } from '../../src/places/sites.js'
import { createMetrics } from '../../src/metrics.js'
import type { Edition } from '../../src/database/edition.js'
import { rollups } from '../../src/database/relations.js'
import { createTestDatabase, skippedHalves } from './database.js'

/** What the API takes for now in these tests. */
export const nowMs = Date.UTC(2026, 5, 15, 12)

/** RFC 3339 of the moment `seconds` before that. */
export const ago = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString()

/** The application without a database behind it, or with one; /ingest takes nothing. */
export async function buildTestApp (db: Pool, settings: Record<string, string> = {}, engine: Partial<EngineSources> = {}, { sites = [], linksKeptMs = 0 }: { sites?: readonly Site[] | undefined, linksKeptMs?: number | undefined } = {}) {
  return await buildApp({
    config: loadConfig(settings).config,
    log: pino({ level: 'silent' }),
    metrics: createMetrics(() => 0),
    readMetrics: async () => '',
    ingest: { accept: async () => ({ received: 1, stored: 1, duplicates: 0, rejected: [] }), quarantine: async () => {} },
    health: { status: () => ({ queue_rows: 0, database: {}, maintenance: [], engine: { last_slot: null, last_evaluation: null, error: null } }), unreadyReason: async () => null },
    engine: { rules: () => ({ engine: {}, rules: [] }), healthUnknownAfterS: () => 1800, replay: async () => ({ incidents: [], slots: 0 }), ...engine },
    sites,
    db,
    now: () => nowMs,
    linksKeptMs,
  })
}

const tables = [
  'path_probe', 'hop_quality', 'agent_health', 'crash_reports', 'phone_test', 'radio_metrics', 'worker_event', 'nodes', 'names', 'incidents', 'incident_journal',
  'rejected_messages', 'known_links', 'maintenance', 'rule_evaluation', 'engine_slot', 'outbox', 'notifications',
]
// Several times faster than truncate, which makes new files for every chunk and index.
const clear = tables.map((table) => `delete from ${table}`).join(';')
const clearRollups = ['touched_buckets', ...rollups.map(({ name }) => `${name}_stored`)].map((table) => `delete from ${table}`).join(';')

/**
 * The API over a migrated database of the file's own, empty again before each of its tests. `get` gives status, headers and the body,
 * parsed where it is JSON.
 */
export async function startTestApi (t: Test, { edition: asked, settings = {}, engine, sites, linksKeptMs }: { edition?: Edition, settings?: Record<string, string>, engine?: Partial<EngineSources>, sites?: readonly Site[], linksKeptMs?: number } = {}) {
  const { pool, isEmbedded, edition } = await createTestDatabase(t, { edition: asked })
  const app = await buildTestApp(pool, settings, engine, { sites, linksKeptMs })
  t.teardown(() => app.close())
  t.beforeEach(async () => { await pool.query(edition === 'apache' ? `${clear};${clearRollups}` : clear) })

  async function request (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) {
    const { statusCode: status, headers, payload } = await app.inject({ method, url: path, ...(body && { payload: body }) })
    const isJson = String(headers['content-type']).includes('json')
    return { status, headers, text: payload, body: isJson ? JSON.parse(payload) : undefined }
  }

  return {
    app,
    pool,
    edition,
    isEmbedded,
    request,
    get: (path: string) => request('GET', path),
    /** Follows the Link header to the last page. */
    async getPages (path: string): Promise<Record<string, unknown>[][]> {
      const pages = []
      for (let next: string | undefined = path; next !== undefined;) {
        const answer: Awaited<ReturnType<typeof request>> = await request('GET', next)
        if (answer.status !== 200) throw new Error(answer.text)
        pages.push(answer.body)
        next = /^<([^>]*)>; rel="next"$/.exec(String(answer.headers.link))?.[1]
      }
      return pages
    },
    /** Stores every bucket of a rollup that has rows, however old: the maintenance task leaves those alone that are out of its reach. */
    async refresh (rollup: string): Promise<void> {
      await pool.query(edition === 'apache' ? refreshOrdinary(rollup) : `call refresh_continuous_aggregate('${rollup}', null, null)`)
    },
  }
}

export type TestApi = Awaited<ReturnType<typeof startTestApi>>

function refreshOrdinary (rollup: string): string {
  const marked = `select distinct bucket from touched_buckets where rollup = '${rollup}'`
  return `
    delete from ${rollup}_stored where bucket in (${marked});
    insert into ${rollup}_stored select live.* from (${marked}) marked cross join lateral ${rollup}_live(marked.bucket) live;
    delete from touched_buckets where rollup = '${rollup}'`
}

/**
 * The same API on a database of either edition: `test(name, body)` runs the body on each that `skippedHalves` leaves. It does not wait in
 * between: with nothing under way, tap would take the file for finished.
 */
export async function startEachApi (t: Test, settings: Record<string, string> = {}): Promise<(name: string, body: (t: Test, api: TestApi) => Promise<void>) => void> {
  const skipped = await skippedHalves()
  const start = async (edition: Edition): Promise<TestApi | null> => skipped[edition] === false ? await startTestApi(t, { edition, settings }) : null
  const apis = [['community', await start('community')], ['apache', await start('apache')]] as const
  return (name, body) => {
    for (const [edition, api] of apis) {
      if (api === null) t.test(`${edition}: ${name}`, { skip: skipped[edition] }, () => {})
      else t.test(`${edition}: ${name}`, (t) => body(t, api))
    }
  }
}

/** Inserts rows; columns not given take their defaults. Names become known as ingest makes them. */
export async function insert (pool: Pool, table: string, rows: Record<string, unknown>[]): Promise<void> {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  for (const row of rows) {
    const given = columns.filter((column) => row[column] !== undefined)
    const values = given.map((column) => isJson(column, row[column]) ? JSON.stringify(row[column]) : row[column])
    await pool.query(`insert into ${table} (${given.join(', ')}) values (${given.map((_, i) => `$${i + 1}`).join(', ')})`, values)
  }
  const names = rows.flatMap((row) => ['src', 'dst', 'node', 'from_node', 'to_node', ...(table === 'nodes' ? ['name'] : [])].map((column) => row[column]))
    .filter((name) => typeof name === 'string')
  await pool.query('insert into names (folded, name) select lower(name), name from unnest($1::text[]) as n(name) on conflict do nothing', [[...new Set(names)]])
}

function isJson (column: string, value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Buffer.isBuffer(value) && column !== 'next_steps'
}

/** A row of `incidents`, about a node unless `scope` says otherwise. */
export function incident (id: string, startedS: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id, kind: 'node_silent', category: 'node', subject: `n-${id}`, scope: { type: 'node', node: `n-${id}` }, state: 'open', severity: 'major', impact: { routes: 0, nodes: [], paths: [] },
    started_at: ago(startedS), opened_at: ago(startedS - 1), ...more,
  }
}

export const closed = (endedS: number) => ({ state: 'closed', ended_at: ago(endedS), resolution: 'recovered' })
