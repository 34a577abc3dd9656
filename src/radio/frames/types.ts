/**
 * The MeshCore companion protocol as values. Names follow the firmware and meshcore_py; codes, offsets and units are those of
 * meshcore-dev/MeshCore 1.11 to 1.17 (companion_radio/MyMesh.cpp, simple_repeater/MyMesh.cpp). A public key has 32 bytes, a key
 * prefix 6. Text is UTF-8. Seconds are Unix seconds.
 */

export type StatsKind = 'core' | 'radio' | 'packets'

/** What a remote node is asked by command 50. Its answer carries the tag of SENT. */
export type RemoteRequest =
  | { is: 'status' }
  | { is: 'telemetry' }
  | { is: 'access_list' }
  | { is: 'neighbours', count: number, offset: number, order: number, prefixLength: number, nonce: number }
  | { is: 'unknown', kind: number, body: Uint8Array }

/** App to radio. */
export type Command =
  | { is: 'app_start', app: string }
  | { is: 'device_query', version: number }
  | { is: 'get_time' }
  | { is: 'set_time', timeS: number }
  | { is: 'get_contacts', sinceS?: number }
  | { is: 'next_message' }
  | { is: 'get_battery' }
  | { is: 'get_stats', kind: StatsKind }
  | { is: 'get_custom_vars' }
  | { is: 'get_own_telemetry' }
  | { is: 'login', key: Uint8Array, password: string }
  /** The old ways to ask for a status and for telemetry: their answers have no tag. Nothing of ours sends them. */
  | { is: 'get_status', key: Uint8Array }
  | { is: 'get_telemetry', key: Uint8Array }
  | { is: 'request', key: Uint8Array, request: RemoteRequest }
  | { is: 'reset_path', key: Uint8Array }
  | { is: 'unknown', code: number, body: Uint8Array }

export interface SelfInfo {
  is: 'self_info'
  advertType: number
  txPowerDbm: number
  maxTxPowerDbm: number
  key: Uint8Array
  latitude: number
  longitude: number
  multiAcks: number
  locationPolicy: number
  telemetryMode: number
  manualAddContacts: number
  frequencyMhz: number
  bandwidthKhz: number
  spreadingFactor: number
  codingRate: number
  name: string
}

/** Fields that older firmware does not send are absent. The BLE PIN in the frame is never decoded. */
export interface DeviceInfo {
  is: 'device_info'
  firmwareCode: number
  maxContacts?: number
  maxChannels?: number
  buildDate?: string
  model?: string
  version?: string
  repeat?: number
  pathHashMode?: number
}

/** What the companion knows of another node. */
export interface ContactFields {
  key: Uint8Array
  /** 1 chat, 2 repeater, 3 room, 4 sensor. */
  type: number
  flags: number
  /** null: unknown, the next request floods. 0: direct neighbour. */
  hops: number | null
  /** Bytes of each hop's hash in `path`. */
  hashSize: number
  /** 64 bytes. */
  path: Uint8Array
  name: string
  /** By the sender's clock. */
  lastAdvertS: number
  latitude: number
  longitude: number
  /** By the companion's clock. */
  lastModifiedS: number
}

export type Contact = ContactFields & { is: 'contact' }

export interface CoreStats { kind: 'core', battery_mv: number, uptime_secs: number, errors: number, queue_len: number }
export interface RadioStats { kind: 'radio', noise_floor: number, last_rssi: number, last_snr: number, tx_air_secs: number, rx_air_secs: number }
export interface PacketStats { kind: 'packets', recv: number, sent: number, flood_tx: number, direct_tx: number, flood_rx: number, direct_rx: number, recv_errors?: number }
export type Stats = CoreStats | RadioStats | PacketStats

export interface Sent {
  is: 'sent'
  flooded: boolean
  /** Of a login: the first four bytes of the key; else unique in the companion. */
  tag: number
  suggestedMs: number
}

export interface LoginSuccess {
  is: 'login_success'
  isAdmin: boolean
  prefix: Uint8Array
  /** The repeater's clock. Absent in the 8-byte form, as the next two. */
  clockS?: number
  permissions?: number
  firmwareLevel?: number
}

/** Radio to app: answers have codes below 128, pushes come at any time. */
export type RadioFrame =
  | { is: 'ok' }
  /** null: old firmware sends a bare error. */
  | { is: 'error', code: number | null }
  | { is: 'contacts_start', total: number }
  | Contact
  | { is: 'contacts_end', lastModifiedS: number }
  | SelfInfo
  | Sent
  | { is: 'time', timeS: number }
  | { is: 'no_more_messages' }
  | { is: 'battery', batteryMv: number, usedKb?: number, totalKb?: number }
  | DeviceInfo
  | { is: 'custom_vars', vars: Record<string, string> }
  | { is: 'stats', stats: Stats }
  | { is: 'advert', key: Uint8Array }
  | { is: 'path_updated', key: Uint8Array }
  | { is: 'message_waiting' }
  | LoginSuccess
  | { is: 'login_fail', prefix: Uint8Array }
  | { is: 'status', prefix: Uint8Array, body: Uint8Array }
  /** Every packet that the companion hears, as it is on the air. */
  | { is: 'raw_log', snrDb: number, rssiDbm: number, packet: Uint8Array }
  /** A node that was heard and is not stored; `advert` tells of stored ones. */
  | ContactFields & { is: 'new_advert' }
  | { is: 'telemetry', prefix: Uint8Array, body: Uint8Array }
  | { is: 'binary', tag: number, body: Uint8Array }
  | { is: 'unknown', code: number, body: Uint8Array }

/** Raw firmware names and units (mV, s, dBm, dB, packets). The last two are absent in structs of old firmware. */
export interface RepeaterStats {
  bat: number
  tx_queue_len: number
  noise_floor: number
  last_rssi: number
  nb_recv: number
  nb_sent: number
  airtime: number
  uptime: number
  sent_flood: number
  sent_direct: number
  recv_flood: number
  recv_direct: number
  full_evts: number
  last_snr: number
  direct_dups: number
  flood_dups: number
  rx_airtime?: number
  recv_errors?: number
}

export interface Neighbour { prefix: Uint8Array, agoS: number, snrDb: number }

/** One page of a repeater's list. `total` counts the whole list. */
export interface Neighbours { total: number, neighbours: Neighbour[] }

/** Permissions: low two bits 0 guest, 1 read only, 2 read and write, 3 admin. */
export interface AccessEntry { prefix: Uint8Array, permissions: number }

/**
 * One value of Cayenne LPP in the unit of meshcore.md 1.3. `name` is meshcore_py's for the type, with `_` for blanks as
 * meshcore-stats stores it; `value` has parts for GPS, accelerometer, gyrometer and colour.
 */
export interface LppReading { channel: number, type: number, name: string, value: number | Record<string, number> }

/** Bytes that are no frame of this protocol, or a value that no frame can carry; the message says which field of what, never its content. */
export class FrameError extends Error {
  override name = 'FrameError'
}
