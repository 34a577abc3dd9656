import t from 'tap'
import { createMessageReader } from '../../src/messages/index.js'
t.test('x', async () => {
  const read = createMessageReader()
  let n = 0
  const ctx = { receivedAt: Date.UTC(2026, 10, 22, 11) * 1000, networkStatusTiming: 'unusable' as const, nextReceipt: () => 1 + n++ }
  console.log(JSON.stringify(read({
    schema: 'meshmon.v1', type: 'path_result', src: 'node-A', dst: 'node-K', sent_at: '2025-09-29T18:41:05Z', window_s: 5, route: ['node-A', 'node-D'], z: 1,
    metrics: { rtt_ms_avg: 72.3, jitter_ms_rfc3550: 11.8, loss_pct: 0.9, q: [1] }, agent: { ver: '0.1.0', cpu_pct: 4.2, mem_mb: 6.8, k: 1 },
  }, ctx)))
})
