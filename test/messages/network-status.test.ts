import t from 'tap'
import type { Row } from '../../src/messages/tables.js'
import { accept, at, payloadMessage, receivedAt, reject } from '../support/messages.js'

const base = { schema: 'meshmon.v1', type: 'network_status', node: 'node-A', sent_at: '2026-11-22T11:00:00Z' }

function probesAs (probes: object[], over: object = {}): Row[] {
  return accept({ ...base, probes, ...over }).rows
}

function paths (rows: Row[]): object[] {
  return rows.flatMap((row) => row.table === 'path_probe' ? [row.values] : [])
}

t.test('a message of three probes becomes three paths and their hops', async (t) => {
  const message = accept(payloadMessage('v1-network_status-with-path.json'))
  const received = { received_at: receivedAt, sent_at: null, clock_suspect: false }
  const firstPath = {
    table: 'path_probe' as const,
    values: {
      time: at('2026-11-22T10:38:59Z'), ...received, src: 'HB9AK-HAP-1', dst: 'PEER-3', peer: '127.0.78.3',
      route: ['HB9AK-HAP-1', '10.47.202.1', '10.47.11.3'], rtt_ms: 451.76, jitter_ms: 99.08, loss_pct: 0, window_s: null,
      timing_usable: false, loss_usable: true, neighbors_seen: null, extra: null,
    },
  }
  const hop = {
    time: at('2026-11-22T10:38:59Z'), ...received, src: 'HB9AK-HAP-1', dst: 'PEER-3', link_type: '', interface: null,
    lq: null, nlq: null, rtt_ms: null, signal_dbm: null, noise_dbm: null, tx_bitrate_mbps: null,
    rxcost: null, txcost: null, quality: null, routable: null, route_cost: true, extra: null,
  }
  t.same(message.rows.slice(0, 3), [
    firstPath,
    { table: 'hop_quality', values: { ...hop, hop_index: 0, from_node: 'HB9AK-HAP-1', to_node: '10.47.202.1', etx: null }, after: firstPath },
    { table: 'hop_quality', values: { ...hop, hop_index: 1, from_node: '10.47.202.1', to_node: '10.47.11.3', etx: 3 }, after: firstPath },
  ])
  t.equal(message.rows[1]?.after, message.rows[0], 'a hop names the very row of its path')
  t.match(message.rows.map(({ table, values }) => [table, 'dst' in values && values.dst]), [
    ['path_probe', 'PEER-3'], ['hop_quality', 'PEER-3'], ['hop_quality', 'PEER-3'],
    ['path_probe', 'PEER-2'], ['hop_quality', 'PEER-2'], ['hop_quality', 'PEER-2'],
    ['path_probe', 'PEER-1'], ['hop_quality', 'PEER-1'],
  ])
  t.same(message.neighbours, [
    { name: 'PEER-3', address: '127.0.78.3' }, { name: 'PEER-2', address: '127.0.78.2' }, { name: 'PEER-1', address: '127.0.78.1' },
  ])
  t.match(message.sightings, [{ name: 'HB9AK-HAP-1', kind: 'router', time: at('2026-11-22T10:38:59Z'), sendsItself: true, info: { routing_daemon: 'olsr' } }])
})

t.test('a peer without a name goes by its address, and one without an address by its name', async (t) => {
  t.match(probesAs([{ dst_node: '', dst_ip: '10.0.0.1' }, { dst_ip: '10.0.0.2' }, { dst_node: 'node-B' }, { dst_node: 'node-C', dst_ip: '' }, { dst_node: 'node-D', dst_ip: '10.0.0.4' }]), [
    { values: { dst: '10.0.0.1', peer: '10.0.0.1', route: ['node-A'] } },
    { values: { dst: '10.0.0.2', peer: '10.0.0.2' } },
    { values: { dst: 'node-B', peer: 'node-B' } },
    { values: { dst: 'node-C', peer: 'node-C' } },
    { values: { dst: 'node-D', peer: '10.0.0.4' } },
  ])
  t.equal(reject({ ...base, probes: [{ dst_node: 'node-B' }, { dst_node: '' }] }), '/probes/1/dst_node is required (or dst_ip)')
})

t.test('a name that is the address itself tells nothing of a neighbour', async (t) => {
  t.same(accept({ ...base, probes: [{ dst_node: '10.0.0.1', dst_ip: '10.0.0.1' }, { dst_node: '', dst_ip: '10.0.0.2' }, { dst_node: 'node-C', dst_ip: '10.0.0.3' }] }).neighbours,
    [{ name: 'node-C', address: '10.0.0.3' }])
})

t.test('a probe without a time of its own has that of the message', async (t) => {
  t.match(probesAs([{ dst_node: 'node-B' }, { dst_node: 'node-C', timestamp: '2026-11-22T10:59:00Z' }]),
    [{ values: { time: at(base.sent_at) } }, { values: { time: at('2026-11-22T10:59:00Z') } }])
})

t.test('probes whose own time cannot be true are counted, not stored', async (t) => {
  const message = accept({
    ...base,
    probes: [{ dst_node: 'node-B', timestamp: '2026-11-22T10:59:00Z' }, { dst_node: 'node-C', timestamp: '1970-01-01T00:01:40Z', path: [{ node: 'node-C' }] }, { dst_node: 'node-D', timestamp: '2026-11-22T12:40:00Z' }],
  })
  t.match(message.rows, [{ values: { dst: 'node-B', clock_suspect: false } }])
  t.equal(message.rows.length, 1)
  t.equal(message.skippedProbes, 2)
  t.equal(message.clockSuspect, false)
  t.match(accept(payloadMessage('v1-network_status-clock-1970.json')), { rows: [], skippedProbes: 2, clockSuspect: true, sightings: [{ time: null }] })
})

t.test('a message of 1970 keeps the probes that know their time', async (t) => {
  const message = accept({ ...base, sent_at: '1970-01-01T00:01:40Z', probes: [{ dst_node: 'node-B', timestamp: '2026-11-22T10:59:00Z' }, { dst_node: 'node-C' }] })
  t.match(message.rows, [
    { values: { dst: 'node-B', time: at('2026-11-22T10:59:00Z'), sent_at: null, clock_suspect: false } },
    { values: { dst: 'node-C', time: receivedAt, sent_at: at('1970-01-01T00:01:40Z'), clock_suspect: true } },
  ])
})

t.test('a probe with every packet lost has no rtt and no jitter', async (t) => {
  t.match(accept(payloadMessage('v1-network_status-loss-100.json')).rows, [{ values: { rtt_ms: null, jitter_ms: null, loss_pct: 100 } }])
})

t.test('loss counts unless that probe or the one sent just before it took longer than 480 ms', async (t) => {
  const usable = (rtts: number[], times?: string[]): unknown[] => paths(probesAs(rtts.map((rtt, i) => ({ dst_node: `node-${i}`, rtt_ms_avg: rtt, ...(times && { timestamp: times[i] }) }))))
    .map((row) => 'loss_usable' in row && row.loss_usable)
  t.same(usable([451, 451, 451]), [true, true, true])
  t.same(usable([451, 480.1, 451]), [false, false, true], 'newest first: the probe before stands behind')
  t.same(usable([451, 480, 451]), [true, true, true])
  t.same(usable([481]), [false])
  t.same(usable([451, 451, 900], ['2026-11-22T10:59:03Z', '2026-11-22T10:59:01Z', '2026-11-22T10:59:02Z']), [false, true, false], 'by time, where the order is another')
  t.same(usable([451, 900, 451], ['2026-11-22T10:59:02Z', '2026-11-22T10:59:02Z', '2026-11-22T10:59:01Z']), [false, false, true], 'within one second by order')
  t.same(usable([451, 900], ['2026-11-22T10:59:02Z', '1970-01-01T00:00:09Z']), [false], 'a probe that is not stored was sent nevertheless')
})

t.test('with trusted timing everything counts', async (t) => {
  const { rows } = accept({ ...base, probes: [{ dst_node: 'node-B', rtt_ms_avg: 900 }] }, { networkStatusTiming: 'trusted' })
  t.match(rows, [{ values: { timing_usable: true, loss_usable: true } }])
})

t.test('zeros that nobody measured are null in a path, others stay', async (t) => {
  const hops = (entry: object): object | undefined => probesAs([{ dst_node: 'node-B', path: [{ node: 'node-B', ...entry }] }])[1]?.values
  t.match(hops({ lq: 0, nlq: 0, rtt_ms: 0, etx: 0 }), { lq: null, nlq: null, rtt_ms: null, etx: null })
  t.match(hops({ lq: 0, nlq: 0.5, rtt_ms: 2, etx: 1 }), { lq: 0, nlq: 0.5, rtt_ms: 2, etx: 1 })
  t.match(hops({ link_type: 'RF', interface: 'wlan0' }), { link_type: 'rf', interface: 'wlan0', lq: null })
})

t.test('what the contract does not know is kept where it stood', async (t) => {
  const rows = probesAs([{ dst_node: 'node-B', tos: 46, path: [{ node: 'node-B', mood: 'fine' }] }, { dst_node: 'node-C' }], { build: 7 })
  t.match(rows, [{ values: { extra: { build: 7, probes: { tos: 46 } } } }, { values: { extra: { probes: { path: { mood: 'fine' } } } } }, { values: { extra: { build: 7 } } }])
})

t.test('hop_count and routing_daemon of a probe are kept where they say something of their own', async (t) => {
  const probe = { dst_node: 'node-B', hop_count: 1, routing_daemon: 'olsr', path: [{ node: 'node-B' }] }
  t.match(probesAs([probe], { routing_daemon: 'olsr' })[0]?.values, { extra: null })
  t.match(probesAs([{ ...probe, hop_count: 4 }], { routing_daemon: 'babel' })[0]?.values, { extra: { probes: { hop_count: 4, routing_daemon: 'olsr' } } })
})

t.test('one bad probe rejects the message and says which', async (t) => {
  t.equal(reject({ ...base, probes: [{ dst_node: 'node-B', loss_pct: 101 }] }), '/probes/0/loss_pct must be <= 100')
  t.equal(reject({ ...base, probes: [{ dst_node: 'node-B', timestamp: '2026-11-22 11:00' }] }), '/probes/0/timestamp must be a time with Z or offset, such as 2026-03-01T12:00:00Z')
  t.equal(reject({ ...base, probes: [{ dst_node: 'node-B', path: [{ node: '' }] }] }), '/probes/0/path/0/node must not be empty')
  t.equal(reject({ ...base, probes: [null] }), '/probes/0 must be an object')
  t.equal(reject({ ...base }), '/probes is required')
})
