import fc from 'fast-check'
import t from 'tap'
import { parseTime } from '../../src/messages/time.js'

const noon = Date.UTC(2026, 2, 1, 12) * 1000

t.test('UTC and offsets', async (t) => {
  t.equal(parseTime('2026-03-01T12:00:00Z'), noon)
  t.equal(parseTime('2026-03-01t12:00:00z'), noon)
  t.equal(parseTime('2026-03-01T13:30:00+01:30'), noon)
  t.equal(parseTime('2026-02-28T23:00:00-13:00'), noon)
  t.equal(parseTime('2026-03-01T12:00:00-00:00'), noon)
})

t.test('microseconds are kept, what is finer is cut off', async (t) => {
  t.equal(parseTime('2026-03-01T12:00:00.5Z'), noon + 500_000)
  t.equal(parseTime('2026-03-01T12:00:00.000001Z'), noon + 1)
  t.equal(parseTime('2026-03-01T12:00:00.123456+00:00'), noon + 123_456)
  t.equal(parseTime('2026-03-01T12:00:00.123456999Z'), noon + 123_456)
})

t.test('a leap second is the second after it', async (t) => {
  t.equal(parseTime('2016-12-31T23:59:60Z'), Date.UTC(2017, 0, 1) * 1000)
  t.equal(parseTime('2017-01-01T00:59:60.25+01:00'), Date.UTC(2017, 0, 1) * 1000 + 250_000)
  t.equal(parseTime('2016-12-31T15:59:60-08:00'), Date.UTC(2017, 0, 1) * 1000)
  t.ok(Number.isNaN(parseTime('2016-12-31T23:58:60Z')))
  t.ok(Number.isNaN(parseTime('2016-12-31T23:59:61Z')))
})

t.test('days of the calendar', async (t) => {
  t.equal(parseTime('2024-02-29T00:00:00Z'), Date.UTC(2024, 1, 29) * 1000)
  t.equal(parseTime('2000-02-29T00:00:00Z'), Date.UTC(2000, 1, 29) * 1000)
  t.equal(parseTime('0001-01-01T00:00:00Z'), Date.parse('0001-01-01T00:00:00Z') * 1000)
  t.equal(parseTime('9999-12-31T23:59:59Z'), Date.parse('9999-12-31T23:59:59Z') * 1000)
  for (const day of ['2025-02-29', '1900-02-29', '2026-04-31', '2026-13-01', '2026-00-01', '2026-01-00', '2026-01-32']) t.ok(Number.isNaN(parseTime(`${day}T00:00:00Z`)), day)
})

t.test('what is no RFC 3339 time with offset', async (t) => {
  const texts = [
    '', 'Z', '2026-03-01', '2026-03-01T12:00:00', '2026-03-01 12:00:00Z', '2026-03-01T12:00Z', '2026-03-01T12:00:00+0100', '2026-03-01T12:00:00+01',
    '2026-03-01T12:00:00+24:00', '2026-03-01T12:00:00+01:60', '2026-03-01T24:00:00Z', '2026-03-01T12:60:00Z', '2026-03-01T12:00:00.Z', '2026-03-01T12:00:00,5Z',
    ' 2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z ', '2026-03-01T12:00:00Zx', '+026-03-01T12:00:00Z', '2026/03/01T12:00:00Z', '2026-3-1T12:00:00Z', '1772366400', 'N/A',
    '2026-03-01T12:00:00ZZ', '２026-03-01T12:00:00Z',
  ]
  for (const text of texts) t.ok(Number.isNaN(parseTime(text)), text)
})

t.test('agrees with Date wherever Date reads the same text', async (t) => {
  fc.assert(fc.property(fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }), (date) =>
    parseTime(date.toISOString()) === date.getTime() * 1000))
  t.pass('for every date')
})
