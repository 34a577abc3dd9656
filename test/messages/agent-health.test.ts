import t from 'tap'
import { accept, at, payloadMessage, receivedAt, reject } from '../support/messages.js'

const base = { schema: 'meshmon.v2', type: 'agent_health', node: 'node-A', sent_at: '2026-11-22T11:00:00Z' }

function row (over: object): object {
  return accept({ ...base, ...over }).rows[0]?.values ?? {}
}

t.test('a report of the v1 agent becomes one health row', async (t) => {
  const time = at('2026-11-22T10:38:37Z')
  t.same(accept(payloadMessage('v1-agent_health.json')), {
    type: 'agent_health',
    rows: [{
      table: 'agent_health',
      values: {
        time, received_at: receivedAt, sent_at: null, clock_suspect: false, node: 'HB9AK-HAP-1', source: 'agent',
        cpu_pct: 0, mem_mb: 2.9, queue_len: 0, neighbors_seen: null, uptime_seconds: 0, restart_count: 0,
        threads_responsive: true, health_score: 100, reporting_reason: null, routing_daemon: 'olsr',
        lat: 47.3769, lon: 8.5417, grid_square: 'JN47gj',
        hardware_model: 'MikroTik RouterBOARD 952Ui-5ac2nD (hAP ac lite)', firmware_version: '3.25.8.0', load1: null, free_mem_mb: null,
        details: {
          checks: { memory_stable: true, no_recent_crashes: true, sip_service_ok: true, phonebook_current: true },
          sip_service: { active_calls: 1, registered_users: 2 },
          monitoring: { probe_queue_depth: 0, last_probe_sent: 'N/A' },
        },
        extra: null,
      },
    }],
    sightings: [{
      name: 'HB9AK-HAP-1', kind: 'router', time, sendsItself: true, version: '3.25.8.0',
      model: 'MikroTik RouterBOARD 952Ui-5ac2nD (hAP ac lite)', lat: 47.3769, lon: 8.5417, info: { grid_square: 'JN47gj' },
    }],
    neighbours: [],
    skippedProbes: 0,
    clockSuspect: false,
  })
})

t.test('a report of the v2 agent keeps its objects, and times never set are null', async (t) => {
  t.match(accept(payloadMessage('v2-agent_health-no-phonebook-yet.json')).rows[0]?.values, {
    threads_responsive: true, reporting_reason: 'restart', queue_len: null, extra: null,
    details: {
      phonebook: { last_updated: null, fetch_status: 'UNKNOWN', csv_hash: '', entries_loaded: 0 },
      threads: { all_responsive: true, health_reporter: { responsive: true, last_heartbeat: '2026-11-22T10:39:52Z', heartbeat_age_seconds: 0 } },
    },
  })
})

t.test('all but node and sent_at may be absent or null', async (t) => {
  t.match(row({}), { cpu_pct: null, threads_responsive: null, details: null, extra: null })
  t.match(row({ cpu_pct: null, threads: null, location: null, lat: null }), { cpu_pct: null, details: null, lat: null, extra: null })
  t.equal(reject({ ...base, node: undefined }), '/node is required')
  t.equal(reject({ ...base, sent_at: undefined }), '/sent_at is required')
})

t.test('an uptime above ten years is null, a real one stays', async (t) => {
  t.match(row({ uptime_seconds: 1795343876 }), { uptime_seconds: null })
  t.match(row({ uptime_seconds: 9 * 365 * 86400 }), { uptime_seconds: 283_824_000 })
})

t.test('coordinates are numbers or text', async (t) => {
  t.match(row({ lat: 47.5, lon: '-8.25' }), { lat: 47.5, lon: -8.25 })
  t.match(row({ lat: 'unknown', lon: '' }), { lat: null, lon: null, extra: null })
  t.match(row({ lat: '91', lon: 'east' }), { lat: null, lon: null, extra: { lat: '91', lon: 'east' } })
  t.equal(reject({ ...base, lat: true }), '/lat must be a number or text or null')
})

t.test('a location serves where the message has no coordinates of its own', async (t) => {
  const message = accept({ ...base, location: { lat: '47.1', lon: 8.2, elevation_m: 570, source: 'gps' } })
  t.match(message.rows[0]?.values, { lat: 47.1, lon: 8.2, details: { location: { lat: '47.1', lon: 8.2, elevation_m: 570, source: 'gps' } }, extra: null })
  t.match(message.sightings, [{ lat: 47.1, lon: 8.2, elevation_m: 570 }])
})

t.test('half a position does not move the node', async (t) => {
  t.notOk('lat' in (accept({ ...base, lat: 47.1 }).sightings[0] ?? {}))
  t.ok('lat' in (accept({ ...base, lat: 47.1, lon: 8 }).sightings[0] ?? {}))
})

t.test('a location serves where the coordinates of its own are "unknown"', async (t) => {
  const location = { lat: 47.1, lon: 8.2 }
  t.match(accept({ ...base, lat: 'unknown', lon: 'unknown', location }).rows[0]?.values, { lat: 47.1, lon: 8.2, extra: null })
  t.match(accept({ ...base, lat: '46.9', lon: '7.4', location }).rows[0]?.values, { lat: 46.9, lon: 7.4 })
})

t.test('"unknown" is no grid square, model or version', async (t) => {
  const message = accept(payloadMessage('v1-agent_health-no-routing-no-sysinfo.json'))
  t.match(message.rows[0]?.values, { grid_square: null, hardware_model: null, firmware_version: null, lat: null, lon: null, routing_daemon: 'none', extra: null })
  t.same(Object.keys(message.sightings[0] ?? {}), ['name', 'kind', 'time', 'sendsItself'])
})

t.test('timestamp repeats sent_at and is kept only where it does not', async (t) => {
  t.match(row({ timestamp: at(base.sent_at) / 1e6 }), { extra: null })
  t.match(row({ timestamp: 5 }), { extra: { timestamp: 5 } })
})

t.test('numbers out of range are refused', async (t) => {
  t.equal(reject({ ...base, cpu_pct: 100.5 }), '/cpu_pct must be <= 100')
  t.equal(reject({ ...base, health_score: -1 }), '/health_score must be >= 0')
  t.equal(reject({ ...base, queue_len: 2 ** 31 }), '/queue_len must be <= 2147483647')
  t.equal(reject({ ...base, queue_len: 1.5 }), '/queue_len must be a whole number or null')
  t.equal(reject({ ...base, mem_mb: '5' }), '/mem_mb must be a number or null')
  t.match(row({ queue_len: 2 ** 31 - 1, cpu_pct: 100 }), { queue_len: 2147483647, cpu_pct: 100 })
})
