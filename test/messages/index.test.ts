import t from 'tap'
import { countRows } from '../../src/messages/index.js'
import { accept, at, readMessage, receivedAt, reject } from '../support/messages.js'

const base = { schema: 'meshmon.v1', type: 'agent_health', node: 'node-A', sent_at: '2026-11-22T11:00:00Z' }

function row (over: object): object {
  return accept({ ...base, ...over }).rows[0]?.values ?? {}
}

function nested (levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)]
}

t.test('a message of unknown schema or type says so', async (t) => {
  t.same(readMessage({ ...base, schema: 'meshmon.v3' }), { ok: false, type: 'agent_health', errors: [{ path: '/schema', message: 'is not known' }], detail: 'unknown schema: meshmon.v3' })
  t.same(readMessage({ ...base, type: 'lunch' }), { ok: false, type: 'lunch', errors: [{ path: '/type', message: 'is not known' }], detail: 'unknown type: lunch' })
  t.same(readMessage({ ...base, schema: undefined }), { ok: false, type: 'agent_health', errors: [{ path: '/schema', message: 'is required' }], detail: 'unknown schema: none given' })
  t.same(readMessage({ ...base, type: 5 }), { ok: false, errors: [{ path: '/type', message: 'must be text' }], detail: 'unknown type: not text' })
  t.match(readMessage({ ...base, type: undefined }), { ok: false, type: undefined, errors: [{ path: '/type', message: 'is required' }], detail: 'unknown type: none given' })
  for (const type of ['constructor', 'toString', '__proto__']) t.match(readMessage({ ...base, type }), { ok: false, detail: `unknown type: ${type}` })
})

t.test('a type is one of ours unless the detail says so, whatever else is wrong', async (t) => {
  for (const message of [{ ...base, type: 'x', node: '\0' }, { type: 'x' }, { schema: 'x', type: 'x' }, { ...base, type: 'x', deep: nested(40) }]) {
    t.match(readMessage(message), { ok: false, type: 'x', detail: /^unknown/ })
  }
  t.match(readMessage({ ...base, node: '\0' }), { ok: false, type: 'agent_health', detail: undefined })
})

t.test('what a sender calls its message is shown cut and clean', async (t) => {
  t.match(readMessage({ ...base, type: '\u0007' + 'x'.repeat(100) }), { type: '\ufffd' + 'x'.repeat(63), detail: 'unknown type: \ufffd' + 'x'.repeat(63) })
  t.match(readMessage({ ...base, type: 'agent_health', ['y'.repeat(999)]: nested(40) }), { errors: [{ path: '/' + 'y'.repeat(255) }] })
})

t.test('both schema versions are accepted for every type', async (t) => {
  for (const schema of ['meshmon.v1', 'meshmon.v2']) t.equal(readMessage({ ...base, schema }).ok, true, schema)
})

t.test('only an object is a message', async (t) => {
  for (const value of [null, 5, 'x', true, [], [base]]) t.equal(reject(value), ' must be an object')
})

t.test('a late time is kept to the microsecond, however late', async (t) => {
  t.match(row({ sent_at: '2020-01-01T00:00:00.000001Z' }), { time: at('2020-01-01T00:00:00Z') + 1, received_at: receivedAt, sent_at: null, clock_suspect: false })
  t.match(row({ sent_at: '2026-11-22T12:45:00+01:00' }), { time: receivedAt + 300_000_000, clock_suspect: false })
})

t.test('a time that cannot be true gives way to that of receipt', async (t) => {
  t.match(row({ sent_at: '2026-11-22T11:45:00.000001Z' }), { time: receivedAt, sent_at: receivedAt + 300_000_001, clock_suspect: true })
  t.match(row({ sent_at: '2019-12-31T23:59:59.999999Z' }), { time: receivedAt, sent_at: at('2020-01-01T00:00:00Z') - 1, clock_suspect: true })
  t.match(accept({ ...base, sent_at: '1970-01-01T00:01:40Z' }), { clockSuspect: true, sightings: [{ time: null }] })
  t.match(accept(base), { clockSuspect: false, sightings: [{ time: at(base.sent_at) }] })
})

t.test('sent_at has an offset', async (t) => {
  t.equal(reject({ ...base, sent_at: '2026-11-22T11:00:00' }), '/sent_at must be a time with Z or offset, such as 2026-03-01T12:00:00Z')
  t.equal(reject({ ...base, sent_at: 1795343979 }), '/sent_at must be text')
  t.equal(reject({ ...base, sent_at: null }), '/sent_at must be text')
})

t.test('names have 1 to 128 characters, none of them a control character', async (t) => {
  t.match(row({ node: 'x'.repeat(128) }), { node: 'x'.repeat(128) })
  t.match(row({ node: '🏔'.repeat(128) }), { node: '🏔'.repeat(128) }, 'characters, not bytes')
  t.match(row({ node: 'Zürich\ufffd "a\\b' }), { node: 'Zürich\ufffd "a\\b' })
  t.equal(reject({ ...base, node: 'x'.repeat(129) }), '/node must have at most 128 characters')
  t.equal(reject({ ...base, node: '' }), '/node must not be empty')
  for (const control of ['\n', '\u001f', '\u007f', '\u0085', '\u009f']) t.equal(reject({ ...base, node: `a${control}` }), '/node must not contain control characters')
})

t.test('numbers are finite and fit the database', async (t) => {
  t.equal(reject({ ...base, mem_mb: Infinity }), '/mem_mb must be a finite number')
  t.equal(reject({ ...base, unknown: { deep: [-Infinity] } }), '/unknown/deep/0 must be a finite number')
  t.equal(reject({ ...base, mem_mb: 1.1e15 }), '/mem_mb must be <= 1000000000000000')
  t.equal(reject({ ...base, restart_count: -(2 ** 31) - 1 }), '/restart_count must be >= -2147483648')
  t.match(row({ mem_mb: 1e15, restart_count: -(2 ** 31), unknown: 1e300 }), { mem_mb: 1e15, restart_count: -2147483648, extra: { unknown: 1e300 } })
})

t.test('text that the database cannot keep is refused wherever it stands', async (t) => {
  const unstorable = 'must be valid text: no NUL character, no half of a surrogate pair'
  t.equal(reject({ ...base, node: 'a\0' }), `/node ${unstorable}`)
  t.equal(reject({ ...base, node: 'a\ud83c' }), `/node ${unstorable}`)
  t.equal(reject({ ...base, threads: { x: ['\udfd4'] } }), `/threads/x/0 ${unstorable}`)
  t.equal(reject({ ...base, unknown: { 'a/b~\0': 1 } }), `/unknown has a name that is not allowed: it ${unstorable}`)
  t.match(row({ unknown: { 'a/b~': '🏔' } }), { extra: { unknown: { 'a/b~': '🏔' } } })
})

t.test('keys that reach for prototypes are refused and reach nothing', async (t) => {
  t.equal(reject({ ...base, ['__proto__']: { polluted: 1 } }), '/__proto__ must not be used as a name')
  t.equal(reject({ ...base, checks: JSON.parse('{"a":[{"__proto__":{"polluted":1}}]}') as unknown }), '/checks/a/0/__proto__ must not be used as a name')
  t.equal(reject({ ...base, unknown: { constructor: { prototype: { polluted: 1 } } } }), '/unknown/constructor must not be used as a name')
  t.notOk('polluted' in {})
  t.match(row({ prototype: { polluted: 1 }, toString: 1 }), { extra: { prototype: { polluted: 1 }, toString: 1 } })
})

t.test('nesting is limited to 32 levels', async (t) => {
  t.equal(readMessage({ ...base, unknown: nested(31) }).ok, true)
  t.equal(reject({ ...base, unknown: nested(32) }), `/unknown${'/0'.repeat(31)} must not be nested deeper than 32 levels`)
})

t.test('the message itself is left as it was', async (t) => {
  const value = { ...base, unknown: 1, lat: '47', phonebook: { last_updated: '1970-01-01T00:00:00Z' } }
  const before = structuredClone(value)
  accept(value)
  t.same(value, before)
})

t.test('a message counts for the results in it', async (t) => {
  t.equal(countRows(base), 1)
  t.equal(countRows({ probes: Array(1000).fill({}) }), 1000)
  t.equal(countRows({ probes: [{ path: [{}, {}] }, null, 5] }), 5)
  t.equal(countRows({ tests: [1, 2, 3] }), 3)
  t.equal(countRows({ hops: [1, 2] }), 2)
  t.equal(countRows({ type: 'radio_metrics', metrics: { a: 1, b: 2 } }), 2)
  t.equal(countRows({ type: 'path_result', metrics: { a: 1, b: 2 } }), 1)
  for (const value of [null, 5, 'x', [], { probes: [] }, { probes: 'many' }, { type: 'radio_metrics', metrics: null }]) t.equal(countRows(value), 1)
})
