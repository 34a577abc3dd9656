import t from 'tap'
import { accept, at, payloadMessage, receivedAt, reject } from '../support/messages.js'

const base = { schema: 'meshmon.v1', type: 'crash_report', node: 'node-A' }

function row (over: object): object {
  return accept({ ...base, ...over }).rows[0]?.values ?? {}
}

t.test('the form of the v2 agent', async (t) => {
  const time = at('2026-11-22T10:39:48Z')
  t.same(accept(payloadMessage('v2-crash_report.json')), {
    type: 'crash_report',
    rows: [{
      table: 'crash_reports',
      values: {
        time, received_at: receivedAt, sent_at: null, clock_suspect: false, node: 'HB9BLA-HAP-2',
        signal: 11, signal_name: 'SIGSEGV', description: 'Segmentation fault (invalid memory access)', thread_id: '0', last_operation: '',
        uptime_at_crash_s: null, memory_at_crash_mb: 1.6, cpu_at_crash_pct: 0, crash_count_24h: 1,
        restart_count: null, active_calls: 2, backtrace: null, context: null, extra: null,
      },
    }],
    sightings: [{ name: 'HB9BLA-HAP-2', kind: 'router', time, sendsItself: true }],
    neighbours: [],
    skippedProbes: 0,
    clockSuspect: false,
  })
})

t.test('the form of the v1 agent', async (t) => {
  const [crash]: unknown[] = Object.values(Object(payloadMessage('v1-crashes.FILE-ONLY.json')))
  t.match(accept(crash).rows[0]?.values, {
    time: at('2026-11-22T10:39:39Z'), node: 'HB9AK-HAP-1', signal: 11, description: 'Signal 11 at 1795343979', uptime_at_crash_s: 1, restart_count: 0, extra: null,
  })
})

t.test('the designed form', async (t) => {
  t.match(row({
    crash_time: '2026-11-22T10:39:39Z', thread_id: 7, uptime_at_crash: 3600, backtrace: ['a', 'b'], context: { active_calls: 1, last_successful_fetch: '1970-01-01T00:00:00Z' },
  }), { thread_id: '7', uptime_at_crash_s: 3600, backtrace: ['a', 'b'], context: { active_calls: 1, last_successful_fetch: null }, extra: null })
})

t.test('only node and one of the two times are needed', async (t) => {
  t.match(row({ crash_time: '2026-11-22T10:00:00Z' }), { time: at('2026-11-22T10:00:00Z'), sent_at: null, signal: null, description: null })
  t.match(row({ sent_at: '2026-11-22T10:00:00Z', crash_time: null }), { time: at('2026-11-22T10:00:00Z'), sent_at: null })
  t.equal(reject(base), '/crash_time is required (or sent_at)')
  t.equal(reject({ ...base, node: undefined, sent_at: '2026-11-22T10:00:00Z' }), '/node is required')
})

t.test('an uptime above ten years is null', async (t) => {
  const crash = { crash_time: '2026-11-22T10:00:00Z' }
  t.match(row({ ...crash, uptime_at_crash: 1795343876 }), { uptime_at_crash_s: null })
  t.match(row({ ...crash, uptime_before_crash: 86_400 }), { uptime_at_crash_s: 86_400 })
})

t.test('the time is that of the crash, and of its report where the clock was not set before', async (t) => {
  t.match(row({ crash_time: '2026-11-22T10:00:00Z', sent_at: '2026-11-22T11:00:00Z' }),
    { time: at('2026-11-22T10:00:00Z'), sent_at: at('2026-11-22T11:00:00Z'), clock_suspect: false, extra: null })
  t.match(row({ crash_time: '1970-01-01T00:10:00Z', sent_at: '2026-11-22T11:00:00Z' }),
    { time: at('2026-11-22T11:00:00Z'), sent_at: null, clock_suspect: false, extra: { crash_time: '1970-01-01T00:10:00Z' } })
  t.match(row({ crash_time: '1970-01-01T00:10:00Z', sent_at: '1970-01-01T00:10:05Z' }),
    { time: receivedAt, sent_at: at('1970-01-01T00:10:05Z'), clock_suspect: true, extra: { crash_time: '1970-01-01T00:10:00Z' } })
})

t.test('fields of the same meaning do not push one another out', async (t) => {
  t.match(row({ crash_time: '2026-11-22T10:00:00Z', description: 'a', reason: 'b', uptime_at_crash: 1, uptime_before_crash: 2 }),
    { description: 'a', uptime_at_crash_s: 1, extra: { reason: 'b', uptime_before_crash: 2 } })
})
