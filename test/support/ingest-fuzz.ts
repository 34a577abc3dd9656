import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { packageRoot } from '../../src/paths.js'
import { Random } from '../../src/simulate/random.js'

/** A request to /ingest, and the node of a good message in its body where there is one. */
export interface FuzzInput { body: Buffer, encoding: string | null, sentinel: string | null }

const folder = join(packageRoot, 'test/fixtures/payloads')
const fixtures = readdirSync(folder).filter((name) => name.endsWith('.json')).sort().map((name) => readFileSync(join(folder, name)))
const phoneTest = { schema: 'meshmon.v2', type: 'phone_test_result', node: 'n', sent_at: '2026-01-01T00:00:00Z', tests: [{ phone_number: '101', ping: { status: 'ONLINE', loss_pct: 0, rtt_avg_ms: 3 } }] }
const others = [
  phoneTest,
  { schema: 'meshmon.v1', type: 'radio_metrics', node: 'r', role: 'repeater', public_key: 'ab'.repeat(32), sent_at: '2026-01-01T00:00:00Z', metrics: { bat: 4000, last_snr: -3.5 }, info: { battery: { chemistry: 'liion', cells: 1 } } },
  { schema: 'meshmon.v1', type: 'worker_event', node: 'r', sent_at: '2026-01-01T00:00:00Z', event: 'poll_failed', reason: 'x', details: { a: 1 } },
  { schema: 'meshmon.v1', type: 'hop_result', src: 'a', dst: 'b', sent_at: '2026-01-01T00:00:00Z', hops: [{ seq: 0, node: 'a', to_next: { ip: '10.0.0.1', lq: 1, nlq: 0.9, etx: 1.1, rtt_ms: 2 } }] },
]
const originals: readonly Buffer[] = [...fixtures, ...others.map((message) => Buffer.from(JSON.stringify(message)))]
const parsable = originals.flatMap((bytes) => {
  try {
    return [JSON.parse(bytes.toString()) as unknown]
  } catch {
    return []
  }
})

const tokens = [
  'null', 'true', 'false', '0', '-0', '-1', '1e308', '1e999', '-1e999', '1e-400', '9007199254740993', '2147483648', '-2147483649', '0.1', 'nan', '-nan', 'inf', '-inf', 'NaN', 'Infinity', '{}', '[]', '[[]]', '""', '" "',
  '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"\u0130"', '"\ufeff"', '"\\""', '"unknown"', '"__proto__"', '"constructor"', '"10.0.0.1"', '"1970-01-01T00:00:00Z"', '"2026-02-30T00:00:00Z"', '"2026-01-01T00:00:00"', '"9999-12-31T23:59:60Z"', '"0001-01-01T00:00:00Z"',
  '"+275760-09-13T00:00:00Z"', `"${'x'.repeat(129)}"`, `"${'\u00e9'.repeat(200)}"`, `${'['.repeat(40)}${']'.repeat(40)}`, ',', ':', '{', '}', '[', ']', '"', '\\', '\n', '\r\n', '\0',
]
const keys = ['schema', 'type', 'node', 'src', 'dst', 'sent_at', 'route', 'metrics', 'probes', 'path', 'tests', 'hops', 'hop', 'l2', 'window_s', 'extra', '__proto__', 'constructor', 'toString', 'a\u0000b', '', 'checks', 'threads', 'public_key', 'crash_time']
const types = ['path_result', 'hop_result', 'agent_health', 'crash_report', 'network_status', 'phone_test_result', 'radio_metrics', 'worker_event', 'aredn_sysinfo', 'nothing']
const values = tokens.flatMap((token) => {
  try {
    return [JSON.parse(token) as unknown]
  } catch {
    return []
  }
})

/** Input number `index` of a seed: the same on every machine, whatever came before. */
export function makeFuzzInput (seed: number, index: number, nowMs: number): FuzzInput {
  const random = new Random(seed, index)
  const sentinel = random.integer(4) === 0 ? `sentinel-${seed}-${index}` : null
  const text = sentinel === null ? changedBody(random, nowMs) : besides(random, sentinel, nowMs)
  switch (random.integer(12)) {
    case 0: return { body: gzipSync(text, { level: 1 }), encoding: 'gzip', sentinel }
    case 1: return { body: deflateSync(text, { level: 1 }), encoding: 'deflate', sentinel }
    case 2: return { body: deflateRawSync(text, { level: 1 }), encoding: 'deflate', sentinel }
    case 3: return { body: changeBytes(random, gzipSync(text, { level: 1 })), encoding: random.pick(['gzip', 'deflate', 'gzip, gzip', 'br', 'identity', ''])!, sentinel: null }
    default: return { body: text, encoding: null, sentinel }
  }
}

function changedBody (random: Random, nowMs: number): Buffer {
  switch (random.integer(8)) {
    case 0: return changeBytes(random, random.pick(originals)!)
    case 1: return changeTokens(random, random.pick(originals)!)
    case 2: return Buffer.from(`[${Array.from({ length: random.integer(6) }, () => JSON.stringify(changedMessage(random, nowMs))).join()}]`)
    case 3: return Buffer.from(Array.from({ length: 1 + random.integer(5) }, () => random.integer(4) === 0 ? oneLine(changeTokens(random, random.pick(originals)!)) : JSON.stringify(changedMessage(random, nowMs))).join('\n'))
    case 4: return changeTokens(random, Buffer.from(JSON.stringify(changedMessage(random, nowMs))))
    case 5: return Buffer.concat([random.pick(originals)!.subarray(0, random.integer(400)), random.pick(originals)!.subarray(random.integer(400))])
    default: return Buffer.from(JSON.stringify(changedMessage(random, nowMs)))
  }
}

/** A changed message with a good one before or behind it, as a list or as lines. */
function besides (random: Random, node: string, nowMs: number): Buffer {
  const good = JSON.stringify({ schema: 'meshmon.v1', type: 'worker_event', node, sent_at: timeIn(random, nowMs), event: 'poll_ok' })
  // A list must be one; a line may be anything.
  if (random.integer(2) === 0) return Buffer.from(`[${random.shuffle([good, JSON.stringify(changedMessage(random, nowMs))]).join()}]`)
  return Buffer.from(random.shuffle([good, oneLine(changeTokens(random, random.pick(originals)!))]).join('\n'))
}

/** Not indented text of one line that can't be taken for a list. */
function oneLine (bytes: Buffer): string {
  return bytes.toString().replace(/[\r\n\0\ufeff]/g, ' ').replace(/^[\s[]+/, '') || '{'
}

/** Recent, so that the rows fall into few chunks. */
function timeIn (random: Random, nowMs: number): string {
  return new Date(nowMs - random.integer(86_400_000)).toISOString()
}

type Tree = Record<string, unknown> | unknown[]

function changedMessage (random: Random, nowMs: number): unknown {
  const message: unknown = structuredClone(random.pick(parsable))
  const first: unknown = Array.isArray(message) ? message[0] : message
  if (!isTree(first) || Array.isArray(first)) return message
  // Half of them under times of their own, or most would be duplicates.
  if (random.integer(2) === 0) first['sent_at'] = timeIn(random, nowMs)
  for (let changes = random.integer(4); changes > 0; changes--) changeTree(random, somewhere(random, first))
  return first
}

function isTree (value: unknown): value is Tree {
  return typeof value === 'object' && value !== null
}

function somewhere (random: Random, root: Tree): Tree {
  let at = root
  for (;;) {
    const inner = Object.values(at).filter(isTree)
    if (inner.length === 0 || random.integer(3) === 0) return at
    at = random.pick(inner)!
  }
}

function changeTree (random: Random, tree: Tree): void {
  const one = random.pick(Object.keys(tree)) ?? '0'
  const slots = tree as Record<string, unknown>
  const set = (key: string, value: unknown) => Object.defineProperty(slots, key, { value, enumerable: true, configurable: true, writable: true })
  switch (random.integer(8)) {
    case 0: Array.isArray(tree) ? tree.splice(Number(one), 1) : delete slots[one]; break
    case 1: Array.isArray(tree) ? tree.push(random.pick(values)) : set(random.pick(keys)!, random.pick(values)); break
    case 2: Array.isArray(tree) ? tree.push(...structuredClone(tree.slice(0, 30))) : set(random.pick(keys)!, structuredClone(slots[one])); break
    case 3: slots[one] = [slots[one]]; break
    case 4: slots[one] = { [random.pick(keys)!]: slots[one] }; break
    case 5: if (!Array.isArray(tree)) set('type', random.pick(types)); break
    case 6: slots[one] = typeof slots[one] === 'number' ? random.between(-1e6, 1e6) : `${(JSON.stringify(slots[one]) ?? '').slice(0, 60)}${random.integer(100)}`; break
    default: slots[one] = random.pick(values)
  }
}

function changeTokens (random: Random, bytes: Buffer): Buffer {
  const parts = bytes.toString('latin1').split(/("(?:[^"\\]|\\.)*"|[-+.\w]+|[[\]{}:,])/)
  for (let changes = 1 + random.integer(3); changes > 0; changes--) {
    const at = random.integer(parts.length)
    const token = Buffer.from(random.pick(tokens)!).toString('latin1')
    switch (random.integer(4)) {
      case 0: parts[at] = ''; break
      case 1: parts[at] += token; break
      case 2: parts.splice(at, 0, ...parts.slice(at, at + 12)); break
      default: parts[at] = token
    }
  }
  return Buffer.from(parts.join(''), 'latin1')
}

function changeBytes (random: Random, bytes: Buffer): Buffer {
  let changed = Buffer.from(bytes)
  for (let changes = 1 + random.integer(6); changes > 0; changes--) {
    const at = random.integer(changed.length)
    switch (random.integer(5)) {
      case 0: changed = changed.subarray(0, at); break
      case 1: changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + 1 + random.integer(8))]); break
      case 2: changed = Buffer.concat([changed.subarray(0, at), Buffer.from([random.integer(256)]), changed.subarray(at)]); break
      default: if (at < changed.length) changed[at] = random.integer(256)
    }
  }
  return changed
}
