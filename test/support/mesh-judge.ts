import type { Emission } from '../../src/simulate/generate.js'
import type { AgentHealth, CrashReport, HopResult, NetworkStatus, PathResult } from '../../src/simulate/agents.js'
import { LinkJudge, PathJudge, type JudgedWindow } from './judges.js'

const minute = 60_000

/** A spell in which a rule's condition held for a subject: `first` is when it was first seen to hold (ms). */
export interface Spell { rule: string, subject: string, first: number, last: number }

/**
 * Judges a stream of messages by the conditions of rules.md, without state machine, database or SQL: a plain second reading of
 * the contract to hold the simulator to. Times are those of sending.
 */
export class MeshJudge {
  readonly spells: Spell[] = []
  readonly #open = new Map<string, Spell>()
  readonly #paths = new Map<string, PathJudge>()
  readonly #links = new Map<string, LinkJudge>()
  readonly #nodes = new Map<string, NodeJudge>()
  #window: { key: string, path: PathResult, at: number, hops: HopResult[] } | null = null

  feed ({ at, message }: Emission): void {
    const source = message.type === 'path_result' || message.type === 'hop_result' ? message.src : message.node
    const node = this.#node(source)
    for (const time of node.heard(at, Date.parse(message.sent_at), message.type === 'crash_report')) this.#match('node_silent', source, time)
    if (node.skewed(at)) this.#match('clock_skew', source, at)
    if (message.type === 'hop_result' && this.#window?.key === keyOf(message)) {
      this.#window.hops.push(message)
      return
    }
    this.#finish()
    if (message.type === 'path_result') this.#window = { key: keyOf(message), path: message, at, hops: [] }
    else if (message.type === 'agent_health') this.#health(message, at)
    else if (message.type === 'crash_report') this.#crash(message, at)
    else if (message.type === 'network_status') this.#status(message, at)
  }

  /** Call once at the end of the stream. */
  end (at: number): void {
    this.#finish()
    for (const [name, node] of this.#nodes) for (const time of node.silences(at)) this.#match('node_silent', name, time)
  }

  #node (name: string): NodeJudge {
    const known = this.#nodes.get(name) ?? new NodeJudge()
    this.#nodes.set(name, known)
    return known
  }

  #match (rule: string, subject: string, at: number): void {
    const key = `${rule} ${subject}`
    const open = this.#open.get(key)
    if (open !== undefined && at - open.last < 20 * minute) {
      open.last = at
      return
    }
    const spell = { rule, subject, first: at, last: at }
    this.#open.set(key, spell)
    this.spells.push(spell)
  }

  #finish (): void {
    if (this.#window === null) return
    const { path, at, hops } = this.#window
    this.#window = null
    const subject = `${path.src}>${path.dst}`
    const { jitter_ms_rfc3550: jitter, loss_pct: loss } = path.metrics
    const window = { at, jitter, loss, list: path.route.join(' '), tens: false }
    this.#path(subject, window)
    const bad = (jitter ?? 0) > 30 || loss > 2
    for (const hop of hops) {
      const judge = this.#link(hop)
      judge.row(at, hop)
      if (judge.dropped(at)) this.#match('rf_quality_drop', judge.subject, at)
    }
    if (!bad) return
    for (const name of path.route) {
      const node = this.#node(name)
      node.lastBad = at
      if (node.overloaded(at)) this.#match('node_overload', name, at)
    }
    const worst = worstOf(hops)
    if (worst !== undefined && this.#link(worst).bottleneck(at, subject)) this.#match('bottleneck_link', this.#link(worst).subject, at)
  }

  #path (subject: string, window: JudgedWindow): void {
    const judge = this.#paths.get(subject) ?? new PathJudge()
    this.#paths.set(subject, judge)
    for (const rule of judge.window(window)) this.#match(rule, subject, window.at)
  }

  #link (hop: HopResult): LinkJudge {
    const [a, b] = hop.hop.from.toLowerCase() < hop.hop.to.toLowerCase() ? [hop.hop.from, hop.hop.to] : [hop.hop.to, hop.hop.from]
    const medium = hop.link_type.toLowerCase()
    const subject = medium === 'rf' ? `${a}--${b}` : `${a}--${b}@${medium}`
    const judge = this.#links.get(subject) ?? new LinkJudge(subject, a)
    this.#links.set(subject, judge)
    return judge
  }

  #health (message: AgentHealth, at: number): void {
    const node = this.#node(message.node)
    node.report(at, message)
    if (node.overloaded(at)) this.#match('node_overload', message.node, at)
    if (node.crashes(at) >= 2) this.#match('repeated_crashes', message.node, at)
  }

  #crash (message: CrashReport, at: number): void {
    const node = this.#node(message.node)
    node.crashed(Date.parse(message.crash_time))
    if (node.crashes(at) >= 2) this.#match('repeated_crashes', message.node, at)
  }

  #status (message: NetworkStatus, at: number): void {
    for (const probe of message.probes.toReversed()) {
      const time = Date.parse(probe.timestamp)
      this.#path(`${message.node}>${probe.dst_node}`, { at: time, jitter: null, loss: probe.loss_pct, list: '', tens: true })
      if (probe.loss_pct >= 20) this.#node(message.node).lastBad = Math.max(this.#node(message.node).lastBad, time)
    }
    if (this.#node(message.node).overloaded(at)) this.#match('node_overload', message.node, at)
  }
}

function keyOf ({ src, dst, sent_at: sentAt }: { src: string, dst: string, sent_at: string }): string {
  return `${src}>${dst}@${sentAt}`
}

function worstOf (hops: HopResult[]): HopResult | undefined {
  const weakest = ({ l2 }: HopResult): number => Math.min(l2.lq, l2.nlq)
  return hops.filter(({ l2 }) => l2.etx >= 1.25)
    .sort((x, y) => y.l2.etx - x.l2.etx || weakest(x) - weakest(y) || x.hop_index - y.hop_index)[0]
}

class NodeJudge {
  lastBad = -Infinity
  #reports: { at: number, cpu: number }[] = []
  #gaps: number[] = []
  #lastHeard: number | null = null
  #good = -Infinity
  #skews: { at: number, skew: number }[] = []
  #crashTimes: number[] = []
  #restarts: { count: number, uptime: number } | null = null

  /** Returns the moment a silence that now ends was long enough. */
  heard (at: number, sentAt: number, irregular: boolean): number[] {
    const silences = this.silences(at)
    const skew = (at - sentAt) / 1000
    if (skew <= 300) {
      this.#good = at
      this.#skews = []
    } else this.#skews.push({ at, skew })
    const gap = this.#lastHeard === null ? 0 : at - this.#lastHeard
    if (!irregular && (this.#lastHeard === null || gap >= 10_000)) {
      if (this.#lastHeard !== null) this.#gaps.push(gap)
      if (this.#gaps.length > 20) this.#gaps.shift()
      this.#lastHeard = at
    } else if (irregular || gap > 0) this.#lastHeard = at
    return silences
  }

  silences (at: number): number[] {
    if (this.#lastHeard === null || this.#gaps.length < 5 || at - this.#lastHeard < 30 * minute) return []
    const usual = this.#gaps.toSorted((x, y) => x - y)[Math.floor(this.#gaps.length / 2)] ?? 0
    const limit = this.#lastHeard + Math.max(30 * minute, 3 * usual)
    return at >= limit ? [limit] : []
  }

  /** Every message of 15 min is more than 300 s late, evenly, and it has been so for 5 min. */
  skewed (at: number): boolean {
    const first = this.#skews[0]
    const last = this.#skews.at(-1)
    if (first === undefined || last === undefined || !Number.isFinite(this.#good)) return false
    return at - Math.max(this.#good, first.at) >= 20 * minute && Math.abs(first.skew - last.skew) < 60
  }

  report (at: number, { cpu_pct: cpu, restart_count: count, uptime_seconds: uptime }: AgentHealth): void {
    this.#reports = [...this.#reports, { at, cpu }].filter((report) => report.at > at - 300 * minute).slice(-20)
    const before = this.#restarts
    this.#restarts = { count, uptime }
    if (before === null || count <= before.count || uptime >= before.uptime) return
    const known = this.#crashTimes.some((time) => Math.abs(at - time) <= 10 * minute)
    for (let rise = count - before.count - (known ? 1 : 0); rise > 0; rise--) this.#crashTimes.push(at)
  }

  crashed (time: number): void {
    if (!this.#crashTimes.includes(time)) this.#crashTimes.push(time)
  }

  crashes (at: number): number {
    return this.#crashTimes.filter((time) => time > at - 1440 * minute).length
  }

  overloaded (at: number): boolean {
    if (this.lastBad <= at - 10 * minute) return false
    const recent = this.#reports.filter((report) => report.at > at - 10 * minute)
    const counted = recent.length > 0 ? recent : this.#reports.slice(-1)
    return counted.length > 0 && counted.reduce((sum, { cpu }) => sum + cpu, 0) / counted.length > 80
  }
}
