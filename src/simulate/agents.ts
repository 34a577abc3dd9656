import type { Hop } from './hop.js'
import type { Window } from './measure.js'
import type { AgentStyle, Mesh, MeshNode } from './mesh.js'
import { nodeName } from './subject.js'

interface Common { schema: 'meshmon.v1' | 'meshmon.v2', sent_at: string }

export interface PathResult extends Common {
  type: 'path_result'
  src: string
  dst: string
  window_s: number
  route: string[]
  metrics: { rtt_ms_avg: number | null, jitter_ms_rfc3550: number | null, loss_pct: number }
  neighbors_seen: number
}

export interface HopResult extends Common {
  type: 'hop_result'
  src: string
  dst: string
  hop_index: number
  hop: { from: string, to: string }
  l2: { lq: number, nlq: number, etx: number, signal_dbm: number | null, noise_dbm: number | null, tx_bitrate_mbps: number }
  interface: string
  link_type: string
}

export interface AgentHealth extends Common {
  type: 'agent_health'
  node: string
  cpu_pct: number
  mem_mb: number
  uptime_seconds: number
  restart_count: number
  health_score: number
  [field: string]: unknown
}

export interface CrashReport extends Common {
  type: 'crash_report'
  node: string
  crash_time: string
  signal: number
  signal_name: string
  [field: string]: unknown
}

export interface NetworkStatus extends Common {
  type: 'network_status'
  node: string
  routing_daemon: string
  probe_count: number
  probes: NetworkProbe[]
}

export interface NetworkProbe {
  dst_node: string
  dst_ip: string
  timestamp: string
  routing_daemon: string
  rtt_ms_avg: number
  jitter_ms: number
  loss_pct: number
  hop_count: number
  path: never[]
}

/** What simulated agents send, in the forms of messages.md. */
export type Message = PathResult | HopResult | AgentHealth | CrashReport | NetworkStatus

/** The state of an agent as its health report tells it. */
export interface AgentState {
  cpuPct: number
  memMb: number
  uptimeS: number
  restarts: number
  /** Messages that wait to be sent. */
  queued: number
}

/** Seconds, as the agents write them. */
export function isoSeconds (at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}

/** A path_result and a hop_result per hop, all with the same src, dst and sent_at. */
export function windowMessages (mesh: Mesh, window: Window, sentAt: string): Message[] {
  const src = nodeName(mesh, window.src)
  const dst = nodeName(mesh, window.dst)
  const neighbors = mesh.nodes[window.src]?.links.length ?? 0
  const messages: Message[] = [{
    schema: 'meshmon.v1', type: 'path_result', src, dst, sent_at: sentAt, window_s: 5,
    route: window.route.map((node) => nodeName(mesh, node)),
    metrics: { rtt_ms_avg: window.rttMs, jitter_ms_rfc3550: window.jitterMs, loss_pct: window.lossPct },
    neighbors_seen: neighbors,
  }]
  for (const [place, hop] of window.hops.entries()) {
    messages.push({
      schema: 'meshmon.v1', type: 'hop_result', src, dst, sent_at: sentAt, hop_index: place + 1,
      hop: { from: nodeName(mesh, hop.from), to: nodeName(mesh, hop.to) },
      l2: { lq: hop.lq, nlq: hop.nlq, etx: hop.etx, signal_dbm: hop.signalDbm, noise_dbm: hop.noiseDbm, tx_bitrate_mbps: hop.bitrateMbps },
      ...linkNames(hop),
    })
  }
  return messages
}

function linkNames ({ link: { medium, index } }: Hop): { interface: string, link_type: string } {
  if (medium === 'rf') return { interface: 'wlan0', link_type: 'RF' }
  return medium === 'dtd' ? { interface: 'br-dtdlink', link_type: 'DTD' } : { interface: `wgc${index % 10}`, link_type: 'tunnel' }
}

/**
 * A probe as the posting v1 agent reports it: answers are read after the last packet is out, so RTT reads 450 ms and a tenth of
 * the truth and jitter 100 ms (agents.md, section 3); ten packets, so loss comes in steps of ten. It knows no path.
 */
export function v1Probe (mesh: Mesh, window: Window, lost: number): NetworkProbe {
  const peer = mesh.nodes[window.dst]
  const dead = lost >= 10
  return {
    dst_node: peer?.name ?? '', dst_ip: peer?.address ?? '', timestamp: isoSeconds(window.at), routing_daemon: 'olsr',
    rtt_ms_avg: dead ? 0 : Math.round(45_000 + 10 * (window.rttMs ?? 0)) / 100,
    jitter_ms: dead ? 0 : Math.round(9950 + 2 * (window.jitterMs ?? 0)) / 100,
    loss_pct: 10 * lost, hop_count: 0, path: [],
  }
}

export function networkStatus (node: string, probes: NetworkProbe[], sentAt: string): NetworkStatus {
  return { schema: 'meshmon.v1', type: 'network_status', node, sent_at: sentAt, routing_daemon: 'olsr', probe_count: probes.length, probes }
}

/** v1 and designed agents report each minute; `restart` and `scheduled` are the v2 agent's words. */
export function healthMessage (node: MeshNode, state: AgentState, sentAt: string, reason: 'scheduled' | 'restart'): AgentHealth {
  const scalars = {
    node: node.name, sent_at: sentAt, cpu_pct: state.cpuPct, mem_mb: state.memMb,
    uptime_seconds: state.uptimeS, restart_count: state.restarts, health_score: state.cpuPct > 80 ? 80 : 100,
  }
  if (node.style === 'v2') return { schema: 'meshmon.v2', type: 'agent_health', ...scalars, reporting_reason: reason, timestamp: Math.floor(Date.parse(sentAt) / 1000) }
  return {
    schema: 'meshmon.v1', type: 'agent_health', ...scalars, queue_len: state.queued, neighbors_seen: node.links.length, threads_responsive: true,
    routing_daemon: 'olsr', lat: node.lat.toFixed(5), lon: node.lon.toFixed(5), hardware_model: node.model, firmware_version: '3.25.8.0',
    checks: { memory_stable: true, no_recent_crashes: state.uptimeS > 86_400 || state.restarts === 0 },
  }
}

export function crashMessage (node: MeshNode, crash: { at: number, count24h: number, uptimeS: number }, sentAt: string): CrashReport {
  return {
    schema: node.style === 'v2' ? 'meshmon.v2' : 'meshmon.v1', type: 'crash_report', node: node.name, sent_at: sentAt,
    crash_time: isoSeconds(crash.at), signal: 11, signal_name: 'SIGSEGV', description: 'Segmentation fault', thread_id: '0',
    last_operation: 'uac_bulk_tester', uptime_at_crash: crash.uptimeS, memory_at_crash_mb: 14.2, cpu_at_crash_pct: 31.5, crash_count_24h: crash.count24h,
  }
}

/** The v1 agent keeps crashes in a file; only the others post them. */
export function reportsCrashes (style: AgentStyle): boolean {
  return style !== 'v1'
}
