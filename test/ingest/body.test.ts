import t from 'tap'
import { parseBody, rawText, type ParsedBody } from '../../src/ingest/body.js'

const maxMessages = 10_000

function parse (text: string | Buffer, limit = maxMessages): ParsedBody {
  return parseBody(Buffer.from(text), { maxMessages: limit })
}

t.test('one object, a list and one per line', async (t) => {
  t.same(parse('{"a":1}'), { ok: true, messages: [{ index: 0, value: { a: 1 }, raw: '{"a":1}' }], nonFinite: 0, invalidUtf8: 0 })
  t.same(parse('[{"a":1},{"a":2}]'), { ok: true, messages: [{ index: 0, value: { a: 1 } }, { index: 1, value: { a: 2 } }], nonFinite: 0, invalidUtf8: 0 })
  t.same(parse('{"a":1}\r\n\n{"a":2}\n'), {
    ok: true, messages: [{ index: 0, value: { a: 1 }, raw: '{"a":1}' }, { index: 1, value: { a: 2 }, raw: '{"a":2}' }], nonFinite: 0, invalidUtf8: 0,
  })
  t.same(parse('[]'), { ok: true, messages: [], nonFinite: 0, invalidUtf8: 0 })
})

t.test('one bad line does not spoil the others', async (t) => {
  t.match(parse('{"a":"x"y"}\n{"a":2}\ngarbage'), {
    messages: [{ index: 0, error: /^not JSON: /, raw: '{"a":"x"y"}' }, { index: 1, value: { a: 2 } }, { index: 2, error: /^not JSON: /, raw: 'garbage' }],
  })
})

t.test('a message printed over several lines is one message, and not JSON where it is broken', async (t) => {
  t.match(parse('{\n"a": [\n{"b":1}\n]\n}'), { messages: [{ value: { a: [{ b: 1 }] } }] })
  t.match(parse('{\n "a": "x"y",\n "c": [\n  {"b":1}\n ]\n}'), { ok: false, status: 400, detail: /^not JSON: / })
  t.match(parse('[\n{"a":1},\n{"a":"x"y"},\n{"a":3}\n]'), { ok: false, status: 400 })
})

t.test('nothing to read', async (t) => {
  for (const text of ['', ' \r\n\t', '\0\0', '\ufeff']) t.same(parse(text), { ok: false, status: 400, detail: 'the body is empty' })
  t.match(parse('a=1&b=2'), { ok: false, status: 400, detail: /^not JSON/ })
})

t.test('a BOM is skipped, and NUL bytes and white space behind the message', async (t) => {
  t.match(parse('\ufeff\r\n{"a":1}\0 \0\r\n\0'), { messages: [{ value: { a: 1 }, raw: '{"a":1}' }], invalidUtf8: 0 })
  t.match(parse('{"a":1}\0{"a":2}'), { ok: false, status: 400 })
})

t.test('invalid UTF-8 becomes U+FFFD and is counted; U+FFFD that was sent is not', async (t) => {
  const bytes = Buffer.concat([Buffer.from('{"a":"\ufffdzürich'), Buffer.from([0xc3]), Buffer.from('","b":"'), Buffer.from([0xff]), Buffer.from('"}')])
  t.match(parse(bytes), { messages: [{ value: { a: '\ufffdzürich\ufffd', b: '\ufffd' } }], invalidUtf8: 2 })
  t.match(parse('{"a":"\ufffd"}'), { messages: [{ value: { a: '\ufffd' } }], invalidUtf8: 0 })
})

t.test('words of printf in place of a number become null and are counted', async (t) => {
  t.match(parse('{"a":nan,"b":[-nan, inf ,-inf,NaN\n,Infinity,-Infinity,1],"c": nan }'), {
    messages: [{ value: { a: null, b: [null, null, null, null, null, null, 1], c: null } }], nonFinite: 8,
  })
  t.match(parse('{"a":nan}\n{"a":inf}\n{"b":1}'), { messages: [{ value: { a: null } }, { value: { a: null } }, { value: { b: 1 } }], nonFinite: 2 })
  t.match(parse('{"a":",nan,","b":"\\":nan,","c":1}'), { messages: [{ value: { a: ',nan,', b: '":nan,', c: 1 } }], nonFinite: 0 })
  t.match(parse('{"a":"\\",nan,","b":nan}'), { messages: [{ value: { a: '",nan,', b: null } }], nonFinite: 1 })
  t.match(parse('{"a":":nan}","b":nan}'), { messages: [{ value: { a: ':nan}', b: null } }], nonFinite: 1 })
})

t.test('nothing else is repaired', async (t) => {
  for (const text of ['{"a":nano}', '[1nan]', '[1 nan]', '[nan1]', '[nanInfinity]', '[infinity]', '[NAN]', '{nan:1}', '{"a":1,nan:2}', '{"a":+inf}', '{"a":--inf}', '{"a":nan nan}', '{"a":1,}', '{"a":\'x\'}', '{"a":0x1}', '{"a":undefined}', '{"a":nan']) {
    t.match(parse(text), { ok: false, status: 400 }, text)
  }
})

t.test('a deeply nested message is refused without building it, the others beside it are read', async (t) => {
  const deep = '{"a":' + '['.repeat(100_000) + ']'.repeat(100_000) + '}'
  t.same(parse(deep), { ok: false, status: 400, detail: 'must not be nested deeper than 32 levels' })
  t.match(parse(`[{"a":1},${deep},{"a":[",]"]}]`), { messages: [{ value: { a: 1 } }, { error: /nested/, raw: deep }, { value: { a: [',]'] } }] })
  t.match(parse(`{"a":1}\n${deep}`), { messages: [{ value: { a: 1 } }, { error: /nested/ }] })
  t.match(parse('['.repeat(100_000)), { ok: false, status: 400, detail: /nested/ })
  t.match(parse('[' + '['.repeat(100) + '}'.repeat(101)), { messages: [{ error: /nested/ }] })
  t.match(parse('['.repeat(33) + ']'.repeat(33)), { ok: true, messages: [{ index: 0 }] })
})

t.test('too many messages or results are refused as a whole', async (t) => {
  t.match(parse('[1,2,3]', 3), { ok: true })
  t.match(parse('[1,2,3,4]', 3), { ok: false, status: 413, detail: /^more than 3 messages/ })
  t.match(parse('[1,2,3,nan', 3), { ok: false, status: 413 }, 'found before anything is built')
  t.match(parse('[[1,2],"3,4",{"a":5,"b":6}]', 3), { ok: true })
  t.match(parse('{"a":1,"b":2,"c":3,"d":4}', 3), { ok: true })
  t.match(parse('{}\n{}\n{}\n{}', 3), { ok: false, status: 413 })
  t.match(parse('{}\n{}\n{}', 3), { ok: true })
  t.match(parse('[{"probes":[1,2]},{"tests":[1]}]', 3), { ok: true })
  t.match(parse('[{"probes":[1,2]},{"tests":[1,2]}]', 3), { ok: false, status: 413 })
  const deep = '['.repeat(50) + ']'.repeat(50)
  t.match(parse(`[${[deep, deep, deep, deep].join()}]`, 3), { ok: false, status: 413 })
})

t.test('the raw text of each message is at hand', async (t) => {
  const body = parse('[{"a":1.50}]')
  t.same(body.ok && body.messages.map(rawText), ['{"a":1.5}'])
  const single = parse('{"a":1.50}')
  t.same(single.ok && single.messages.map(rawText), ['{"a":1.50}'])
})
