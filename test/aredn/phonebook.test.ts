import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { KnownNode } from '../../src/aredn/known-nodes.js'
import { families, messagesOf } from '../../src/aredn/phonebook.js'
import { PhonebookReader } from '../../src/aredn/phonebook-reader.js'
import type { PageOutcome } from '../../src/aredn/read-node.js'
import { createMessageReader } from '../../src/messages/index.js'
import { packageRoot } from '../../src/paths.js'

const nowMs = Date.UTC(2026, 10, 22, 12)
const read = createMessageReader()
const context = { receivedAt: nowMs * 1000, networkStatusTiming: 'unusable' as const }
const payload = (file: string) => JSON.parse(readFileSync(join(packageRoot, 'test/fixtures/payloads', file), 'utf8')) as { node: string }
const pageAt = (path: string) => families.flat().find((page) => page.path === `/cgi-bin/${path}`)!
const become = (path: string, page: object, node: string) => messagesOf(pageAt(path), page, { node, nowMs })

/** Rows and the sender of each, as the collector makes them. */
const stored = (messages: object[]) => messages.map((message) => {
  const result = read(message, context)
  if (!result.ok) throw new Error(JSON.stringify(result))
  return result.message
})

t.test('version 1: the pages are the messages as they are posted', async (t) => {
  const health = payload('v1-agent_health.json')
  const network = payload('v1-network_status-20-probes.json')
  const crash = { schema: 'meshmon.v1', type: 'crash_report', node: health.node, sent_at: '2026-11-22T10:00:00Z', crash_time: '2026-11-22T09:59:00Z', signal: 11, signal_name: 'SIGSEGV' }
  t.match(stored(become('health', health, health.node.toLowerCase())), [{ type: 'agent_health', rows: [{ table: 'agent_health', values: { node: health.node } }], sightings: [{ sendsItself: false }] }])
  t.match(stored(become('network', network, network.node)), [{ type: 'network_status', rows: { length: 20 } }])
  t.match(stored(become('crash', [crash, { ...crash, crash_time: '2026-11-22T09:00:00Z' }], health.node)), [{ type: 'crash_report' }, { type: 'crash_report' }])
  t.match(stored([health]), [{ sightings: [{ sendsItself: true }] }], 'what the node posts itself is told apart')
})

t.test('version 2: health, phones and its own connections', async (t) => {
  const node = 'HB9X-1'
  t.match(stored(become('health_status', { timestamp: nowMs / 1000 - 60, cpu_pct: 12, mem_mb: 4, health_score: 100 }, node)), [{ rows: [{ values: { node, cpu_pct: 12, time: (nowMs - 60_000) * 1000 } }] }])
  const phones = {
    version: '1', num_results: 3, last_update: '2026-11-22T11:50:00Z', test_interval: 600,
    results: [
      { phone_number: '441234', ping_status: 'ONLINE', ping_rtt: 12.5, ping_jitter: 1.5, options_status: 'ONLINE', options_rtt: 20, options_jitter: 2, timestamp: 'x' },
      { phone_number: '441235', ping_status: 'OFFLINE', ping_rtt: 0, ping_jitter: 0, options_status: 'what', options_rtt: -1 }, { phone_number: '' }, null,
    ],
  }
  const [tested] = stored(become('phone_ping_json', phones, node))
  t.equal(tested?.type, 'phone_test_result')
  const rowsOf = (table: string) => tested?.rows.filter((row) => row.table === table).map(({ values }) => values)
  t.match(rowsOf('phone_test'), [{ node, phone_number: '441234', options_rtt_avg_ms: 20 }, { phone_number: '441235', options_rtt_avg_ms: null }])
  t.match(rowsOf('path_probe'), [{ src: node, dst: 'phone:441234', rtt_ms: 12.5, loss_pct: null, time: Date.UTC(2026, 10, 22, 11, 50) * 1000 }, { dst: 'phone:441235', loss_pct: 100 }])
  const topology = {
    version: '2.0', source_node: { name: node, type: 'router' },
    connections: [
      { source: node, target: 'HB9Y', rtt_avg_ms: 8.25, last_updated: nowMs / 1000 - 5 }, { source: 'HB9Y', target: 'HB9Z', rtt_avg_ms: 3, last_updated: '2026-11-22T11:49:00Z' },
      { source: 'HB9Y', target: 'HB9X', rtt_avg_ms: 4 }, { source: '', target: 'HB9X', rtt_avg_ms: 4, last_updated: nowMs / 1000 },
      { source: node, target: node, rtt_avg_ms: 1 }, { source: node, target: 'HB9W', rtt_avg_ms: 'n/a' }, 'odd',
    ],
  }
  const paths = stored(become('topology_json', topology, node))
  t.match(paths, [
    { type: 'path_result', rows: [{ values: { src: node, dst: 'HB9Y', rtt_ms: 8.25, loss_pct: null } }] },
    { type: 'path_result', rows: [{ values: { src: 'HB9Y', dst: 'HB9Z', rtt_ms: 3, time: Date.UTC(2026, 10, 22, 11, 49) * 1000 } }] },
  ])
  t.equal(paths.length, 2, 'what is between others and has no time is not of now')
  t.same(paths.flatMap(({ sightings }) => sightings.map(({ sendsItself }) => sendsItself)), [false, false])
})

t.test('errors with status 200, pages that are something else, and pages that speak for another node become nothing', async (t) => {
  for (const { path } of families.flat()) {
    for (const page of [{ error: 'not ready' }, [], {}, [1, 'x', null], { results: 5, connections: {} }]) {
      const messages = messagesOf(families.flat().find((one) => one.path === path)!, page, { node: 'a', nowMs })
      t.ok(messages.length === 0 || path.endsWith('health_status'), `${path} ${JSON.stringify(page)}`)
    }
  }
  const health = payload('v1-agent_health.json')
  t.same(become('health', health, 'other'), [])
  t.same(become('health_status', { ...health, cpu_pct: 99 }, 'other'), [])
  t.equal(become('health', health, health.node).length, 1)
  t.equal(become('crash', Array.from({ length: 900 }, () => ({ type: 'crash_report', node: 'a' })), 'a').length, 50)
})

t.test('looked for once a day, read each time where they are, sent on where they say something new', async (t) => {
  const health = payload('v1-agent_health.json')
  let at = nowMs
  let pages: Record<string, object> = {}
  const asked: string[] = []
  const reader = new PhonebookReader({
    now: () => at,
    async readPage (_, path): Promise<PageOutcome> {
      asked.push(path)
      const page = pages[path]
      const common = { address: '10.0.0.1', bytes: 100, requests: 1 }
      return page === undefined ? { ok: false, ...common, failure: 'status', detail: 'status 404' } : { ok: true, ...common, page }
    },
  })
  const node: KnownNode = { host: 'a', address: '10.0.0.1', isSeed: false, heardMs: 0 }
  const visit = async () => {
    asked.length = 0
    const { messages, requests, bytes } = await reader.read(node, health.node, new AbortController().signal)
    t.same({ requests, bytes }, { requests: asked.length, bytes: 100 * asked.length })
    return { asked: [...asked], messages: messages.length }
  }
  t.same(await visit(), { asked: ['/cgi-bin/health', '/cgi-bin/health_status'], messages: 0 })
  t.same(await visit(), { asked: [], messages: 0 }, 'it has none, which is remembered')
  pages = { '/cgi-bin/health': health }
  at += 86_400_000
  const all = ['/cgi-bin/health', '/cgi-bin/network', '/cgi-bin/crash']
  t.same(await visit(), { asked: [...all, '/cgi-bin/health_status'], messages: 1 })
  t.same(await visit(), { asked: all, messages: 0 }, 'the same again is not sent again')
  pages = { '/cgi-bin/health': { ...health, cpu_pct: 50 } }
  t.same(await visit(), { asked: all, messages: 1 })
  pages = {}
  t.same(await visit(), { asked: ['/cgi-bin/health'], messages: 0 }, 'one that fails is not asked for the rest')
})
