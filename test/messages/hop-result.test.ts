import t from 'tap'
import { accept, at, payloadMessage, receivedAt, reject } from '../support/messages.js'

const base = {
  schema: 'meshmon.v1', type: 'hop_result', src: 'node-A', dst: 'node-K', sent_at: '2026-11-22T11:00:00Z',
  hop_index: 1, hop: { from: 'node-A', to: 'node-D' }, l2: { lq: 0.86, nlq: 0.91, etx: 1.28 },
}
const { hop_index: _index, hop: _hop, l2: _l2, ...listBase } = base

function row (over: object): object {
  return accept({ ...base, ...over }).rows[0]?.values ?? {}
}

t.test('the sample of the developer guide becomes one hop row', async (t) => {
  t.same(accept(payloadMessage('guide-hop_result.json')), {
    type: 'hop_result',
    rows: [{
      table: 'hop_quality',
      values: {
        time: at('2025-09-29T18:41:05Z'), received_at: receivedAt, sent_at: null, clock_suspect: false,
        src: 'node-A', dst: 'node-K', hop_index: 1, from_node: 'node-A', to_node: 'node-D', link_type: '', interface: null,
        lq: 0.86, nlq: 0.91, etx: 1.28, rtt_ms: null, signal_dbm: null, noise_dbm: null, tx_bitrate_mbps: null,
        rxcost: null, txcost: null, quality: null, routable: null, route_cost: false, extra: null,
      },
    }],
    sightings: [{ name: 'node-A', kind: 'router', time: at('2025-09-29T18:41:05Z'), sendsItself: true }],
    neighbours: [],
    skippedProbes: 0,
    clockSuspect: false,
  })
})

t.test('link_type is kept in lower case, empty where unknown, from either place', async (t) => {
  t.match(row({ link_type: 'RF' }), { link_type: 'rf' })
  t.match(row({ l2: { link_type: 'DTD' } }), { link_type: 'dtd' })
  t.match(row({ link_type: 'Unknown' }), { link_type: '' })
  t.match(row({ link_type: null }), { link_type: '' })
  t.equal(reject({ ...base, link_type: 'x'.repeat(33) }), '/link_type must have at most 32 characters')
})

t.test('radio values of l2 have their columns', async (t) => {
  t.match(row({ l2: { signal_dbm: -71.5, noise_dbm: -95, tx_bitrate_mbps: 26.5 }, interface: 'wlan0' }),
    { signal_dbm: -71.5, noise_dbm: -95, tx_bitrate_mbps: 26.5, interface: 'wlan0', lq: null, nlq: null, etx: null, extra: null })
})

t.test('hop_index, hop and l2 belong together', async (t) => {
  t.equal(reject({ ...base, hop_index: undefined }), '/hop_index is required')
  t.equal(reject({ ...base, l2: undefined }), '/l2 is required')
  t.equal(reject({ ...base, hop: undefined }), '/hop is required (or hops, the list form)')
  t.equal(reject({ ...base, hop_index: 256 }), '/hop_index must be <= 255')
  t.equal(reject({ ...base, hop: { from: 'node-A' } }), '/hop/to is required')
  t.equal(reject({ ...base, l2: { lq: 1.01 } }), '/l2/lq must be <= 1')
})

t.test('the list form gives one hop row per to_next', async (t) => {
  const { rows, neighbours } = accept({
    ...listBase,
    note: 'x',
    hops: [
      { seq: 4, node: 'node-A', interface: 'wlan0', link_type: 'RF', to_next: { ip: '10.0.0.2', lq: 0.9, nlq: 0.8, etx: 1.4, rtt_ms: 3.5 }, mood: 'fine' },
      { node: 'node-D', link_type: 'tunnel', to_next: { ip: '10.0.0.3' } },
      { node: 'node-K' },
    ],
  })
  t.match(rows, [
    {
      table: 'hop_quality',
      values: {
        src: 'node-A', dst: 'node-K', hop_index: 4, from_node: 'node-A', to_node: 'node-D', interface: 'wlan0', link_type: 'rf',
        lq: 0.9, nlq: 0.8, etx: 1.4, rtt_ms: 3.5, extra: { note: 'x', hops: { mood: 'fine' } },
      },
    },
    { table: 'hop_quality', values: { hop_index: 1, from_node: 'node-D', to_node: 'node-K', link_type: 'tunnel', lq: null, extra: { note: 'x' } } },
  ])
  t.equal(rows.length, 2)
  t.same(neighbours, [{ name: 'node-D', address: '10.0.0.2' }, { name: 'node-K', address: '10.0.0.3' }])
})

t.test('a list that ends early names its last hop by address, else by the destination', async (t) => {
  t.match(accept({ ...listBase, hops: [{ node: 'node-A', to_next: { ip: '10.0.0.2' } }] }).rows, [{ values: { to_node: '10.0.0.2' } }])
  t.match(accept({ ...listBase, hops: [{ node: 'node-A', to_next: {} }] }).rows, [{ values: { to_node: 'node-K' } }])
})
