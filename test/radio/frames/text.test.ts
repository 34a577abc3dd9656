import t from 'tap'
import { findUnstorable } from '../../../src/messages/storable.js'
import { decodeFrame, encodeFrame, type RadioFrame } from '../../../src/radio/frames/index.js'
import { fixtures, hex } from '../../support/frame-fixtures.js'

function nameOf (bytes: string): string {
  const frame = decodeFrame(Uint8Array.from([...fixtures.selfInfo.subarray(0, 58), ...hex(bytes)]))
  return frame.is === 'self_info' ? frame.name : frame.is
}

function vars (text: string): Record<string, string> {
  const frame = decodeFrame(Uint8Array.from([21, ...Buffer.from(text)]))
  return frame.is === 'custom_vars' ? frame.vars : {}
}

t.test('a name ends at its NUL', async (t) => {
  t.equal(nameOf('4142004344'), 'AB')
  t.equal(nameOf('41424344'), 'ABCD')
  t.equal(nameOf(''), '')
  t.equal(nameOf('41'.repeat(40)), 'A'.repeat(31))
})

t.test('invalid UTF-8 becomes a replacement character, valid stays', async (t) => {
  t.equal(nameOf('41ff42'), 'A\ufffdB')
  t.equal(nameOf('41eda08042'), 'A\ufffd\ufffd\ufffdB', 'half of a surrogate pair')
  t.equal(nameOf('41e28882'), 'A∂')
  t.equal(nameOf('f09f9191e2808df09f9191'), '👑\u200d👑')
  t.equal(nameOf('efbbbf41'), '\ufeffA')
})

t.test('no control character reaches a terminal', async (t) => {
  t.equal(nameOf('1b5b324a41'), '\ufffd[2JA')
  t.equal(nameOf('410a0d097f42'), 'A\ufffd\ufffd\ufffd\ufffdB')
  t.equal(nameOf('41c29b42'), 'A\ufffdB', 'CSI in one character')
  t.equal(nameOf('41e280ae42'), 'A\ufffdB', 'right-to-left override')
})

t.test('longer text is cut after a whole character', async (t) => {
  const frame = decodeFrame(fixtures.deviceInfo)
  if (frame.is !== 'device_info') throw new Error('no device info')
  const longer: RadioFrame = { ...frame, version: 'v1.17.1-ééééééé' }
  t.match(decodeFrame(encodeFrame(longer)), { version: 'v1.17.1-ééééé', repeat: 0 })
  const bytes = encodeFrame({ ...frame, version: 'x'.repeat(30) })
  t.strictSame([...bytes.subarray(78, 80)], [0x78, 0], 'a NUL ends it')
})

t.test('custom vars: pairs, and no name that a message may not carry', async (t) => {
  t.strictSame(vars('gps:1,gps_interval:900'), { gps: '1', gps_interval: '900' })
  t.strictSame(vars('a:b:c,broken,d:'), { a: 'b:c', d: '' })
  t.strictSame(vars(''), {})
  const hostile = vars('__proto__:1,constructor:2,toString:3')
  t.strictSame(Object.keys(hostile), ['toString'])
  t.equal(findUnstorable({ hostile }), undefined)
})
