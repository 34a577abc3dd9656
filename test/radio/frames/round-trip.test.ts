import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { decodeCommand, decodeFrame, encodeCommand, encodeFrame, FrameError, type Command, type RadioFrame } from '../../../src/radio/frames/index.js'
import { hex } from '../../support/frame-fixtures.js'

const exact = { noNullPrototype: true }
const u8 = fc.integer({ min: 0, max: 0xff })
const i8 = fc.integer({ min: -0x80, max: 0x7f })
const u16 = fc.integer({ min: 0, max: 0xffff })
const i16 = fc.integer({ min: -0x8000, max: 0x7fff })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const degrees = fc.integer({ min: -0x80000000, max: 0x7fffffff }).map((raw) => raw / 1e6)
const snrDb = i8.map((raw) => raw / 4)
const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
const prefix = fc.uint8Array({ minLength: 6, maxLength: 6 })
const body = fc.uint8Array({ maxLength: 160 })

/** Printable text of any language that fits so many bytes. */
function text (most: number) {
  return fc.string({ unit: fc.oneof(fc.constantFrom(...'abc -_0ßé語🐏'), fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 1 })), maxLength: most })
    .filter((text) => Buffer.byteLength(text) <= most && !/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u.test(text))
}

/** Objects of which the last fields may be absent, but none before a present one. */
function withLater<T extends object, U extends object> (first: fc.Arbitrary<T>, last: { [K in keyof U]: fc.Arbitrary<U[K]> }): fc.Arbitrary<T & Partial<U>> {
  const names = Object.keys(last) as Array<keyof U>
  return fc.tuple(first, fc.record(last, exact), fc.nat(names.length)).map(([a, b, present]) => {
    const rest: Partial<U> = {}
    for (const name of names.slice(0, present)) rest[name] = b[name]
    return { ...a, ...rest }
  })
}

function is<T extends string> (name: T) {
  return fc.constant(name)
}

const word = fc.string({ unit: fc.constantFrom(...'abcxyz_09é'), minLength: 1, maxLength: 8 })
const contact = {
  key, type: u8, flags: u8, path: fc.uint8Array({ minLength: 64, maxLength: 64 }), name: text(31), lastAdvertS: u32, latitude: degrees, longitude: degrees, lastModifiedS: u32,
}
const path = fc.oneof(
  fc.constant({ hops: null, hashSize: 1 }),
  fc.record({ hops: fc.integer({ min: 0, max: 63 }), hashSize: fc.integer({ min: 1, max: 3 }) }, exact)
)

const frames: { [K in RadioFrame['is']]: fc.Arbitrary<Extract<RadioFrame, { is: K }>> } = {
  ok: fc.record({ is: is('ok') }, exact),
  error: fc.record({ is: is('error'), code: fc.option(u8) }, exact),
  contacts_start: fc.record({ is: is('contacts_start'), total: u32 }, exact),
  contact: fc.tuple(fc.record({ is: is('contact'), ...contact }, exact), path).map(([a, b]) => ({ ...a, ...b })),
  contacts_end: fc.record({ is: is('contacts_end'), lastModifiedS: u32 }, exact),
  self_info: fc.record({
    is: is('self_info'), advertType: u8, txPowerDbm: i8, maxTxPowerDbm: i8, key, latitude: degrees, longitude: degrees, multiAcks: u8, locationPolicy: u8,
    telemetryMode: u8, manualAddContacts: u8, frequencyMhz: u32.map((raw) => raw / 1000), bandwidthKhz: u32.map((raw) => raw / 1000), spreadingFactor: u8, codingRate: u8, name: text(31),
  }, exact),
  sent: fc.record({ is: is('sent'), flooded: fc.boolean(), tag: u32, suggestedMs: u32 }, exact),
  time: fc.record({ is: is('time'), timeS: u32 }, exact),
  no_more_messages: fc.record({ is: is('no_more_messages') }, exact),
  battery: withLater(fc.record({ is: is('battery'), batteryMv: u16 }, exact), { usedKb: u32, totalKb: u32 }),
  device_info: withLater(fc.record({ is: is('device_info'), firmwareCode: u8 }, exact), {
    maxContacts: u8.map((raw) => raw * 2), maxChannels: u8, buildDate: text(11), model: text(39), version: text(19), repeat: u8, pathHashMode: u8,
  }),
  custom_vars: fc.record({ is: is('custom_vars'), vars: fc.dictionary(word, fc.string({ unit: fc.constantFrom(...'abc:._09é '), maxLength: 8 }), { maxKeys: 6, noNullPrototype: true }) }, exact),
  stats: fc.oneof(
    fc.record({ kind: is('core'), battery_mv: u16, uptime_secs: u32, errors: u16, queue_len: u8 }, exact),
    fc.record({ kind: is('radio'), noise_floor: i16, last_rssi: i8, last_snr: snrDb, tx_air_secs: u32, rx_air_secs: u32 }, exact),
    withLater(fc.record({ kind: is('packets'), recv: u32, sent: u32, flood_tx: u32, direct_tx: u32, flood_rx: u32, direct_rx: u32 }, exact), { recv_errors: u32 })
  ).map((stats) => ({ is: 'stats', stats })),
  advert: fc.record({ is: is('advert'), key }, exact),
  path_updated: fc.record({ is: is('path_updated'), key }, exact),
  message_waiting: fc.record({ is: is('message_waiting') }, exact),
  login_success: withLater(fc.record({ is: is('login_success'), isAdmin: fc.boolean(), prefix }, exact), { clockS: u32, permissions: u8, firmwareLevel: u8 }),
  login_fail: fc.record({ is: is('login_fail'), prefix }, exact),
  status: fc.record({ is: is('status'), prefix, body }, exact),
  raw_log: fc.record({ is: is('raw_log'), snrDb, rssiDbm: i8, packet: body }, exact),
  new_advert: fc.tuple(fc.record({ is: is('new_advert'), ...contact }, exact), path).map(([a, b]) => ({ ...a, ...b })),
  telemetry: fc.record({ is: is('telemetry'), prefix, body }, exact),
  binary: fc.record({ is: is('binary'), tag: u32, body }, exact),
  unknown: fc.record({ is: is('unknown'), code: fc.constantFrom(7, 16, 17, 0x82, 0x8d, 0x8f, 0x90, 0xff), body }, exact),
}

const commands: { [K in Command['is']]: fc.Arbitrary<Extract<Command, { is: K }>> } = {
  app_start: fc.record({ is: is('app_start'), app: text(32) }, exact),
  device_query: fc.record({ is: is('device_query'), version: u8 }, exact),
  get_time: fc.record({ is: is('get_time') }, exact),
  set_time: fc.record({ is: is('set_time'), timeS: u32 }, exact),
  get_contacts: withLater(fc.record({ is: is('get_contacts') }, exact), { sinceS: u32 }),
  next_message: fc.record({ is: is('next_message') }, exact),
  get_battery: fc.record({ is: is('get_battery') }, exact),
  get_stats: fc.record({ is: is('get_stats'), kind: fc.constantFrom('core', 'radio', 'packets') }, exact),
  get_custom_vars: fc.record({ is: is('get_custom_vars') }, exact),
  get_own_telemetry: fc.record({ is: is('get_own_telemetry') }, exact),
  login: fc.record({ is: is('login'), key, password: text(15) }, exact),
  get_status: fc.record({ is: is('get_status'), key }, exact),
  get_telemetry: fc.record({ is: is('get_telemetry'), key }, exact),
  request: fc.record({
    is: is('request'),
    key,
    request: fc.oneof(
      fc.record({ is: is('status') }, exact),
      fc.record({ is: is('telemetry') }, exact),
      fc.record({ is: is('access_list') }, exact),
      fc.record({ is: is('neighbours'), count: u8, offset: u16, order: u8, prefixLength: u8, nonce: u32 }, exact),
      fc.record({ is: is('unknown'), kind: fc.constantFrom(2, 4, 7, 255), body: fc.uint8Array({ maxLength: 20 }) }, exact)
    ),
  }, exact),
  reset_path: fc.record({ is: is('reset_path'), key }, exact),
  unknown: fc.record({ is: is('unknown'), code: fc.constantFrom(2, 7, 19, 57, 65, 200), body }, exact),
}

t.test('every frame is decoded to what was encoded', async (t) => {
  for (const [name, values] of Object.entries(frames)) {
    t.doesNotThrow(() => fc.assert(fc.property<[RadioFrame]>(values, (frame) => { deepStrictEqual(decodeFrame(encodeFrame(frame)), frame) })), name)
  }
})

t.test('every command is decoded to what was encoded', async (t) => {
  for (const [name, values] of Object.entries(commands)) {
    t.doesNotThrow(() => fc.assert(fc.property<[Command]>(values, (command) => { deepStrictEqual(decodeCommand(encodeCommand(command)), command) })), name)
  }
})

t.test('bytes of commands as in meshcore.md 1.2', async (t) => {
  const key = hex('a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf')
  const keyHex = Buffer.from(key).toString('hex')
  const bytes: Array<[Command, string]> = [
    [{ is: 'app_start', app: 'meshmon' }, '01' + '00000000000000' + Buffer.from('meshmon').toString('hex')],
    [{ is: 'device_query', version: 3 }, '1603'],
    [{ is: 'get_time' }, '05'],
    [{ is: 'set_time', timeS: 1767225600 }, '0600b95569'],
    [{ is: 'get_contacts' }, '04'],
    [{ is: 'get_contacts', sinceS: 1767225600 }, '0400b95569'],
    [{ is: 'next_message' }, '0a'],
    [{ is: 'get_battery' }, '14'],
    [{ is: 'get_stats', kind: 'core' }, '3800'],
    [{ is: 'get_stats', kind: 'radio' }, '3801'],
    [{ is: 'get_stats', kind: 'packets' }, '3802'],
    [{ is: 'get_custom_vars' }, '28'],
    [{ is: 'get_own_telemetry' }, '27000000'],
    [{ is: 'get_telemetry', key }, '27000000' + keyHex],
    [{ is: 'login', key, password: 'secret' }, '1a' + keyHex + Buffer.from('secret').toString('hex')],
    [{ is: 'get_status', key }, '1b' + keyHex],
    [{ is: 'reset_path', key }, '0d' + keyHex],
    [{ is: 'request', key, request: { is: 'status' } }, '32' + keyHex + '01'],
    [{ is: 'request', key, request: { is: 'telemetry' } }, '32' + keyHex + '0300000000'],
    [{ is: 'request', key, request: { is: 'access_list' } }, '32' + keyHex + '050000'],
    [{ is: 'request', key, request: { is: 'neighbours', count: 11, offset: 258, order: 2, prefixLength: 6, nonce: 0x04030201 } }, '32' + keyHex + '06000b0201020601020304'],
  ]
  for (const [command, expected] of bytes) t.equal(Buffer.from(encodeCommand(command)).toString('hex'), expected, command.is)
})

t.test('of a password 15 bytes count', async (t) => {
  const key = new Uint8Array(32)
  const passwordOf = (bytes: Uint8Array) => {
    const command = decodeCommand(bytes)
    return command.is === 'login' ? command.password : command
  }
  t.equal(passwordOf(encodeCommand({ is: 'login', key, password: 'fifteen letters and more' })), 'fifteen letters')
  t.equal(passwordOf(Uint8Array.from([26, ...key, ...Buffer.from('fifteen letters and more')])), 'fifteen letters', 'from an app that sends all')
})

t.test('commands that the firmware would refuse as too short, and such that it does not know', async (t) => {
  for (const short of ['', '01030000', '16', '06000000', '1a' + 'aa'.repeat(31), '1b', '32' + 'aa'.repeat(32), '0d', '38', '2700']) t.throws(() => decodeCommand(hex(short)), FrameError, short)
  t.strictSame(decodeCommand(hex('3803')), { is: 'unknown', code: 56, body: hex('03') })
  t.strictSame(decodeCommand(hex('3802')), { is: 'get_stats', kind: 'packets' })
})

t.test('requests that a repeater would not answer are passed on as unknown', async (t) => {
  const asked = (request: string) => {
    const command = decodeCommand(hex('32' + 'aa'.repeat(32) + request))
    return command.is === 'request' ? command.request : command
  }
  t.strictSame(asked('050001'), { is: 'unknown', kind: 5, body: hex('0001') })
  t.strictSame(asked('050000'), { is: 'access_list' })
  t.strictSame(asked('0600'), { is: 'unknown', kind: 6, body: hex('00') })
  t.strictSame(asked('06010b000000060a0a0a0a'), { is: 'unknown', kind: 6, body: hex('010b000000060a0a0a0a') }, 'another version')
  t.match(asked('06000b000000060a0a0a0a'), { is: 'neighbours', count: 11 })
})

t.test('values that no frame can carry are refused without telling them', async (t) => {
  t.throws(() => encodeCommand({ is: 'set_time', timeS: 2 ** 32 }), { name: 'FrameError', message: 'set_time: timeS does not fit 4 bytes' })
  t.throws(() => encodeCommand({ is: 'login', key: new Uint8Array(31), password: 'secret' }), { name: 'FrameError', message: 'login: key has 31 bytes, it must have 32' })
  const contact = decodeFrame(Uint8Array.from([3, ...new Uint8Array(147)]))
  if (contact.is !== 'contact') throw new Error('no contact')
  t.throws(() => encodeFrame({ ...contact, hops: 64 }), FrameError)
  t.equal(encodeFrame({ ...contact, hops: 63 })[35], 63)
})

t.test('path of a contact: unknown, neighbour, hops and size of a hash', async (t) => {
  const of = (byte: number) => {
    const frame = decodeFrame(Uint8Array.from([3, ...new Uint8Array(34), byte, ...new Uint8Array(112)]))
    return frame.is === 'contact' ? [frame.hops, frame.hashSize] : frame
  }
  t.strictSame([0xff, 0, 3, 0x42, 0x85].map(of), [[null, 1], [0, 1], [3, 1], [2, 2], [5, 3]])
})
