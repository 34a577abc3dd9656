import { deepStrictEqual, strictEqual } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { decodeLpp, encodeLpp, FrameError, type LppReading } from '../../../src/radio/frames/index.js'
import { hex, lppFixture } from '../../support/frame-fixtures.js'

/** type, bytes, name, value: every type of meshcore.md 1.3, computed by hand. */
const vectors: Array<[type: number, bytes: string, name: string, value: LppReading['value']]> = [
  [0, '01', 'digital_input', 1],
  [1, 'ff', 'digital_output', 255],
  [2, 'ff9c', 'analog_input', -1],
  [3, '04d2', 'analog_output', 12.34],
  [100, 'fffffffe', 'generic_sensor', 4294967294],
  [101, 'fde8', 'illuminance', 65000],
  [102, '01', 'presence', 1],
  [103, 'ff38', 'temperature', -20],
  [104, '65', 'humidity', 50.5],
  [113, '03e8fc18fff6', 'accelerometer', { acc_x: 1, acc_y: -1, acc_z: -0.01 }],
  [115, '2765', 'barometer', 1008.5],
  [116, '0524', 'voltage', 13.16],
  [117, 'fc17', 'current', -1.001],
  [118, '33d5d0a0', 'frequency', 869650592],
  [120, '64', 'percentage', 100],
  [121, 'ff9c', 'altitude', -100],
  [125, '01a4', 'concentration', 420],
  [128, 'ffff', 'power', 65535],
  [130, '000004d2', 'distance', 1.234],
  [131, 'ffffffff', 'energy', 4294967.295],
  [132, '0167', 'direction', 359],
  [133, '6955b900', 'time', 1767225600],
  [134, '0064ff9c0001', 'gyrometer', { gyr_x: 1, gyr_y: -1, gyr_z: 0.01 }],
  [135, 'ff8000', 'colour', { red: 255, green: 128, blue: 0 }],
  [136, '07ff7efad515ffff9c', 'gps', { latitude: 52.4158, longitude: -33.8667, altitude: -1 }],
  [142, '00', 'switch', 0],
]

function body (type: number, bytes: string): Uint8Array {
  return Uint8Array.from([7, type, ...hex(bytes)])
}

t.test('every type: size, sign, scale and name', async (t) => {
  for (const [type, bytes, name, value] of vectors) {
    const reading = { channel: 7, type, name, value }
    t.strictSame(decodeLpp(body(type, bytes)), [reading], name)
    t.strictSame(encodeLpp([reading]), body(type, bytes), `${name} back`)
  }
})

t.test('names are those that meshcore-stats stores: lower case, no blanks', async (t) => {
  for (const [,, name, value] of vectors) {
    for (const word of [name, ...(typeof value === 'number' ? [] : Object.keys(value))]) t.match(word, /^[a-z_]+$/)
  }
})

t.test('a channel of 0 ends the list, whatever follows', async (t) => {
  t.equal(decodeLpp(Uint8Array.from([...lppFixture, 0, ...lppFixture])).length, 7)
  t.equal(decodeLpp(Uint8Array.from([...lppFixture, ...lppFixture])).length, 14)
})

t.test('an unknown type ends the list, what was read is kept', async (t) => {
  t.equal(decodeLpp(Uint8Array.from([...lppFixture, 1, 240, 9, 9, ...lppFixture])).length, 7)
})

t.test('a value that is cut off ends the list', async (t) => {
  for (let length = 0; length <= lppFixture.length; length++) {
    t.ok(decodeLpp(lppFixture.subarray(0, length)).every((reading, at) => JSON.stringify(reading) === JSON.stringify(decodeLpp(lppFixture)[at])), `${length} bytes`)
  }
  t.equal(decodeLpp(lppFixture.subarray(0, -1)).length, 6)
})

t.test('the same channel and type twice are two readings (firmware 1.15)', async (t) => {
  t.strictSame(decodeLpp(hex('0174018e016700d7016701c2')).map(({ value }) => value), [3.98, 21.5, 45])
})

t.test('what has no place on the air is refused', async (t) => {
  const reading = { channel: 1, type: 103, name: 'temperature', value: 21.5 }
  t.throws(() => encodeLpp([{ ...reading, type: 240 }]), FrameError)
  t.throws(() => encodeLpp([{ ...reading, channel: 0 }]), FrameError)
  t.throws(() => encodeLpp([{ ...reading, value: 4000 }]), FrameError)
  t.throws(() => encodeLpp([{ ...reading, value: { latitude: 1 } }]), FrameError)
  t.throws(() => encodeLpp([{ ...reading, type: 136 }]), FrameError)
  t.strictSame(encodeLpp([reading]), hex('016700d7'))
})

t.test('bytes of known types are the same after decoding and encoding', async (t) => {
  const value = fc.constantFrom(...vectors).chain(([type, bytes]) => fc.record({
    channel: fc.integer({ min: 1, max: 255 }), type: fc.constant(type), raw: fc.uint8Array({ minLength: bytes.length / 2, maxLength: bytes.length / 2 }),
  }))
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(value, { maxLength: 12 }), (values) => {
    const bytes = Uint8Array.from(values.flatMap(({ channel, type, raw }) => [channel, type, ...raw]))
    const readings = decodeLpp(bytes)
    strictEqual(readings.length, values.length)
    deepStrictEqual(encodeLpp(readings), bytes)
  }), { numRuns: 300 }))
})
