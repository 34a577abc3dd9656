import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseBody } from '../../src/ingest/body.js'
import { countRows } from '../../src/messages/index.js'
import type { Row } from '../../src/messages/tables.js'
import { packageRoot } from '../../src/paths.js'
import { columnFaults } from '../support/columns.js'
import { accept, at, readMessage, receivedAt, reject } from '../support/messages.js'

const sentAt = '2026-11-22T11:00:00Z'

function answer (file: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(packageRoot, 'test', 'fixtures', 'aredn', file), 'utf8')) as Record<string, unknown>
}

function wrap (sysinfo: unknown, over: object = {}): object {
  return { schema: 'meshmon.v1', type: 'aredn_sysinfo', node: 'a', sent_at: sentAt, sysinfo, ...over }
}

/** A minimal answer of a node `a` with these trackers. */
function withTrackers (...trackers: object[]): object {
  return { api_version: '2.0', node: 'a', node_details: {}, lqm: { info: { now: 5000, trackers: Object.fromEntries(trackers.map((tracker, i) => [`mac${i}`, { lastseen: 4990, ...tracker }])) } } }
}

function rowsOf (rows: Row[], table: Row['table']): object[] {
  return rows.filter((row) => row.table === table).map(({ values }) => values)
}

function hops (value: unknown): object[] {
  return rowsOf(accept(value).rows, 'hop_quality')
}

function health (value: unknown): object {
  return rowsOf(accept(value).rows, 'agent_health')[0] ?? {}
}

t.test('a pushed answer of firmware 4.x becomes the node, its health, a hop row per link and a path row per neighbour', async (t) => {
  const message = accept(answer('4x-mountain.json'))
  const time = receivedAt
  const common = { time, received_at: receivedAt, sent_at: null, clock_suspect: false }
  t.same(message.sightings, [{
    name: 'HB9AK-Saentis-5G', kind: 'router', time, sendsItself: true, isPushedSysinfo: true, version: '4.26.7.0', model: 'MikroTik RouterBOARD LHG 5HPnD-XL', lat: 47.24936, lon: 9.34326,
    addresses: ['10.54.12.33'],
    info: {
      ip: '10.54.12.33',
      description: 'Säntis west, 230 V', grid_square: 'JN47qf', channel: 180, bandwidth_mhz: 10, radios: [answer('4x-mountain.json')['meshrf']], board_id: 'LHG 5HPnD-XL',
      mesh_gateway: false, mesh_supernode: false,
    },
  }])
  t.same(rowsOf(message.rows, 'agent_health'), [{
    ...common, node: 'HB9AK-Saentis-5G', source: 'sysinfo', cpu_pct: null, mem_mb: null, queue_len: null, neighbors_seen: 5, uptime_seconds: 1_123_140,
    restart_count: null, threads_responsive: null, health_score: null, reporting_reason: null, routing_daemon: null, lat: 47.24936, lon: 9.34326, grid_square: 'JN47qf',
    hardware_model: 'MikroTik RouterBOARD LHG 5HPnD-XL', firmware_version: '4.26.7.0', load1: 0.31, free_mem_mb: 21,
    details: { loads: [0.31, 0.24, 0.2], active_tunnel_count: 1, hidden_nodes: [{ ip: '10.71.9.9', hostname: 'hb9gr-weissfluh' }] }, extra: null,
  }])
  const radio = {
    ...common, src: 'HB9AK-Saentis-5G', dst: 'hb9bz-chaeserrugg', hop_index: 0, from_node: 'HB9AK-Saentis-5G', to_node: 'hb9bz-chaeserrugg', link_type: 'rf', interface: 'wlan0',
    lq: 0.94, nlq: 0.88, etx: 1 / (0.94 * 0.88), rtt_ms: 4.12, signal_dbm: -68, noise_dbm: -95, tx_bitrate_mbps: 32.5, rxcost: 266, txcost: 281, quality: 96,
    routable: true, route_cost: false, extra: { rev_snr: 24 },
  }
  const found = rowsOf(message.rows, 'hop_quality')
  t.same(found[0], radio)
  t.match(found.slice(1), [
    { to_node: 'hb9ak-saentis-omni', link_type: 'dtd', lq: 1, nlq: 1, etx: 1, rxcost: 96, signal_dbm: null, noise_dbm: null, routable: true, extra: null },
    { to_node: 'HB9BLA-VM-TUNNELSERVER', link_type: 'tunnel', lq: 1, nlq: 0.94, rtt_ms: 18, interface: 'wg60' },
    { to_node: 'hb9zrh-uetliberg', link_type: 'xlink', lq: 1, nlq: null, etx: null, rxcost: 128, txcost: 65_535, quality: 0, routable: false },
    { to_node: 'hb9fm-alvier', link_type: 'rf', lq: 0.63, nlq: 0.5 },
  ])
  t.equal(found.length, 5, 'an LRF that repeats a DtD link is no link')
  const path = { ...common, src: 'HB9AK-Saentis-5G', jitter_ms: null, loss_pct: null, window_s: null, timing_usable: true, loss_usable: true, neighbors_seen: null, extra: null }
  t.same(rowsOf(message.rows, 'path_probe'), [['hb9bz-chaeserrugg', 4.12], ['hb9ak-saentis-omni', 0.5], ['HB9BLA-VM-TUNNELSERVER', 18.4], ['hb9fm-alvier', 21]].map(([dst, rttMs]) =>
    ({ ...path, dst, peer: dst, route: ['HB9AK-Saentis-5G', dst], rtt_ms: rttMs })))
  t.match(message.neighbours, [{ name: 'hb9bz-chaeserrugg', address: '10.70.1.9' }, { name: 'hb9ak-saentis-omni', address: '10.54.80.2' }])
})

t.test('posted by a worker it has a time of its own, and the address is not the node\'s', async (t) => {
  const message = accept(wrap(answer('4x-mountain.json'), { node: 'HB9AK-Saentis-5G' }))
  t.match(message.sightings, [{ name: 'HB9AK-Saentis-5G', time: at(sentAt), sendsItself: false, addresses: ['10.54.12.33'] }])
  t.ok(message.rows.every(({ values }) => values.time === at(sentAt)))
  t.match(accept(wrap(answer('4x-mountain.json'), { sent_at: '1970-01-01T00:00:10Z' })), { clockSuspect: true, sightings: [{ time: null }] })
})

t.test('firmware 3.x: numbers as text, uptime with seconds, OLSR for quality and LQM for the rest', async (t) => {
  const value = answer('3x-olsr-lqm.json')
  t.match(accept(value).sightings[0], { lat: 47.3769, lon: 8.5417, version: '3.24.4.0', info: { channel: -2, bandwidth_mhz: 20, description: null, mesh_gateway: false } })
  t.match(health(value), { uptime_seconds: ((412 * 24 + 3) * 60 + 7) * 60 + 9, load1: 0.43, free_mem_mb: null, grid_square: 'JN47gj', neighbors_seen: 3, details: { active_tunnel_count: 2 }, extra: null })
  const found = hops(value)
  t.equal(found.length, 3)
  t.match(found, [
    { to_node: 'hb9old-dach', link_type: 'rf', lq: 0.7765, nlq: 1, etx: 1 / 0.7765, signal_dbm: -71, noise_dbm: -95, tx_bitrate_mbps: 12.9, quality: 99, rtt_ms: 3.1, routable: true, extra: { rev_snr: 22 } },
    { to_node: 'hb9bla-vm-tunnelserver', link_type: 'tunnel', lq: 1, nlq: 1, etx: 1, signal_dbm: null, rtt_ms: null, routable: true, extra: null },
    { to_node: 'HB9WG', link_type: 'tunnel', lq: 1, nlq: 0, etx: null, routable: null, extra: null },
  ])
  t.match(rowsOf(accept(value).rows, 'path_probe'), [{ dst: 'hb9old-dach', rtt_ms: 3.1 }], 'a ping time of 0 was never measured')
})

t.test('firmware without LQM, with empty text and empty lists', async (t) => {
  const value = answer('3x-olsr.json')
  t.match(accept(value).sightings[0], { model: 'Ubiquiti Rocket M ', lat: undefined, info: { channel: 174, description: 'on the barn' } })
  t.match(health(value), { uptime_seconds: 0, load1: null, lat: null, grid_square: null, neighbors_seen: 1 })
  t.match(hops(value), [{ to_node: 'HB9OLD-HAP', link_type: 'dtd', lq: 1, nlq: 1, interface: 'eth0.2' }])
  t.match(health(answer('4x-no-radio.json')), { neighbors_seen: null, load1: 0.31 })
  t.match(accept(answer('4x-no-radio.json')).sightings[0], { info: { channel: null, radios: [], mesh_supernode: true } })
})

t.test('before LQM has looked nothing is said of links; later, of a neighbour without a name neither', async (t) => {
  t.match(health(answer('4x-just-started.json')), { neighbors_seen: null, uptime_seconds: 0 })
  t.same(hops(answer('4x-just-started.json')), [])
  t.match(health(answer('4x-first-minute.json')), { neighbors_seen: 1, uptime_seconds: 60 })
  t.match(hops(answer('4x-first-minute.json')), [{ to_node: 'hb9ak-saentis-omni', link_type: 'dtd', lq: null, etx: null, rxcost: null, quality: null, routable: false }])
  t.same(rowsOf(accept(answer('4x-first-minute.json')).rows, 'path_probe'), [])
})

t.test('a tunnel on a new device is one link; numbers of long ago are not measured', async (t) => {
  const value = answer('4x-tunnel-moved.json')
  t.match(health(value), { uptime_seconds: (27 * 60 + 7) * 60, load1: 4.5, free_mem_mb: 8 })
  const found = hops(value)
  t.equal(found.length, 3)
  t.match(found, [
    { to_node: 'HB9BLA-VM-TUNNELSERVER', interface: 'wg60', lq: 1, routable: true },
    { to_node: 'hb9gone-old', link_type: 'rf', lq: null, signal_dbm: null, rxcost: null, quality: null, rtt_ms: null, routable: false, extra: null },
    { to_node: 'hb9bz-chaeserrugg', lq: 0, nlq: 0.88, etx: null, rxcost: 65_535, routable: false },
  ])
  t.match(hops(withTrackers({ hostname: 'b', type: 'RF', lq: 50, lastseen: 4400 })), [{ lq: 0.5 }], 'ten minutes without an answered ping are not long ago')
  t.match(hops(withTrackers({ hostname: 'b', type: 'RF', lq: 50, lastseen: 4399 })), [{ lq: null }])
})

t.test('names of interfaces, domains and cases are the node; links to itself are none', async (t) => {
  const names = ['dtdlink.HB9X-1.local.mesh', 'xlink12.hb9x-2', 'lan.hb9x-3.local.mesh', 'supernode.HB9X-4', 'mid3.hb9x-5', 'HB9X-6.LOCAL.MESH', 'dtdlink.xlink1.hb9x-7']
  t.same(hops(withTrackers(...names.map((hostname) => ({ hostname, type: 'RF' })))).map((row) => Object(row).to_node), ['HB9X-1', 'hb9x-2', 'hb9x-3', 'HB9X-4', 'hb9x-5', 'HB9X-6', 'hb9x-7'])
  t.same(hops(withTrackers({ hostname: 'A.local.mesh', type: 'RF' }, { hostname: '', type: 'RF' }, { type: 'RF' }, { hostname: '.local.mesh', type: 'RF' })), [])
  t.equal(accept(wrap(withTrackers(), { node: 'HB9A.local.mesh' })).sightings[0]?.name, 'HB9A')
  t.equal(reject(wrap(withTrackers(), { node: 'dtdlink..local.mesh' })), '/node must be the name of a node')
})

t.test('every kind of link has its medium, whatever the firmware calls it', async (t) => {
  const kinds = ['RF', 'DtD', 'Wireguard', 'Tunnel', 'Xlink', 'RRF', 'LRF', 'HaLow', undefined]
  const found = hops(withTrackers(...kinds.map((type, i) => ({ hostname: `b${i}`, ...(type && { type }) }))))
  t.same(found.map((row) => Object(row).link_type), ['rf', 'dtd', 'tunnel', 'tunnel', 'xlink', 'rf', 'rf', 'halow', ''])
  const repeated = withTrackers({ hostname: 'b', type: 'RRF' }, { hostname: 'B', type: 'DtD' }, { hostname: 'c', type: 'LRF', canonical_ip: '10.0.0.3' }, { hostname: 'c2', type: 'DtD', canonical_ip: '10.0.0.3' })
  t.match(hops(repeated), [{ to_node: 'B', link_type: 'dtd' }, { to_node: 'c2', link_type: 'dtd' }])
  t.equal(hops(repeated).length, 2)
})

t.test('uptime in every form, and none where it is no uptime', async (t) => {
  const uptime = (text: unknown) => Object(health({ api_version: '2.0', node: 'a', node_details: {}, sysinfo: { uptime: text } })).uptime_seconds
  t.same(['0 days, 3:07', '1 day, 3:07', '12 days, 23:59', '3:07', '2 days, 0:00:05', 7200].map(uptime), [11_220, 97_620, 1_123_140, 11_220, 172_805, 7200])
  t.same(['', 'unknown', '3 days', '-1 days, 3:07', '99999 days, 0:00', null, undefined].map(uptime), [null, null, null, null, null, null, null])
})

t.test('fields we do not know are kept where they belong, those we know and do not need are not', async (t) => {
  const value = { ...withTrackers({ hostname: 'b', type: 'RF', mood: 'good', user_blocks: true, avg_lq: 99 }), hosts: [{ name: 'x' }], weather: 'rain', sysinfo: { uptime: '0 days, 3:07', fan: 1 } }
  t.match(health(value), { extra: { weather: 'rain', sysinfo: { fan: 1 } } })
  t.same(Object(hops(value)[0]).extra, { mood: 'good', blocked: true })
  t.same(Object(health(wrap(value, { via: 'worker' }))).extra, { via: 'worker', sysinfo: { weather: 'rain', sysinfo: { fan: 1 } } })
})

t.test('all but api_version, node_details and node may be absent or null', async (t) => {
  const least = { api_version: '2.0', node: 'a', node_details: null }
  const nulls = Object.fromEntries(['ip', 'lat', 'lon', 'gridsquare', 'tunnels', 'meshrf', 'meshrf1', 'sysinfo', 'interfaces', 'link_info', 'nodes', 'lqm'].map((key) => [key, null]))
  for (const value of [least, { ...least, ...nulls }, { ...least, lqm: { info: null } }, { ...least, lqm: { info: { now: null, trackers: [] } }, sysinfo: [], tunnels: [], meshrf: [], link_info: [], node_details: [] }]) {
    t.match(accept(value), { rows: [{ table: 'agent_health' }], sightings: [{ name: 'a' }] })
  }
  t.match(accept(withTrackers({ hostname: 'b', type: null, lq: null, routable: null, device: null })).rows.length, 2)
  t.match(accept({ ...least, lqm: { info: { trackers: { x: null } } } }).rows.length, 1)
})

t.test('what is wrong is rejected with the place', async (t) => {
  t.equal(reject(wrap({ error: 'busy' })), '/sysinfo/api_version is required')
  t.equal(reject(wrap('<html>')), '/sysinfo must be an object')
  t.equal(reject(wrap(withTrackers(), { node: undefined })), '/node is required')
  t.equal(reject(wrap(withTrackers(), { sent_at: undefined })), '/sent_at is required')
  t.equal(reject({ api_version: '2.0', node_details: {} }), '/node is required')
  t.equal(reject({ api_version: '2.0', node_details: {}, node: 'x\u0007' }), '/node must not contain control characters')
  t.equal(reject(withTrackers({ hostname: 'b', lq: {} })), '/lqm/info/trackers/mac0/lq must be a number or text or null')
  t.equal(reject(withTrackers({ hostname: 'b', lq: 101 })), '/lqm/info/trackers/mac0/lq must be <= 100')
  t.equal(reject(withTrackers({ hostname: 'b'.repeat(129) })), '/lqm/info/trackers/mac0/hostname must have at most 128 characters')
  t.equal(reject({ ...withTrackers(), lqm: 'on' }), '/lqm must be an object or a list or null')
  t.equal(reject({ ...withTrackers(), node_details: { description: 'x\0' } }), '/node_details/description must be valid text: no NUL character, no half of a surrogate pair')
  t.match(readMessage({ api_version: '1.0', node: 'a', model: 'x' }), { ok: false, detail: 'unknown schema: none given' }, 'firmware 3.16 and older has another form')
  t.match(hops(withTrackers({ hostname: 'b', type: 'RF', lq: 'many', rxcost: '1e9', signal: 0, snr: 3 })), [{ lq: null, rxcost: null, signal_dbm: null, noise_dbm: null }], 'text that is no such number was not measured')
})

t.test('a login page or a cut-off answer is not JSON', async (t) => {
  const html = readFileSync(join(packageRoot, 'test', 'fixtures', 'aredn', 'login.html'))
  const whole = readFileSync(join(packageRoot, 'test', 'fixtures', 'aredn', '4x-mountain.json'))
  t.match(parseBody(html, { maxMessages: 100 }), { ok: false, status: 400, detail: /^not JSON/ })
  t.match(parseBody(whole, { maxMessages: 100 }), { ok: true })
  for (const length of [1, 100, 1000, whole.length - 3]) t.match(parseBody(whole.subarray(0, length), { maxMessages: 100 }), { ok: false, status: 400 })
})

t.test('an answer counts for its links, and what it becomes fits the tables', async (t) => {
  t.equal(countRows(answer('4x-mountain.json')), 1 + 6 + 3)
  t.equal(countRows(wrap(answer('4x-mountain.json'))), 1 + 6 + 3)
  t.equal(countRows(wrap('nothing')), 1)
  for (const file of ['4x-mountain.json', '4x-tunnel-moved.json', '3x-olsr-lqm.json', '3x-olsr.json']) t.same(accept(answer(file)).rows.flatMap(columnFaults), [], file)
})
