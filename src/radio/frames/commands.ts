import { Reader } from './bytes.js'
import { after, lastText, later, raw, rest, struct, uint, write } from './layout.js'
import { decodeRequest, encodeRequest } from './requests.js'
import type { Command, StatsKind } from './types.js'

/** First bytes, under the names of the commands (CMD_… of the firmware). `get_telemetry` shares the code of `get_own_telemetry`. */
const codes = {
  app_start: 1, get_contacts: 4, get_time: 5, set_time: 6, next_message: 10, reset_path: 13, get_battery: 20, device_query: 22, login: 26, get_status: 27,
  get_own_telemetry: 39, get_custom_vars: 40, request: 50, get_stats: 56,
} as const
const names = new Map<number, string>(Object.entries(codes).map(([name, code]) => [code, name]))

export const statsKinds: readonly StatsKind[] = ['core', 'radio', 'packets']

const keyBytes = 32
/** Of a password this much counts, on the companion and on the repeater. */
const longestPassword = 15
const longestAppName = 32
const ownTelemetryBytes = 4

const keyed = struct<{ key: Uint8Array }>({ key: raw(keyBytes) })
const appStart = struct<{ app: string }>({ app: after(7, lastText(longestAppName)) })
const deviceQuery = struct<{ version: number }>({ version: uint(1) })
const setTime = struct<{ timeS: number }>({ timeS: uint(4) })
const getContacts = struct<{ sinceS?: number }>({ sinceS: later(uint(4)) })
const getStats = struct<{ kind: number }>({ kind: uint(1) })
const login = struct<{ key: Uint8Array, password: string }>({ key: raw(keyBytes), password: lastText(longestPassword) })
const request = struct<{ key: Uint8Array, kind: number, body: Uint8Array }>({ key: raw(keyBytes), kind: uint(1), body: rest })
const telemetryOf = struct<{ key: Uint8Array }>({ key: after(3, raw(keyBytes)) })

/** The payload of a command. Throws FrameError where a value does not fit its field. A password counts up to its 15th byte. */
export function encodeCommand (command: Command): Uint8Array {
  switch (command.is) {
    case 'app_start': return write(command.is, codes.app_start, appStart, command)
    case 'device_query': return write(command.is, codes.device_query, deviceQuery, command)
    case 'set_time': return write(command.is, codes.set_time, setTime, command)
    case 'get_contacts': return write(command.is, codes.get_contacts, getContacts, command)
    case 'get_stats': return write(command.is, codes.get_stats, getStats, { kind: statsKinds.indexOf(command.kind) })
    case 'get_own_telemetry': return Uint8Array.of(codes.get_own_telemetry, 0, 0, 0)
    case 'login': return write(command.is, codes.login, login, command)
    case 'get_status': return write(command.is, codes.get_status, keyed, command)
    case 'get_telemetry': return write(command.is, codes.get_own_telemetry, telemetryOf, command)
    case 'request': return write(command.is, codes.request, request, { key: command.key, ...encodeRequest(command.request) })
    case 'reset_path': return write(command.is, codes.reset_path, keyed, command)
    case 'unknown': return Uint8Array.of(command.code, ...command.body)
    default: return Uint8Array.of(codes[command.is])
  }
}

/** Throws FrameError where the firmware would answer error 1: a command that is too short. An unknown one is told as such. */
export function decodeCommand (payload: Uint8Array): Command {
  const reader = new Reader(payload, names.get(payload[0] ?? -1) ?? 'command')
  const code = reader.uint('code', 1)
  switch (code) {
    case codes.app_start: return { is: 'app_start', ...appStart.read(reader) }
    case codes.get_contacts: return { is: 'get_contacts', ...getContacts.read(reader) }
    case codes.get_time: return { is: 'get_time' }
    case codes.set_time: return { is: 'set_time', ...setTime.read(reader) }
    case codes.next_message: return { is: 'next_message' }
    case codes.reset_path: return { is: 'reset_path', ...keyed.read(reader) }
    case codes.get_battery: return { is: 'get_battery' }
    case codes.device_query: return { is: 'device_query', ...deviceQuery.read(reader) }
    case codes.login: return { is: 'login', ...login.read(reader) }
    case codes.get_status: return { is: 'get_status', ...keyed.read(reader) }
    case codes.get_own_telemetry: return payload.length === ownTelemetryBytes ? { is: 'get_own_telemetry' } : { is: 'get_telemetry', ...telemetryOf.read(reader) }
    case codes.get_custom_vars: return { is: 'get_custom_vars' }
    case codes.request: {
      const { key, ...asked } = request.read(reader)
      return { is: 'request', key, request: decodeRequest(asked) }
    }
    case codes.get_stats: {
      const { kind } = getStats.read(reader)
      const known = statsKinds[kind]
      return known === undefined ? { is: 'unknown', code, body: Uint8Array.of(kind) } : { is: 'get_stats', kind: known }
    }
    default: return { is: 'unknown', code, body: reader.raw('body', reader.left) }
  }
}
