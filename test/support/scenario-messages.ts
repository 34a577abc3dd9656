import type { Arrival } from '../../src/ingest/arrival.js'
import { accept } from './messages.js'
import type { CrashSender, HealthSender, HopSender, LinkSender, MessageSender, PathSender, RadioSender, Scenario, Sender, Sending, SysinfoLink, SysinfoSender, WorkerSender } from './scenario.js'
import { parseSeries, parseSpan, type Value } from './scenario-notation.js'

/** A message of a sender: when it was really sent (milliseconds from the start), and its fields given the time it claims. */
interface Sent { atMs: number, message: (sentAt: string) => object }

const defaultStep = '40s'
const statusProbes = 20
const healthSeries = ['cpu_pct', 'mem_mb', 'restart_count', 'uptime_seconds', 'health_score', 'reporting_reason'] as const

/** All messages of a scenario that starts at `startMs`, read as the collector would, in the order in which they arrive. */
export function arrivalsOf ({ send, network_status: networkStatusTiming = 'unusable' }: Scenario, startMs: number): Arrival[] {
  const arrivals = send.flatMap((sender) => sentBy(sender).map(({ atMs, message }) => {
    const value = { schema: 'meshmon.v1', ...message(iso(startMs + atMs + parseSpan(sender.clock ?? 0))), ...sender.fields }
    const receivedAt = (startMs + arrivalOf(sender, atMs)) * 1000
    return { message: accept(value, { receivedAt, networkStatusTiming }), raw: () => Buffer.from(JSON.stringify(value)), receivedAt, address: null }
  }))
  return arrivals.sort((a, b) => a.receivedAt - b.receivedAt)
}

/** What was sent while the sender was cut off arrives when it is back, oldest first. */
function arrivalOf ({ held, delay = 0 }: Sending, atMs: number): number {
  const [from, until] = (held ?? []).map(parseSpan)
  const isHeld = from !== undefined && until !== undefined && atMs >= from && atMs < until
  return (isHeld ? until : atMs) + parseSpan(delay)
}

function sentBy (sender: Sender): Sent[] {
  if ('path' in sender) return pathMessages(sender)
  if ('link' in sender) return linkMessages(sender)
  if ('health' in sender) return healthMessages(sender)
  if ('sysinfo' in sender) return sysinfoMessages(sender)
  if ('radio' in sender) return radioMessages(sender)
  if ('crash' in sender) return crashMessages(sender)
  if ('worker' in sender) return workerMessages(sender)
  return otherMessages(sender)
}

interface Step { atMs: number, values: Record<string, Value> }

/** The steps at which something was sent: where any series has a gap, nothing was. Series of one value go on for as long as the others, or `for`. */
function stepsOf (sender: Sending, series: Record<string, string | number | undefined>): Step[] {
  const given = Object.entries(series).flatMap(([name, text]) => text === undefined ? [] : [{ name, values: parseSeries(text) }])
  const stepMs = parseSpan(sender.step ?? defaultStep)
  const lengths = new Set(given.map(({ values }) => values.length).filter((length) => length > 1))
  if (lengths.size > 1) throw new Error(`series of different lengths: ${given.map(({ name, values }) => `${name} ${values.length}`).join(', ')}`)
  const length = [...lengths][0] ?? (sender.for === undefined ? 1 : Math.ceil(parseSpan(sender.for) / stepMs))
  return Array.from({ length }, (_, i): Step => ({
    atMs: parseSpan(sender.start ?? 0) + i * stepMs,
    values: Object.fromEntries(given.map(({ name, values }) => [name, values.length === 1 ? values[0] : values[i]])),
  })).filter(({ values }) => !Object.values(values).includes(undefined))
}

function pathMessages (sender: PathSender): Sent[] {
  const [src, dst] = namesOf(sender.path)
  const { rtt = 10, jitter = 2, loss = 0, route, routes = {}, hops = [] } = sender
  const constant = Array.isArray(route) ? route : [src, dst]
  const hopSeries = hops.flatMap((hop, i) => Object.entries(seriesOf(hop)).map(([name, text]) => [`${i} ${name}`, text] as const))
  const steps = stepsOf(sender, { rtt, jitter, loss, ...(route !== undefined && !Array.isArray(route) && { route }), ...Object.fromEntries(hopSeries) })
  const windows = steps.map(({ atMs, values }) => ({ atMs, values, route: values['route'] === undefined ? constant : routeOf(routes, values['route']) }))
  if (sender.as === 'network_status') return windows.map(({ atMs }, i) => ({ atMs, message: (sentAt) => networkStatus({ src, dst }, windows.slice(Math.max(0, i + 1 - statusProbes), i + 1), sentAt) }))
  return windows.flatMap(({ atMs, values, route }) => [
    { atMs, message: (sentAt) => ({ type: 'path_result', src, dst, sent_at: sentAt, route, metrics: { rtt_ms_avg: values['rtt'], jitter_ms_rfc3550: values['jitter'], loss_pct: values['loss'] } }) },
    ...hops.map((hop, i): Sent => ({ atMs, message: (sentAt) => hopResult(hop, { src, dst, i }, pick(values, `${i} `), sentAt) })),
  ])
}

interface Window extends Step { route: string[] }

/** As the agents do it: the last probes again and again, newest first. */
function networkStatus ({ src, dst }: { src: string, dst: string }, windows: Window[], sentAt: string): object {
  const newest = windows.at(-1)
  const probes = windows.toReversed().map(({ atMs, values, route }) => ({
    dst_node: dst,
    timestamp: iso(Date.parse(sentAt) + atMs - (newest?.atMs ?? 0)),
    rtt_ms_avg: values['rtt'], jitter_ms: values['jitter'], loss_pct: values['loss'],
    path: route.slice(1).map((node) => ({ node, link_type: 'unknown', lq: 0, nlq: 0, rtt_ms: 0 })),
  }))
  return { type: 'network_status', node: src, sent_at: sentAt, probes }
}

function routeOf (routes: Record<string, string[]>, name: Value): string[] {
  const route = routes[String(name)]
  if (route === undefined) throw new Error(`no route ${name} in routes`)
  return route
}

function seriesOf ({ lq, nlq, etx, signal, noise }: HopSender): Record<string, string | number> {
  const given = { lq, nlq, etx, signal, noise }
  return Object.fromEntries(Object.entries(given).flatMap(([name, text]) => text === undefined ? [] : [[name, text]]))
}

function pick (values: Step['values'], prefix: string): Step['values'] {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : []))
}

function hopResult ({ link, type = 'RF' }: HopSender, { src, dst, i }: { src: string, dst: string, i: number }, { lq, nlq, etx, signal, noise }: Step['values'], sentAt: string): object {
  const [from, to] = namesOf(link)
  return { type: 'hop_result', src, dst, sent_at: sentAt, hop_index: i, hop: { from, to }, l2: { lq, nlq, etx, signal_dbm: signal, noise_dbm: noise }, link_type: type }
}

function linkMessages (sender: LinkSender): Sent[] {
  const [src, dst] = namesOf(sender.of ?? sender.link)
  return stepsOf(sender, seriesOf(sender)).map(({ atMs, values }) => ({ atMs, message: (sentAt) => hopResult(sender, { src, dst, i: 0 }, values, sentAt) }))
}

function healthMessages (sender: HealthSender): Sent[] {
  const { health: node } = sender
  const series = Object.fromEntries(healthSeries.map((name) => [name, sender[name]]))
  return stepsOf(sender, series).map(({ atMs, values }) => ({ atMs, message: (sentAt) => ({ type: 'agent_health', node, sent_at: sentAt, ...values }) }))
}

const trackerSeries = ['lq', 'rev_lq', 'rxcost', 'txcost', 'signal', 'snr', 'routable'] as const

/** What the AREDN worker posts of a node. A tracker is missing where any of its series is `~`. */
function sysinfoMessages (sender: SysinfoSender): Sent[] {
  const { sysinfo: node, load1, links = [], step = '300s' } = sender
  const series = links.flatMap((link, i) => trackerSeries.map((name) => [`${i} ${name}`, link[name]] as const))
  return stepsOf({ ...sender, step }, { load1: load1 ?? 0.5, ...Object.fromEntries(series) }).map(({ atMs, values }) => ({
    atMs,
    message: (sentAt) => ({
      type: 'aredn_sysinfo', node, sent_at: sentAt,
      sysinfo: {
        api_version: '2.0', node, node_details: {}, sysinfo: { loads: [values['load1'] ?? null] },
        lqm: { info: { now: 1000, trackers: links.flatMap((link, i) => trackerOf(link, pick(values, `${i} `))) } },
      },
    }),
  }))
}

function trackerOf ({ to, type = 'RF' }: SysinfoLink, values: Step['values']): object[] {
  return Object.values(values).includes(null) ? [] : [{ hostname: to, type, lastseen: 990, routable: 1, lq: 100, rev_lq: 100, ...values }]
}

function radioMessages (sender: RadioSender): Sent[] {
  const { radio: node, role = 'repeater', info } = sender
  return stepsOf(sender, sender.metrics).map(({ atMs, values }) => ({ atMs, message: (sentAt) => ({ type: 'radio_metrics', node, role, sent_at: sentAt, metrics: values, ...(info && { info }) }) }))
}

function crashMessages ({ crash: node, times }: CrashSender): Sent[] {
  return times.map((time) => ({ atMs: parseSpan(time), message: (sentAt) => ({ type: 'crash_report', node, sent_at: sentAt, crash_time: sentAt, signal: 11, signal_name: 'SIGSEGV' }) }))
}

function workerMessages ({ worker: node, events }: WorkerSender): Sent[] {
  return Object.entries(events).map(([time, event]) => ({
    atMs: parseSpan(time), message: (sentAt) => ({ type: 'worker_event', node, sent_at: sentAt, ...(typeof event === 'string' ? { event } : event) }),
  }))
}

function otherMessages ({ message, times }: MessageSender): Sent[] {
  return times.map((time) => ({ atMs: parseSpan(time), message: (sentAt) => ({ sent_at: sentAt, ...message }) }))
}

/** Both names of `src>dst`, percent-encoded like a subject. */
function namesOf (text: string): [string, string] {
  const [from, to, ...rest] = text.split('>').map(decodeURIComponent)
  if (!from || !to || rest.length > 0) throw new Error(`not two names: ${text} (write from>to)`)
  return [from, to]
}

function iso (ms: number): string {
  return new Date(ms).toISOString()
}
