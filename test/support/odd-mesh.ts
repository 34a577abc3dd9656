import type { Pool } from 'pg'
import { ago, incident, insert } from './api.js'

/** Names that pages must show as they are. */
export const evil = '<script>alert(1)</script>'
export const long = 'x'.repeat(128)
export const emoji = '🏔️ Säntis 🐐'
export const seen = { first_seen: ago(90_000), last_seen: ago(30) }
const hop = (from: string, to: string, more = {}) => ({ time: ago(30), received_at: ago(30), src: from, dst: to, hop_index: 0, from_node: from, to_node: to, link_type: 'rf', ...more })
const path = (src: string, dst: string, more = {}) => ({ time: ago(30), received_at: ago(30), src, dst, peer: dst, route: [src, dst], rtt_ms: 10, jitter_ms: 2, loss_pct: 0, ...more })

/** A small mesh with a radio, a retired node, a lost one, a link in two media and one that a single end tells of. */
export async function insertOddMesh (pool: Pool): Promise<void> {
  await insert(pool, 'nodes', [
    ...['Hill', 'Lake', evil, long, emoji].map((name) => ({ name, kind: 'router', version: '3.25.8.0', model: 'MikroTik hAP ac lite', ...seen })),
    { name: 'Solar', kind: 'repeater', battery: { chemistry: 'lifepo4', cells: 1 }, ...seen },
    { name: 'Mute', kind: 'companion', ...seen },
    { name: 'Gone', kind: 'router', first_seen: ago(90_000), last_seen: ago(80_000), retired_at: ago(60_000) },
    { name: 'Lost', kind: 'router', first_seen: ago(900_000), last_seen: ago(800_000) },
  ])
  await insert(pool, 'agent_health', [{ time: ago(50), node: 'Hill', cpu_pct: 71.4, free_mem_mb: 33, load1: 0.52 }, { time: ago(50 * 3600), node: 'Lake', cpu_pct: 99 }])
  await insert(pool, 'radio_metrics', [{ time: ago(60), node: 'Solar', metric: 'bat', value: 3300 }])
  await insert(pool, 'crash_reports', [{ time: ago(3600), node: 'Hill', signal_name: 'SIGSEGV', thread_id: 'monitor', uptime_at_crash_s: 7200, backtrace: ['#0 main', '#1 start'] }, { time: ago(7200), node: 'Hill' }, { time: ago(8 * 86_400), node: 'Hill' }])
  await insert(pool, 'hop_quality', [
    hop('Hill', 'Lake', { lq: 0.95, nlq: 0.9, etx: 1.17, signal_dbm: -60, noise_dbm: -95, txcost: 256 }), hop('Lake', 'Hill', { lq: 0.9, nlq: 0.95, etx: 1.17, signal_dbm: -71, noise_dbm: -95, txcost: 300 }),
    hop('Hill', evil, { lq: 0.5, nlq: 0.4, etx: 5 }), hop('Hill', 'Lake', { link_type: 'tunnel', hop_index: 1 }), hop(long, emoji, { lq: 0.8, nlq: 0.8, etx: 1.6 }),
  ])
  await insert(pool, 'path_probe', [
    path('Hill', 'Lake'), path('Hill', 'Lake', { time: ago(70), rtt_ms: 30 }), path('Hill', evil, { rtt_ms: 99, loss_pct: 4, jitter_ms: null }), path(long, emoji, { time: ago(7200), route: ['unknown'], rtt_ms: 999, timing_usable: false }),
  ])
  await insert(pool, 'incidents', [
    incident('link', 300, { kind: 'rf_quality_drop', category: 'network', scope: { type: 'link', a: 'Hill', b: 'Lake', medium: 'rf' }, subject: 'Hill--Lake' }),
    incident('node', 300, { kind: 'repeated_crashes', severity: 'critical', scope: { type: 'node', node: 'Hill' }, subject: 'Hill' }),
    incident('path', 300, { kind: 'jitter_burst', category: 'network', scope: { type: 'path', src: 'Hill', dst: 'Lake' }, subject: 'Hill>Lake' }),
  ])
}
