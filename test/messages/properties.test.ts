import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { parseBody, rawText } from '../../src/ingest/body.js'
import { countRows } from '../../src/messages/index.js'
import { packageRoot } from '../../src/paths.js'
import { columnFaults } from '../support/columns.js'
import { payloadMessage, readMessage, receivedAt } from '../support/messages.js'

const online = { status: 'ONLINE', packets_sent: 5, packets_received: 4, loss_pct: 20, rtt_min_ms: 10, rtt_avg_ms: 12.5, rtt_max_ms: 20, jitter_ms: 3 }

const valid: unknown[] = [
  ...[
    'guide-path_result', 'guide-hop_result', 'v1-agent_health', 'v2-agent_health-restart', 'v2-crash_report', 'v1-network_status-with-path', 'v1-network_status-loss-mixed',
  ].map((name) => payloadMessage(`${name}.json`)),
  {
    schema: 'meshmon.v1', type: 'hop_result', src: 'a', dst: 'b', sent_at: '2026-11-22T11:00:00Z',
    hops: [{ seq: 1, node: 'a', interface: 'wlan0', link_type: 'RF', to_next: { ip: '10.0.0.2', lq: 1, nlq: 1, etx: 1, rtt_ms: 1 } }, { node: 'b' }],
  },
  { schema: 'meshmon.v2', type: 'phone_test_result', node: 'a', sent_at: '2026-11-22T11:00:00Z', tests: [{ phone_number: '1', display_name: 'x', ping: online, options: online }], summary: { a: 1 } },
  { schema: 'meshmon.v1', type: 'radio_metrics', node: 'a', role: 'repeater', sent_at: '2026-11-22T11:00:00Z', metrics: { bat: 1 }, info: { battery: { cells: 1 } } },
  { schema: 'meshmon.v1', type: 'worker_event', node: 'a', sent_at: '2026-11-22T11:00:00Z', event: 'poll_ok', reason: 'x', details: {} },
  JSON.parse(readFileSync(join(packageRoot, 'test', 'fixtures', 'aredn', '4x-tunnel-moved.json'), 'utf8')),
  { schema: 'meshmon.v1', type: 'aredn_sysinfo', node: 'a', sent_at: '2026-11-22T11:00:00Z', sysinfo: JSON.parse(readFileSync(join(packageRoot, 'test', 'fixtures', 'aredn', '3x-olsr-lqm.json'), 'utf8')) },
]

/** Text as agents may send it, half of a surrogate pair and NUL included. */
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }), fc.constantFrom('', 'unknown', '1970-01-01T00:00:00Z', '2026-11-22T11:00:00.5+01:00', '9999-12-31T23:59:60Z', '__proto__', '\0'))
const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 100, 1e308, 5e-324, 2 ** 31, -(2 ** 31), 1e15, 1e16))
const { anyValue } = fc.letrec((tie) => ({
  anyValue: fc.oneof({ depthSize: 'small' }, fc.constant(null), fc.boolean(), anyNumber, anyText, fc.array(tie('anyValue'), { maxLength: 4 }), fc.dictionary(anyText, tie('anyValue'), { maxKeys: 4, noNullPrototype: true })),
}))

/** Every place in a JSON value, as the keys that lead there. */
function places (value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [[], ...Object.entries(value).flatMap(([key, field]) => places(field).map((rest) => [key, ...rest]))]
}

function replaced (value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by
  if (Array.isArray(value)) return value.map((field: unknown, i) => String(i) === key ? replaced(field, rest, by) : field)
  return Object.fromEntries(Object.entries(Object(value)).map(([name, field]) => [name, name === key ? replaced(field, rest, by) : field]))
}

/** A valid message with up to three values replaced by anything. */
const nearlyValid = fc.tuple(fc.constantFrom(...valid), fc.array(fc.tuple(fc.nat(), anyValue), { maxLength: 3 })).map(([message, changes]) =>
  changes.reduce((changed: unknown, [where, by]) => {
    const all = places(changed)
    return replaced(changed, all[where % all.length] ?? [], by)
  }, message))

t.test('any JSON value is accepted or rejected, and accepted rows fit their tables', async (t) => {
  let accepted = 0
  fc.assert(fc.property(fc.oneof(nearlyValid, anyValue), (value) => {
    const result = readMessage(value)
    if (!result.ok) return result.errors.length === 1 && !/\p{C}/u.test(`${result.type}${result.detail}${result.errors[0]?.path}`)
    accepted++
    const { rows, sightings } = result.message
    return rows.flatMap(columnFaults).length === 0 && sightings.length === 1 && rows.length <= 2 * countRows(value) && rows.every(({ values }) => values.received_at === receivedAt)
  }), { numRuns: 5000 })
  t.ok(accepted > 200, `${accepted} of 5000 were accepted`)
})

t.test('unknown fields are found again in the row, whatever they are', async (t) => {
  const known = { schema: 'meshmon.v1', type: 'path_result', src: 'a', dst: 'b', sent_at: '2026-11-22T11:00:00Z', route: [], metrics: {} }
  fc.assert(fc.property(fc.dictionary(fc.stringMatching(/^x[a-z0-9 /~]*$/), fc.jsonValue(), { maxKeys: 4, noNullPrototype: true }), (unknown) => {
    const result = readMessage({ ...known, ...unknown })
    if (!result.ok) return /surrogate|name/.test(result.errors[0]?.message ?? '')
    const extra = result.message.rows.flatMap(({ values }) => 'extra' in values ? [values.extra] : [])
    return isDeepStrictEqual(extra, [Object.keys(unknown).length === 0 ? null : unknown])
  }), { numRuns: 500 })
  t.pass('in all of them')
})

t.test('no body makes parseBody throw, and each of its messages has a raw text', async (t) => {
  const piece = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '\n', 'nan', '-inf', 'null', '{"a":1}', '{"a":nan}', ' ', '\0', '\ufeff').map((text) => Buffer.from(text)),
    anyValue.map((value) => Buffer.from(JSON.stringify(value))))
  let read = 0
  fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
    const body = parseBody(Buffer.concat(pieces), { maxMessages: 5 })
    if (!body.ok) return (body.status === 400 || body.status === 413) && body.detail.length < 300
    read++
    return body.messages.length <= 5 && body.messages.every((message, i) => message.index === i && typeof rawText(message) === 'string')
  }), { numRuns: 5000 })
  t.ok(read > 100, `${read} of 5000 were read`)
})

t.test('every list of JSON values is read as it was written, by whatever way it comes', async (t) => {
  const object = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 })
  fc.assert(fc.property(fc.array(object, { minLength: 2, maxLength: 5 }), (objects) => {
    const expected = objects.map((value) => JSON.parse(JSON.stringify(value)) as unknown)
    for (const text of [JSON.stringify(objects), JSON.stringify(objects, null, 2), objects.map((value) => JSON.stringify(value)).join('\r\n')]) {
      const body = parseBody(Buffer.from(text), { maxMessages: 1000 })
      if (!isDeepStrictEqual(body.ok && body.messages.map((message) => 'value' in message && message.value), expected)) return false
    }
    return true
  }), { numRuns: 300 })
  t.pass('in all of them')
})
