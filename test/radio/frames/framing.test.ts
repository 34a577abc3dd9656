import { deepStrictEqual, ok } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { decodeFrame, frame, FrameError, Framer, longestPayload, type Start } from '../../../src/radio/frames/index.js'
import { fixtures, hex } from '../../support/frame-fixtures.js'

/** A false start takes at most this many bytes behind it for its own: two of the length, 300 of the payload. */
const reachOfFalseStart = 302
const good = Object.values(fixtures)
const startByte = 0x3e

function concat (...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

function pushIn (framer: Framer, bytes: Uint8Array, size: number): Uint8Array[] {
  const payloads: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) payloads.push(...framer.push(bytes.subarray(at, at + size)))
  return payloads
}

const noise = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  // Full of false starts with lengths that may be believed.
  fc.array(fc.constantFrom(startByte, startByte, 0, 1, 2, 5, 44, 60, 0x88, 0xfa), { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes))
)
const payload = fc.uint8Array({ minLength: 1, maxLength: longestPayload })
const known = fc.constantFrom(...good)

t.test('a frame split at every point', async (t) => {
  for (const start of ['<', '>'] satisfies Start[]) {
    for (const one of good) {
      const bytes = concat(frame(start, one), frame(start, one))
      for (let at = 0; at <= bytes.length; at++) {
        const framer = new Framer(start)
        deepStrictEqual([...framer.push(bytes.subarray(0, at)), ...framer.push(bytes.subarray(at))], [one, one])
        ok(!framer.isWaiting)
      }
    }
    t.pass(`from ${start}`)
  }
  t.strictSame(pushIn(new Framer('>'), concat(...good.map((one) => frame('>', one))), 1), good, 'byte by byte')
})

t.test('a clean stream is delivered exactly, whatever its payloads hold and however it is cut', async (t) => {
  const inner = fc.tuple(payload, known).map(([around, one]) => concat(around, frame('>', one)).subarray(-longestPayload))
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(fc.oneof(payload, inner), { maxLength: 8 }), fc.integer({ min: 1, max: 200 }), (payloads, size) => {
    deepStrictEqual(pushIn(new Framer('>'), concat(...payloads.map((one) => frame('>', one))), size), payloads.map((one) => new Uint8Array(one)))
  }), { numRuns: 300 }))
})

t.test('debug text between frames is skipped', async (t) => {
  const line = Buffer.from('DEBUG: rx > 12 <ok>>\r\n')
  const stream = concat(...good.flatMap((one) => [line, frame('>', one)]), line)
  for (const size of [1, 7, 64, stream.length]) t.strictSame(pushIn(new Framer('>'), stream, size), good, `in pieces of ${size}`)
})

t.test('lengths of 0 and above 300 are no frame, and the search goes on with the next byte', async (t) => {
  const bytes = frame('>', fixtures.time)
  for (const header of ['3e0000', '3e2d01', '3effff', '3e', '3e3e', '3e3e3e']) t.strictSame(new Framer('>').push(concat(hex(header), bytes)), [fixtures.time], header)
  const longest = concat(hex('3e2c01'), new Uint8Array(300).fill(0x88))
  t.strictSame(new Framer('>').push(longest), [longest.slice(3)], '300 is believed')
})

t.test('frames of the other direction are noise', async (t) => {
  t.strictSame(new Framer('>').push(concat(frame('<', hex('05')), frame('>', fixtures.time))), [fixtures.time])
  t.strictSame(new Framer('<').push(concat(frame('>', fixtures.time), frame('<', hex('05')))), [hex('05')])
})

t.test('a false start with a length that may be believed does not hold up the frame behind it', async (t) => {
  const framer = new Framer('>')
  t.strictSame(framer.push(hex('aa3efa0088')), [])
  t.ok(framer.isWaiting)
  t.strictSame(framer.push(frame('>', fixtures.time)), [fixtures.time])
  t.notOk(framer.isWaiting)
})

t.test('behind noise a frame begins with a code of the protocol', async (t) => {
  const whole = frame('>', fixtures.time)
  for (const [code, expected] of [['ff', [fixtures.time]], ['88', [hex('883e050009')]]] as const) {
    t.strictSame(pushIn(new Framer('>'), concat(hex('aa3e0500' + code), whole), 9), expected, code)
  }
  t.strictSame(new Framer('>').push(hex('3e0200ff01')), [hex('ff01')], 'in step any code is believed')
})

t.test('a frame that never becomes whole is given up, and what came behind its start is found', async (t) => {
  const framer = new Framer('>')
  const lost = frame('>', fixtures.selfInfo).subarray(0, 20)
  t.strictSame(framer.push(concat(lost, frame('>', fixtures.time))), [])
  t.ok(framer.isWaiting)
  t.strictSame(framer.giveUp(), [fixtures.time])
  t.notOk(framer.isWaiting)
  t.strictSame(framer.giveUp(), [], 'there is nothing left')
})

t.test('a new connection begins with nothing', async (t) => {
  const framer = new Framer('>')
  framer.push(frame('>', fixtures.selfInfo).subarray(0, 20))
  framer.reset()
  t.notOk(framer.isWaiting)
  t.strictSame(framer.push(frame('>', fixtures.time)), [fixtures.time])
})

t.test('after any noise and a pause every frame is delivered with its last byte', async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(noise, payload, fc.integer({ min: 1, max: 200 }), (bytes, one, size) => {
    const framer = new Framer('>')
    pushIn(framer, bytes, size)
    framer.giveUp()
    const whole = frame('>', one)
    deepStrictEqual(pushIn(framer, whole.subarray(0, -1), size), [])
    deepStrictEqual(framer.push(whole.subarray(-1)), [new Uint8Array(one)])
  }), { numRuns: 500 }))
})

t.test('after any noise and no pause frames are delivered with their last byte from 302 bytes on', async (t) => {
  const clean = known.filter((one) => !one.includes(startByte))
  t.doesNotThrow(() => fc.assert(fc.property(noise, fc.array(clean, { minLength: 12, maxLength: 20 }), fc.integer({ min: 1, max: 200 }), (bytes, payloads, size) => {
    const framer = new Framer('>')
    pushIn(framer, bytes, size)
    let sent = 0
    for (const one of payloads) {
      const got = pushIn(framer, frame('>', one), size)
      if (sent >= reachOfFalseStart) deepStrictEqual(got, [one])
      sent += 3 + one.length
    }
  }), { numRuns: 500 }))
})

t.test('no more is held than one frame that is not whole', async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(noise, { maxLength: 6 }), (chunks) => {
    const framer = new Framer('>')
    const sizes = chunks.map((chunk) => chunk.length)
    const delivered = chunks.flatMap((chunk) => framer.push(chunk))
    ok(delivered.every((one) => one.length >= 1 && one.length <= 300))
    const behind = framer.giveUp()
    ok(behind.reduce((sum, one) => sum + 3 + one.length, 0) <= reachOfFalseStart, `${sizes} gave ${behind.length} frames`)
  }), { numRuns: 500 }))
})

t.test('payloads are copies: a transport may use its buffer again', async (t) => {
  const buffer = Buffer.from(frame('>', fixtures.time))
  const [got] = new Framer('>').push(buffer)
  buffer.fill(0)
  t.strictSame(got, fixtures.time)
  const status = Buffer.from(fixtures.status)
  const decoded = decodeFrame(status)
  status.fill(0)
  t.strictSame(decoded, decodeFrame(fixtures.status))
})

t.test('only payloads that firmware takes are framed', async (t) => {
  t.throws(() => frame('<', new Uint8Array(0)), FrameError)
  t.throws(() => frame('<', new Uint8Array(longestPayload + 1)), FrameError)
  t.equal(frame('<', new Uint8Array(longestPayload)).length, 179)
})
