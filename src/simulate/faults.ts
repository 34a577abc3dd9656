import { parseLink } from '../incidents/subject.js'
import type { Link, Mesh } from './mesh.js'
import { linkSubject, nodeName, nodeSubject, pathSubject } from './subject.js'

/** What can go wrong: the rule of rules.md it should trigger, what it befalls, and how long a random one lasts (min). */
export const faultKinds = {
  rf_drop: { rule: 'rf_quality_drop', scope: 'link', minutes: [25, 45] },
  jitter: { rule: 'jitter_burst', scope: 'path', minutes: [10, 30] },
  loss: { rule: 'loss_spike', scope: 'path', minutes: [10, 30] },
  flap: { rule: 'route_flapping', scope: 'path', minutes: [10, 30] },
  bottleneck: { rule: 'bottleneck_link', scope: 'link', minutes: [15, 30] },
  overload: { rule: 'node_overload', scope: 'node', minutes: [20, 40] },
  crash: { rule: 'repeated_crashes', scope: 'node', minutes: [24, 50] },
  silent: { rule: 'node_silent', scope: 'node', minutes: [40, 70] },
  skew: { rule: 'clock_skew', scope: 'node', minutes: [30, 40] },
  link_down: { rule: 'link_down', scope: 'link', minutes: [30, 60] },
} as const

export type FaultKind = keyof typeof faultKinds

/** What the messages of agents show. */
export const agentKinds: readonly FaultKind[] = ['rf_drop', 'jitter', 'loss', 'flap', 'bottleneck', 'overload', 'crash', 'silent', 'skew']
/** Of these, what a history shows: a skewed clock needs real times of receipt. */
export const historyKinds = agentKinds.filter((kind) => kind !== 'skew')
/** What AREDN nodes tell of themselves and their links. */
export const arednKinds: readonly FaultKind[] = ['rf_drop', 'link_down', 'overload', 'silent']

export type Subject =
  | { scope: 'path', src: number, dst: number }
  | { scope: 'link', link: number }
  | { scope: 'node', node: number }

/** Something known to be wrong from `start` to `end` (ms since 1970). */
export interface Fault {
  kind: FaultKind
  subject: Subject
  start: number
  end: number
}

/** A fault as asked for: `subject` null means auto, times count from the start of the run (ms). */
export interface FaultWish {
  kind: FaultKind
  subject: Subject | null
  offset: number
  duration: number
}

/** What was asked for cannot be simulated; the message says why and what can. */
export class FaultError extends Error {
  override name = 'FaultError'
}

/** The agent of a crashed node is away this long, ms: less than a probe cycle. */
export const restartMs = 25_000

/** A crash at the start, in the middle and at the end. */
export function crashTimes ({ start, end }: Fault): number[] {
  return [start, start + Math.floor((end - start) / 2000) * 1000, end]
}

/** Subject in the contract's form (tables.md). */
export function subjectText (mesh: Mesh, subject: Subject): string {
  if (subject.scope === 'node') return nodeSubject(mesh, subject.node)
  if (subject.scope === 'path') return pathSubject(mesh, subject.src, subject.dst)
  const link = mesh.links[subject.link]
  if (link === undefined) throw new RangeError(`the mesh has no link ${subject.link}`)
  return linkSubject(mesh, link)
}

/** Nodes a subject is made of. */
export function subjectNodes (mesh: Mesh, subject: Subject): number[] {
  if (subject.scope === 'node') return [subject.node]
  if (subject.scope === 'path') return [subject.src, subject.dst]
  const link = mesh.links[subject.link]
  return link === undefined ? [] : [link.a, link.b]
}

/**
 * Reads `KIND:SUBJECT@START+DURATION`. SUBJECT is `auto`, a node, a path `src>dst` or a link `a--b[@medium]`; a node may be
 * named by its place in the mesh (`node-03` is the third).
 * @throws FaultError that says what is wrong and what is possible
 */
export function parseFault (text: string, mesh: Mesh, kinds: readonly FaultKind[] = agentKinds): FaultWish {
  const parts = /^(\w+):(.+)@([^@+]+)\+([^@+]+)$/.exec(text)
  if (parts === null) throw new FaultError(`"${text}" is not KIND:SUBJECT@START+DURATION, for example jitter:auto@10m+20m`)
  const [, kindText = '', subject = '', start = '', duration = ''] = parts
  const kind = kinds.find((name) => name === kindText)
  if (kind === undefined) throw new FaultError(`"${kindText}" is no kind of fault; there are ${kinds.join(', ')}`)
  const wish = { kind, offset: parseDuration(start), duration: parseDuration(duration) }
  if (wish.duration <= 0) throw new FaultError(`"${text}" lasts no time`)
  return { ...wish, subject: subject === 'auto' ? null : parseSubject(subject, kind, mesh) }
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `10m`, `1h30m`, `24h`, `2d` in ms, whole seconds. */
export function parseDuration (text: string): number {
  if (!/^(\d+(\.\d+)?[smhd])+$/.test(text)) throw new FaultError(`"${text}" is not a time span like 90s, 10m, 1h30m or 24h`)
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(?<![\d.])([\d.]+)([smhd])/g)) {
    if (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd') total += Number(amount) * unitMs[unit]
  }
  return Math.round(total / 1000) * 1000
}

function parseSubject (text: string, kind: FaultKind, mesh: Mesh): Subject {
  const { scope } = faultKinds[kind]
  if (scope === 'node') return { scope, node: findNode(text, mesh) }
  if (scope === 'path') {
    const [src, dst, ...rest] = text.split('>')
    if (src === undefined || dst === undefined || rest.length > 0) throw new FaultError(`${kind} befalls a path: "${text}" is not SRC>DST`)
    const path = { scope, src: findNode(src, mesh), dst: findNode(dst, mesh) }
    if (path.src === path.dst) throw new FaultError(`"${text}" leads from a node to itself`)
    return path
  }
  const link = parseLink(text)
  if (link === null) throw new FaultError(`${kind} befalls a link: "${text}" is not A--B`)
  return { scope, link: findLink(findNode(link.a, mesh), findNode(link.b, mesh), link.medium, mesh).index }
}

function findNode (text: string, mesh: Mesh): number {
  const wanted = text.toLowerCase()
  const named = mesh.nodes.find(({ name }) => name.toLowerCase() === wanted)
  const place = /^node-(\d+)$/.exec(wanted)
  const node = named ?? (place === null ? undefined : mesh.nodes[Number(place[1]) - 1])
  if (node === undefined) throw new FaultError(`the mesh has no node "${text}"; there are node-01 to node-${String(mesh.nodes.length).padStart(2, '0')}, named ${mesh.nodes[0]?.name} to ${mesh.nodes.at(-1)?.name}`)
  return node.index
}

function findLink (one: number, other: number, medium: string, mesh: Mesh): Link {
  const link = mesh.links.find((link) => (link.a === one && link.b === other) || (link.a === other && link.b === one))
  if (link !== undefined && link.medium === medium) return link
  const there = (mesh.nodes[one]?.links ?? []).map((index) => subjectText(mesh, { scope: 'link', link: index }))
  throw new FaultError(`there is no ${medium} link between ${nodeName(mesh, one)} and ${nodeName(mesh, other)}; ${nodeName(mesh, one)} has ${there.join(', ')}`)
}
