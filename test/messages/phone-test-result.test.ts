import t from 'tap'
import { accept, at, receivedAt, reject } from '../support/messages.js'

const time = at('2026-11-22T11:00:00Z')
const base = { schema: 'meshmon.v2', type: 'phone_test_result', node: 'node-A', sent_at: '2026-11-22T11:00:00Z' }
const online = { status: 'ONLINE', packets_sent: 5, packets_received: 4, loss_pct: 20, rtt_min_ms: 10, rtt_avg_ms: 12.5, rtt_max_ms: 20, jitter_ms: 3 }

t.test('each test becomes a phone row, and a path row where the phone was pinged', async (t) => {
  const stamp = { time, received_at: receivedAt, sent_at: null, clock_suspect: false }
  const message = accept({
    ...base,
    test_interval_seconds: 60,
    phones_tested: 1,
    total_phones: null,
    summary: { avg_rtt_online_ms: 12.5 },
    tests: [{ phone_number: '196330', display_name: 'HB9BLA', dns_hostname: '196330.local.mesh', dns_resolved: true, dns_ip: '10.1.2.3', ping: online, options: { status: 'ONLINE', rtt_avg_ms: 30 } }],
  })
  t.same(message, {
    type: 'phone_test_result',
    rows: [{
      table: 'phone_test',
      values: {
        ...stamp, node: 'node-A', phone_number: '196330', display_name: 'HB9BLA', dns_hostname: '196330.local.mesh', dns_resolved: true, dns_ip: '10.1.2.3',
        ping_status: 'ONLINE', ping_packets_sent: 5, ping_packets_received: 4, ping_loss_pct: 20,
        ping_rtt_min_ms: 10, ping_rtt_avg_ms: 12.5, ping_rtt_max_ms: 20, ping_jitter_ms: 3,
        options_status: 'ONLINE', options_packets_sent: null, options_packets_received: null, options_loss_pct: null,
        options_rtt_min_ms: null, options_rtt_avg_ms: 30, options_rtt_max_ms: null, options_jitter_ms: null, extra: null,
      },
    }, {
      table: 'path_probe',
      values: {
        ...stamp, src: 'node-A', dst: 'phone:196330', peer: 'phone:196330', route: [], rtt_ms: 12.5, jitter_ms: 3, loss_pct: 20, window_s: null,
        timing_usable: true, loss_usable: true, neighbors_seen: null, extra: null,
      },
    }],
    sightings: [{
      name: 'node-A', kind: 'router', time, sendsItself: true,
      info: { phones: { test_interval_seconds: 60, phones_tested: 1, summary: { avg_rtt_online_ms: 12.5 } } },
    }],
    neighbours: [],
    skippedProbes: 0,
    clockSuspect: false,
  })
})

t.test('a phone that is off is a path with every packet lost, whose times nobody measured', async (t) => {
  const { rows } = accept({ ...base, tests: [{ phone_number: '1', ping: { ...online, status: 'OFFLINE', loss_pct: null, rtt_min_ms: 0, rtt_avg_ms: 0, rtt_max_ms: 0, jitter_ms: 0 } }] })
  t.match(rows, [
    { values: { ping_status: 'OFFLINE', ping_loss_pct: null, ping_rtt_min_ms: null, ping_rtt_avg_ms: null, ping_rtt_max_ms: null, ping_jitter_ms: null } },
    { table: 'path_probe', values: { loss_pct: 100, rtt_ms: null, jitter_ms: null } },
  ])
})

t.test('a phone without a name in DNS or not tested gives no path', async (t) => {
  for (const status of ['NO_DNS', 'DISABLED']) {
    const { rows } = accept({ ...base, tests: [{ phone_number: '1', dns_resolved: false, ping: { status }, options: { status } }] })
    t.match(rows, [{ table: 'phone_test', values: { ping_status: status, options_status: status, dns_resolved: false, ping_rtt_avg_ms: null } }])
    t.equal(rows.length, 1)
  }
  t.equal(accept({ ...base, tests: [{ phone_number: '1' }] }).rows.length, 1)
})

t.test('what the contract does not know is kept with the phone', async (t) => {
  t.match(accept({ ...base, build: 7, tests: [{ phone_number: '1', codec: 'g711', ping: { status: 'ONLINE', ttl: 3 } }] }).rows[0]?.values,
    { extra: { build: 7, tests: { codec: 'g711', ping: { ttl: 3 } } } })
})

t.test('bad tests', async (t) => {
  t.equal(reject({ ...base, tests: [{ phone_number: '1', ping: { status: 'MAYBE' } }] }), '/tests/0/ping/status must be one of ONLINE, OFFLINE, NO_DNS, DISABLED')
  t.equal(reject({ ...base, tests: [{ phone_number: '' }] }), '/tests/0/phone_number must not be empty')
  t.equal(reject({ ...base, tests: [{ phone_number: '1'.repeat(123) }] }), '/tests/0/phone_number must have at most 122 characters')
  t.equal(accept({ ...base, tests: [{ phone_number: '1'.repeat(122), ping: { status: 'OFFLINE' } }] }).rows.length, 2)
})
