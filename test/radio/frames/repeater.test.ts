import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { decodeAccessList, decodeNeighbours, decodeRepeaterStats, encodeAccessList, encodeNeighbours, encodeRepeaterStats, FrameError } from '../../../src/radio/frames/index.js'
import { fixtures, hex } from '../../support/frame-fixtures.js'

const stats = decodeRepeaterStats(fixtures.status.subarray(8))
const struct = fixtures.status.subarray(8)

function padded (bytes: Uint8Array, length: number): Uint8Array {
  const longer = new Uint8Array(length)
  longer.set(bytes)
  return longer
}

t.test('padding by hops: 60 bytes directly, 58, 57, 56, 71 and 70 by flood', async (t) => {
  for (const length of [56, 57, 58, 60, 70, 71]) t.strictSame(decodeRepeaterStats(padded(struct, length)), stats, `${length} bytes`)
})

t.test('structs of older firmware', async (t) => {
  const { recv_errors: errors, ...before112 } = stats
  const { rx_airtime: air, ...before18 } = before112
  t.strictSame(decodeRepeaterStats(struct.subarray(0, 52)), before112)
  t.strictSame(decodeRepeaterStats(struct.subarray(0, 48)), before18)
  t.strictSame(decodeRepeaterStats(struct.subarray(0, 54)), before112, 'half a field is padding')
  t.equal(encodeRepeaterStats(before112).length, 52)
  t.equal(encodeRepeaterStats(before18).length, 48)
  t.throws(() => decodeRepeaterStats(struct.subarray(0, 47)), { name: 'FrameError', message: /repeater stats: flood_dups/ })
  t.strictSame([errors, air], [42, 9876])
})

t.test('60 bytes never tell which firmware sent them', async (t) => {
  t.match(decodeRepeaterStats(padded(struct.subarray(0, 48), 60)), { rx_airtime: 0, recv_errors: 0 })
  t.match(decodeRepeaterStats(padded(struct.subarray(0, 52), 60)), { rx_airtime: 9876, recv_errors: 0 })
})

t.test('a value that does not fit is refused, not wrapped', async (t) => {
  t.throws(() => encodeRepeaterStats({ ...stats, flood_dups: 65536 }), { name: 'FrameError', message: 'repeater stats: flood_dups does not fit 2 bytes' })
  t.throws(() => encodeRepeaterStats({ ...stats, bat: NaN }), FrameError)
  t.equal(decodeRepeaterStats(encodeRepeaterStats({ ...stats, flood_dups: 65535 })).flood_dups, 65535)
})

t.test('neighbours: total, returned, then prefix, age and SNR of each', async (t) => {
  const body = hex('0500' + '0200' + 'a0a1a2a3a4a5' + '3c000000' + 'f6' + 'b0b1b2b3b4b5' + '00000100' + '29')
  const page = {
    total: 5,
    neighbours: [{ prefix: hex('a0a1a2a3a4a5'), agoS: 60, snrDb: -2.5 }, { prefix: hex('b0b1b2b3b4b5'), agoS: 65536, snrDb: 10.25 }],
  }
  t.strictSame(decodeNeighbours(body, 6), page)
  t.strictSame(decodeNeighbours(padded(body, 44), 6), page, 'padded')
  t.strictSame(encodeNeighbours(page), body)
  t.strictSame(decodeNeighbours(hex('00000000'), 6), { total: 0, neighbours: [] })
  t.throws(() => decodeNeighbours(body.subarray(0, -1), 6), FrameError, 'fewer than it says')
  t.throws(() => decodeNeighbours(hex('0500ffff'), 0), FrameError)
})

t.test('access list: prefix and permissions of each, up to the padding', async (t) => {
  const body = hex('a0a1a2a3a4a503' + 'b0b1b2b3b4b501')
  const entries = [{ prefix: hex('a0a1a2a3a4a5'), permissions: 3 }, { prefix: hex('b0b1b2b3b4b5'), permissions: 1 }]
  for (const length of [14, 18, 20, 28]) t.strictSame(decodeAccessList(padded(body, length)), entries, `${length} bytes`)
  t.strictSame(encodeAccessList(entries), body)
  t.strictSame(decodeAccessList(new Uint8Array(0)), [])
})

t.test('what is encoded is decoded to the same', async (t) => {
  const prefix = fc.uint8Array({ minLength: 6, maxLength: 6 })
  const neighbour = fc.record({ prefix, agoS: fc.integer({ min: 0, max: 0xffffffff }), snrDb: fc.integer({ min: -128, max: 127 }).map((raw) => raw / 4) }, { noNullPrototype: true })
  t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 0, max: 65535 }), fc.array(neighbour, { maxLength: 11 }), fc.nat(20), (total, neighbours, padding) => {
    const body = encodeNeighbours({ total, neighbours })
    deepStrictEqual(decodeNeighbours(padded(body, body.length + padding), 6), { total, neighbours })
  })))
  const entry = fc.record({ prefix: prefix.filter((bytes) => bytes.some((byte) => byte !== 0)), permissions: fc.integer({ min: 0, max: 255 }) }, { noNullPrototype: true })
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(entry, { maxLength: 20 }), fc.nat(20), (entries, padding) => {
    const body = encodeAccessList(entries)
    deepStrictEqual(decodeAccessList(padded(body, body.length + padding)), entries)
  })))
})
