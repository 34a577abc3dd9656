import t from 'tap'
import { decodeFrame, decodeLpp, decodeRepeaterStats, encodeFrame, encodeLpp, encodeRepeaterStats, frame, FrameError, type RadioFrame } from '../../../src/radio/frames/index.js'
import { fixtures, hex, lppFixture } from '../../support/frame-fixtures.js'

const prefix = hex('a0a1a2a3a4a5')
const capturedPrefix = hex('2c7448fcc3b8')
const statsOf14 = {
  bat: 3987, tx_queue_len: 1, noise_floor: -118, last_rssi: -95, nb_recv: 50000, nb_sent: 4000, airtime: 1234, uptime: 864000, sent_flood: 3500, sent_direct: 500,
  recv_flood: 45000, recv_direct: 5000, full_evts: 5, last_snr: -6.5, direct_dups: 12, flood_dups: 65530, rx_airtime: 9876, recv_errors: 42,
}
const capturedStats = {
  bat: 3987, tx_queue_len: 0, noise_floor: -112, last_rssi: -104, nb_recv: 5, nb_sent: 4, airtime: 2, uptime: 21, sent_flood: 3, sent_direct: 1,
  recv_flood: 3, recv_direct: 2, full_evts: 0, last_snr: 8.5, direct_dups: 0, flood_dups: 0, rx_airtime: 2, recv_errors: 0,
}

const expected: Record<keyof typeof fixtures, RadioFrame> = {
  selfInfo: {
    is: 'self_info', advertType: 1, txPowerDbm: 22, maxTxPowerDbm: 22, key: hex('a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf'),
    latitude: -33.865143, longitude: 151.2099, multiAcks: 0, locationPolicy: 0, telemetryMode: 0x15, manualAddContacts: 0,
    frequencyMhz: 869.618, bandwidthKhz: 62.5, spreadingFactor: 8, codingRate: 8, name: 'Base-1',
  },
  core: { is: 'stats', stats: { kind: 'core', battery_mv: 4012, uptime_secs: 86461, errors: 4, queue_len: 3 } },
  radio: { is: 'stats', stats: { kind: 'radio', noise_floor: -117, last_rssi: -92, last_snr: -6.75, tx_air_secs: 321, rx_air_secs: 6543 } },
  packets: { is: 'stats', stats: { kind: 'packets', recv: 12000, sent: 345, flood_tx: 300, direct_tx: 45, flood_rx: 11000, direct_rx: 1000, recv_errors: 17 } },
  battery: { is: 'battery', batteryMv: 4012, usedKb: 120, totalKb: 1404 },
  time: { is: 'time', timeS: 1767225600 },
  sent: { is: 'sent', flooded: false, tag: Buffer.from('005a5569', 'hex').readUInt32LE(), suggestedMs: 4200 },
  loginSuccess: { is: 'login_success', isAdmin: true, prefix, clockS: 1767225601, permissions: 3, firmwareLevel: 2 },
  status: { is: 'status', prefix, body: fixtures.status.slice(8) },
  binary: { is: 'binary', tag: Buffer.from('005a5569', 'hex').readUInt32LE(), body: fixtures.status.slice(8) },
  capturedCore: { is: 'stats', stats: { kind: 'core', battery_mv: 4012, uptime_secs: 2, errors: 0, queue_len: 0 } },
  capturedCoreOf15: { is: 'stats', stats: { kind: 'core', battery_mv: 4012, uptime_secs: 29, errors: 0, queue_len: 1 } },
  capturedRadio: { is: 'stats', stats: { kind: 'radio', noise_floor: -112, last_rssi: -103, last_snr: 10, tx_air_secs: 0, rx_air_secs: 0 } },
  capturedBattery: { is: 'battery', batteryMv: 4012, usedKb: 0, totalKb: 1408 },
  capturedLogin: { is: 'login_success', isAdmin: true, prefix: capturedPrefix, clockS: 0x6b02c61a, permissions: 3, firmwareLevel: 2 },
  capturedTelemetry: { is: 'telemetry', prefix: capturedPrefix, body: hex('0174018e0167013b00000000') },
  capturedOwnTelemetry: { is: 'telemetry', prefix: hex('df3457633cc8'), body: hex('0174019101670127') },
  capturedStatus: { is: 'status', prefix: capturedPrefix, body: fixtures.capturedStatus.slice(8) },
  deviceInfo: {
    is: 'device_info', firmwareCode: 13, maxContacts: 350, maxChannels: 40, buildDate: '14 Aug 2026', model: 'Heltec V3', version: 'v1.17.1', repeat: 0, pathHashMode: 1,
  },
}

t.test('every frame of meshcore.md is decoded to every value it tells', async (t) => {
  for (const [name, payload] of Object.entries(fixtures)) t.strictSame(decodeFrame(payload), expected[name as keyof typeof fixtures], name)
})

t.test('each of them is encoded to the same bytes, the BLE PIN apart', async (t) => {
  for (const [name, payload] of Object.entries(fixtures)) {
    const withoutPin = name === 'deviceInfo' ? payload.map((byte, at) => at >= 4 && at < 8 ? 0 : byte) : payload
    t.strictSame(encodeFrame(decodeFrame(payload)), withoutPin, name)
  }
})

t.test('a length stands before the payload', async (t) => {
  t.strictSame(frame('>', fixtures.selfInfo).subarray(0, 3), hex('3e4000'))
  t.strictSame(frame('<', hex('05')), hex('3c010005'))
})

t.test('statistics of packets end with the direct ones on firmware before 1.13', async (t) => {
  const { recv_errors: errors, ...older } = { recv: 12000, sent: 345, flood_tx: 300, direct_tx: 45, flood_rx: 11000, direct_rx: 1000, recv_errors: 17 }
  t.strictSame(decodeFrame(fixtures.packets.subarray(0, 26)), { is: 'stats', stats: { kind: 'packets', ...older } })
  t.strictSame(decodeFrame(fixtures.packets), { is: 'stats', stats: { kind: 'packets', ...older, recv_errors: errors } })
})

t.test('the BLE PIN is nowhere in what is decoded', async (t) => {
  const told = JSON.stringify(decodeFrame(fixtures.deviceInfo))
  t.match(told, /v1\.17\.1/)
  t.notMatch(told, /123456|40e201|blePin/i)
})

t.test('shorter forms of older firmware leave their last fields out', async (t) => {
  t.strictSame(decodeFrame(fixtures.battery.subarray(0, 3)), { is: 'battery', batteryMv: 4012 })
  t.strictSame(decodeFrame(fixtures.loginSuccess.subarray(0, 8)), { is: 'login_success', isAdmin: true, prefix })
  t.strictSame(decodeFrame(hex('01')), { is: 'error', code: null })
  t.strictSame(decodeFrame(hex('0104')), { is: 'error', code: 4 })
  const info = { is: 'device_info', firmwareCode: 13, maxContacts: 350, maxChannels: 40, buildDate: '14 Aug 2026', model: 'Heltec V3', version: 'v1.17.1' }
  t.strictSame(decodeFrame(fixtures.deviceInfo.subarray(0, 80)), info)
  t.strictSame(decodeFrame(fixtures.deviceInfo.subarray(0, 81)), { ...info, repeat: 0 })
  t.strictSame(decodeFrame(fixtures.deviceInfo.subarray(0, 2)), { is: 'device_info', firmwareCode: 13 })
})

t.test('bytes of a repeater\'s status are its statistics', async (t) => {
  t.strictSame(decodeRepeaterStats(fixtures.status.subarray(8)), statsOf14)
  t.strictSame(decodeRepeaterStats(fixtures.binary.subarray(6)), statsOf14)
  t.strictSame(encodeRepeaterStats(statsOf14), fixtures.status.slice(8))
  t.strictSame(decodeRepeaterStats(fixtures.capturedStatus.subarray(8)), capturedStats, 'with 4 bytes of padding')
})

t.test('telemetry', async (t) => {
  const captured = [{ channel: 1, type: 116, name: 'voltage', value: 3.98 }, { channel: 1, type: 103, name: 'temperature', value: 31.5 }]
  t.strictSame(decodeLpp(fixtures.capturedTelemetry.subarray(8)), captured)
  t.strictSame(decodeLpp(fixtures.capturedOwnTelemetry.subarray(8)).map(({ value }) => value), [4.01, 29.5])
  const read = decodeLpp(lppFixture)
  t.strictSame(read, [
    { channel: 1, type: 116, name: 'voltage', value: 3.99 },
    { channel: 1, type: 103, name: 'temperature', value: -3 },
    { channel: 2, type: 103, name: 'temperature', value: 23.5 },
    { channel: 2, type: 104, name: 'humidity', value: 50.5 },
    { channel: 2, type: 115, name: 'barometer', value: 1011 },
    { channel: 3, type: 117, name: 'current', value: -0.01 },
    { channel: 3, type: 121, name: 'altitude', value: 100 },
  ])
  t.strictSame(encodeLpp(read), lppFixture)
})

t.test('a frame that is too short for its code names frame, field and place', async (t) => {
  t.throws(() => decodeFrame(new Uint8Array(0)), FrameError)
  t.throws(() => decodeFrame(fixtures.time.subarray(0, 4)), { name: 'FrameError', message: 'time: timeS needs 4 bytes at offset 1, 3 are there' })
  t.throws(() => decodeFrame(fixtures.selfInfo.subarray(0, 57)), { name: 'FrameError', message: /^self_info: codingRate/ })
  t.equal(decodeFrame(fixtures.selfInfo.subarray(0, 58)).is, 'self_info')
})

t.test('a login says 1 for an admin; room servers say 2 for one without rights', async (t) => {
  for (const [byte, isAdmin] of [[0, false], [1, true], [2, false]] as const) t.match(decodeFrame(fixtures.loginSuccess.with(1, byte)), { is: 'login_success', isAdmin })
})

t.test('codes and kinds of statistics that are not known are told as such', async (t) => {
  t.strictSame(decodeFrame(hex('9901ff')), { is: 'unknown', code: 0x99, body: hex('01ff') })
  t.strictSame(decodeFrame(hex('1807aa')), { is: 'unknown', code: 24, body: hex('07aa') })
})
