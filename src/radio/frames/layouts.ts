import { after, flag, int, lastText, later, raw, rest, struct, text, uint } from './layout.js'
import type { ContactFields, CoreStats, DeviceInfo, LoginSuccess, PacketStats, RadioStats, SelfInfo, Sent } from './types.js'

type Body<T> = Omit<T, 'is' | 'kind'>
/** Degrees as the radio keeps them: millionths. */
const degrees = int(4, 1e6)
const keyBytes = 32
const prefixBytes = 6
const longestName = 31

export const key = struct<{ key: Uint8Array }>({ key: raw(keyBytes) })
export const prefix = struct<{ prefix: Uint8Array }>({ prefix: after(1, raw(prefixBytes)) })
export const prefixed = struct<{ prefix: Uint8Array, body: Uint8Array }>({ prefix: after(1, raw(prefixBytes)), body: rest })
export const total = struct<{ total: number }>({ total: uint(4) })
export const lastModified = struct<{ lastModifiedS: number }>({ lastModifiedS: uint(4) })
export const time = struct<{ timeS: number }>({ timeS: uint(4) })
export const error = struct<{ code?: number }>({ code: later(uint(1)) })
export const battery = struct<{ batteryMv: number, usedKb?: number, totalKb?: number }>({ batteryMv: uint(2), usedKb: later(uint(4)), totalKb: later(uint(4)) })
export const sent = struct<Body<Sent>>({ flooded: flag, tag: uint(4), suggestedMs: uint(4) })
export const rawLog = struct<{ snrDb: number, rssiDbm: number, packet: Uint8Array }>({ snrDb: int(1, 4), rssiDbm: int(1), packet: rest })
export const binary = struct<{ tag: number, body: Uint8Array }>({ tag: after(1, uint(4)), body: rest })
export const loginSuccess = struct<Body<LoginSuccess>>({
  isAdmin: flag, prefix: raw(prefixBytes), clockS: later(uint(4)), permissions: later(uint(1)), firmwareLevel: later(uint(1)),
})

export const selfInfo = struct<Body<SelfInfo>>({
  advertType: uint(1),
  txPowerDbm: int(1),
  maxTxPowerDbm: int(1),
  key: raw(keyBytes),
  latitude: degrees,
  longitude: degrees,
  multiAcks: uint(1),
  locationPolicy: uint(1),
  telemetryMode: uint(1),
  manualAddContacts: uint(1),
  frequencyMhz: uint(4, 1000),
  bandwidthKhz: uint(4, 1000),
  spreadingFactor: uint(1),
  codingRate: uint(1),
  name: lastText(longestName),
})

/** The BLE PIN lies before the build date. */
const blePinBytes = 4
export const deviceInfo = struct<Body<DeviceInfo>>({
  firmwareCode: uint(1),
  maxContacts: later(uint(1, 0.5)),
  maxChannels: later(uint(1)),
  buildDate: later(after(blePinBytes, text(12))),
  model: later(text(40)),
  version: later(text(20)),
  repeat: later(uint(1)),
  pathHashMode: later(uint(1)),
})

export const coreStats = struct<Body<CoreStats>>({ battery_mv: uint(2), uptime_secs: uint(4), errors: uint(2), queue_len: uint(1) })
export const radioStats = struct<Body<RadioStats>>({ noise_floor: int(2), last_rssi: int(1), last_snr: int(1, 4), tx_air_secs: uint(4), rx_air_secs: uint(4) })
export const packetStats = struct<Body<PacketStats>>({
  recv: uint(4), sent: uint(4), flood_tx: uint(4), direct_tx: uint(4), flood_rx: uint(4), direct_rx: uint(4), recv_errors: later(uint(4)),
})

const pathBytes = 64
export const storedContact = struct<Omit<ContactFields, 'hops' | 'hashSize'> & { pathLength: number }>({
  key: raw(keyBytes),
  type: uint(1),
  flags: uint(1),
  pathLength: uint(1),
  path: raw(pathBytes),
  name: text(32),
  lastAdvertS: uint(4),
  latitude: degrees,
  longitude: degrees,
  lastModifiedS: uint(4),
})
