import fc from 'fast-check'
import t from 'tap'
import { csvLine, parseCsv } from '../../src/archive/csv.js'

const cell = fc.option(fc.oneof(fc.string(), fc.constantFrom('', 'null', '\\N', '\\.', ' ', '"', '\r', '\n', ',', 'a\r\nb', '{"x": "y"}')), { nil: null })
const table = fc.integer({ min: 1, max: 5 }).chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 20 }))

t.test('what is written is read again', async (t) => {
  fc.assert(fc.property(table, (rows) => {
    t.strictSame(parseCsv(rows.map((row) => `${csvLine(row)}\n`).join('')), rows)
  }), { numRuns: 300 })
})

t.test('null and an empty text are two things, as COPY has them', async (t) => {
  t.equal(csvLine([null, '', 'a', 'b,"c"', 'd\ne']), ',"",a,"b,""c""","d\ne"')
  t.strictSame(parseCsv(',""\n'), [[null, '']])
})

t.test('what is no CSV is refused', async (t) => {
  for (const text of ['a', 'a,b', '"a', '"a"b\n', 'a"b\n', 'a\rb\n']) t.throws(() => parseCsv(text), /not CSV/, JSON.stringify(text))
  t.strictSame(parseCsv('a,b\n'), [['a', 'b']])
})
