import t from 'tap'
import { accept, at, payloadMessage, receivedAt, reject } from '../support/messages.js'

const base = {
  schema: 'meshmon.v1', type: 'path_result', src: 'node-A', dst: 'node-K', sent_at: '2026-11-22T11:00:00Z',
  route: ['node-A', 'node-K'], metrics: { rtt_ms_avg: 70, jitter_ms_rfc3550: 3, loss_pct: 0 },
}

function row (over: object): object {
  return accept({ ...base, ...over }).rows[0]?.values ?? {}
}

t.test('the sample of the developer guide becomes one path row', async (t) => {
  t.same(accept(payloadMessage('guide-path_result.json')), {
    type: 'path_result',
    rows: [{
      table: 'path_probe',
      values: {
        time: at('2025-09-29T18:41:05Z'), received_at: receivedAt, sent_at: null, clock_suspect: false,
        src: 'node-A', dst: 'node-K', peer: 'node-K', route: ['node-A', 'node-D', 'node-H', 'node-K'],
        rtt_ms: 72.3, jitter_ms: 11.8, loss_pct: 0.9, window_s: 5,
        timing_usable: true, loss_usable: true, neighbors_seen: null, extra: null,
      },
    }],
    sightings: [{
      name: 'node-A', kind: 'router', time: at('2025-09-29T18:41:05Z'), sendsItself: true,
      agentVersion: '0.1.0', info: { agent: { ver: '0.1.0', cpu_pct: 4.2, mem_mb: 6.8 } },
    }],
    neighbours: [],
    skippedProbes: 0,
    clockSuspect: false,
  })
})

t.test('window_s is 5 where it is absent or null, and between 1 and 3600', async (t) => {
  t.match(row({}), { window_s: 5 })
  t.match(row({ window_s: null }), { window_s: 5 })
  t.match(row({ window_s: 3600 }), { window_s: 3600 })
  t.equal(reject({ ...base, window_s: 3601 }), '/window_s must be <= 3600')
  t.equal(reject({ ...base, window_s: 0 }), '/window_s must be >= 1')
})

t.test('a route may be empty or unknown, and is never absent', async (t) => {
  t.match(row({ route: [] }), { route: [] })
  t.match(row({ route: ['unknown'] }), { route: ['unknown'] })
  t.equal(reject({ ...base, route: undefined }), '/route is required')
  t.equal(reject({ ...base, route: 'node-A' }), '/route must be a list')
  t.equal(reject({ ...base, route: ['node-A', ''] }), '/route/1 must not be empty')
})

t.test('every metric may be absent or null: not measured', async (t) => {
  t.match(row({ metrics: {} }), { rtt_ms: null, jitter_ms: null, loss_pct: null })
  t.match(row({ metrics: { rtt_ms_avg: null, jitter_ms_rfc3550: null, loss_pct: null } }), { rtt_ms: null, jitter_ms: null, loss_pct: null })
  t.equal(reject({ ...base, metrics: undefined }), '/metrics is required')
})

t.test('jitter_ms is another name of jitter_ms_rfc3550', async (t) => {
  t.match(row({ metrics: { jitter_ms: 7 } }), { jitter_ms: 7, extra: null })
})

t.test('a window with every probe lost has no rtt and no jitter; a zero that can be true stays', async (t) => {
  t.match(row({ metrics: { rtt_ms_avg: 0, jitter_ms_rfc3550: 0, loss_pct: 100 } }), { rtt_ms: null, jitter_ms: null, loss_pct: 100 })
  t.match(row({ metrics: { rtt_ms_avg: 0, jitter_ms_rfc3550: 0, loss_pct: 0 } }), { rtt_ms: 0, jitter_ms: 0, loss_pct: 0 })
  t.match(row({ metrics: { rtt_ms_avg: 12, jitter_ms_rfc3550: 0, loss_pct: 100 } }), { rtt_ms: 12, jitter_ms: 0, loss_pct: 100 })
})

t.test('fields nobody knows are kept where they stood', async (t) => {
  t.match(row({ seen: [1], metrics: { p95: 3 }, agent: { ver: '1', arch: 'mips' } }), { extra: { seen: [1], metrics: { p95: 3 }, agent: { arch: 'mips' } } })
  t.match(row({ agent: { ver: '1' } }), { extra: null })
})
