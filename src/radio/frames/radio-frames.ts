import { Reader } from './bytes.js'
import { statsKinds } from './commands.js'
import { decodeCustomVars, encodeCustomVars } from './custom-vars.js'
import { write } from './layout.js'
import * as layouts from './layouts.js'
import { FrameError, type ContactFields, type RadioFrame, type Stats } from './types.js'

/** First bytes, under the names of the frames (RESP_CODE_… and PUSH_CODE_… of the firmware). */
const codes = {
  ok: 0, error: 1, contacts_start: 2, contact: 3, contacts_end: 4, self_info: 5, sent: 6, time: 9, no_more_messages: 10, battery: 12, device_info: 13,
  custom_vars: 21, stats: 24, advert: 0x80, path_updated: 0x81, message_waiting: 0x83, login_success: 0x85, login_fail: 0x86, status: 0x87,
  raw_log: 0x88, new_advert: 0x8a, telemetry: 0x8b, binary: 0x8c,
} as const
const names = new Map<number, string>(Object.entries(codes).map(([name, code]) => [code, name]))

/** Of the byte for a path: low six bits hops, high two bits size of a hash less 1. */
const unknownPath = 0xff
const mostHops = 63

/**
 * What a radio said. Throws FrameError when the payload is too short for its code; an unknown code is told as such, as are
 * statistics of an unknown kind.
 */
export function decodeFrame (payload: Uint8Array): RadioFrame {
  const reader = new Reader(payload, names.get(payload[0] ?? -1) ?? 'frame')
  const code = reader.uint('code', 1)
  switch (code) {
    case codes.ok: return { is: 'ok' }
    case codes.error: return { is: 'error', code: layouts.error.read(reader).code ?? null }
    case codes.contacts_start: return { is: 'contacts_start', ...layouts.total.read(reader) }
    case codes.contact: return { is: 'contact', ...readContact(reader) }
    case codes.contacts_end: return { is: 'contacts_end', ...layouts.lastModified.read(reader) }
    case codes.self_info: return { is: 'self_info', ...layouts.selfInfo.read(reader) }
    case codes.sent: return { is: 'sent', ...layouts.sent.read(reader) }
    case codes.time: return { is: 'time', ...layouts.time.read(reader) }
    case codes.no_more_messages: return { is: 'no_more_messages' }
    case codes.battery: return { is: 'battery', ...layouts.battery.read(reader) }
    case codes.device_info: return { is: 'device_info', ...layouts.deviceInfo.read(reader) }
    case codes.custom_vars: return { is: 'custom_vars', vars: decodeCustomVars(reader.raw('vars', reader.left)) }
    case codes.stats: return readStats(reader)
    case codes.advert: return { is: 'advert', ...layouts.key.read(reader) }
    case codes.path_updated: return { is: 'path_updated', ...layouts.key.read(reader) }
    case codes.message_waiting: return { is: 'message_waiting' }
    case codes.login_success: return { is: 'login_success', ...layouts.loginSuccess.read(reader) }
    case codes.login_fail: return { is: 'login_fail', ...layouts.prefix.read(reader) }
    case codes.status: return { is: 'status', ...layouts.prefixed.read(reader) }
    case codes.raw_log: return { is: 'raw_log', ...layouts.rawLog.read(reader) }
    case codes.new_advert: return { is: 'new_advert', ...readContact(reader) }
    case codes.telemetry: return { is: 'telemetry', ...layouts.prefixed.read(reader) }
    case codes.binary: return { is: 'binary', ...layouts.binary.read(reader) }
    default: return { is: 'unknown', code, body: reader.raw('body', reader.left) }
  }
}

/** Throws FrameError where a value does not fit its field. The BLE PIN of a device info is 0. */
export function encodeFrame (frame: RadioFrame): Uint8Array {
  switch (frame.is) {
    case 'error': return write(frame.is, codes.error, layouts.error, { code: frame.code ?? undefined })
    case 'contacts_start': return write(frame.is, codes.contacts_start, layouts.total, frame)
    case 'contact':
    case 'new_advert': return write(frame.is, codes[frame.is], layouts.storedContact, { ...frame, pathLength: pathLengthOf(frame) })
    case 'contacts_end': return write(frame.is, codes.contacts_end, layouts.lastModified, frame)
    case 'self_info': return write(frame.is, codes.self_info, layouts.selfInfo, frame)
    case 'sent': return write(frame.is, codes.sent, layouts.sent, frame)
    case 'time': return write(frame.is, codes.time, layouts.time, frame)
    case 'battery': return write(frame.is, codes.battery, layouts.battery, frame)
    case 'device_info': return write(frame.is, codes.device_info, layouts.deviceInfo, frame)
    case 'custom_vars': return Uint8Array.of(codes.custom_vars, ...encodeCustomVars(frame.vars))
    case 'stats': return encodeStats(frame.stats)
    case 'advert':
    case 'path_updated': return write(frame.is, codes[frame.is], layouts.key, frame)
    case 'login_success': return write(frame.is, codes.login_success, layouts.loginSuccess, frame)
    case 'login_fail': return write(frame.is, codes.login_fail, layouts.prefix, frame)
    case 'status':
    case 'telemetry': return write(frame.is, codes[frame.is], layouts.prefixed, frame)
    case 'raw_log': return write(frame.is, codes.raw_log, layouts.rawLog, frame)
    case 'binary': return write(frame.is, codes.binary, layouts.binary, frame)
    case 'unknown': return Uint8Array.of(frame.code, ...frame.body)
    default: return Uint8Array.of(codes[frame.is])
  }
}

function readContact (reader: Reader): ContactFields {
  const { pathLength, ...stored } = layouts.storedContact.read(reader)
  if (pathLength === unknownPath) return { ...stored, hops: null, hashSize: 1 }
  return { ...stored, hops: pathLength & mostHops, hashSize: (pathLength >> 6) + 1 }
}

function pathLengthOf ({ hops, hashSize }: ContactFields): number {
  if (hops !== null && (hops > mostHops || hashSize < 1)) throw new FrameError(`contact: ${hops} hops with hashes of ${hashSize} bytes do not fit`)
  return hops === null ? unknownPath : hops + (hashSize - 1) * 64
}

function readStats (reader: Reader): RadioFrame {
  const kind = reader.uint('kind', 1)
  switch (statsKinds[kind]) {
    case 'core': return { is: 'stats', stats: { kind: 'core', ...layouts.coreStats.read(reader) } }
    case 'radio': return { is: 'stats', stats: { kind: 'radio', ...layouts.radioStats.read(reader) } }
    case 'packets': return { is: 'stats', stats: { kind: 'packets', ...layouts.packetStats.read(reader) } }
    default: return { is: 'unknown', code: codes.stats, body: Uint8Array.of(kind, ...reader.raw('body', reader.left)) }
  }
}

function encodeStats (stats: Stats): Uint8Array {
  const code = [codes.stats, statsKinds.indexOf(stats.kind)]
  switch (stats.kind) {
    case 'core': return write('stats', code, layouts.coreStats, stats)
    case 'radio': return write('stats', code, layouts.radioStats, stats)
    case 'packets': return write('stats', code, layouts.packetStats, stats)
  }
}
