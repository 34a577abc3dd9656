import { reckonedAirtimeMs, type Request } from '../../radio/airtime.js'
import { encodeLpp, type Command, type DeviceInfo, type RadioFrame, type RemoteRequest, type SelfInfo, type StatsKind } from '../../radio/frames/index.js'
import type { SimulatedCompanion } from './companion.js'
import type { StoredContact } from './contacts.js'
import { deviceVolts, u32 } from './readings.js'
import type { Packet } from './repeater.js'

/** A packet for a contact, as the companion's queue has it. */
export interface Ask {
  contact: StoredContact
  timeS: number
  content: Extract<Packet['content'], { is: 'login' | 'request' }>
  request: Request
}

const errors = { unsupported: 1, notFound: 2, tableFull: 3, badState: 4, illegal: 6 } as const
const reboot = 19
/** A status request by command 27, and telemetry by 39: reserved and random bytes behind the kind. */
const oldRequestBytes = 9

/** The frames that answer a command at once: none for what is answered by a push. null is a command that is too short. */
export function answerCommand (companion: SimulatedCompanion, command: Command | null): RadioFrame[] {
  switch (command?.is) {
    case 'app_start':
      companion.stopList()
      return [selfInfo(companion)]
    case 'device_query':
      companion.messages.appVersion = command.version
      return [deviceInfo(companion)]
    case 'get_time': return [{ is: 'time', timeS: companion.rtc.nowS() }]
    case 'set_time': return [setTime(companion, command.timeS)]
    case 'get_contacts': return companion.listContacts(command.sinceS ?? 0) ? [{ is: 'contacts_start', total: companion.contacts.size }] : [error('badState')]
    case 'get_battery': return [battery(companion)]
    case 'get_stats': return [companion.firmware.hasStats ? stats(companion, command.kind) : error('unsupported')]
    case 'get_custom_vars': return [{ is: 'custom_vars', vars: companion.plan.customVars }]
    case 'get_own_telemetry': return [ownTelemetry(companion)]
    case 'next_message': return [companion.messages.next()]
    case 'login':
    case 'get_status':
    case 'get_telemetry':
    case 'request': return [ask(companion, command)]
    case 'reset_path': return [resetPath(companion, command.key)]
    case 'unknown': return unknown(companion, command)
    case undefined: return [error('unsupported')]
  }
}

function error (what: keyof typeof errors): RadioFrame {
  return { is: 'error', code: errors[what] }
}

type Remote = Extract<Command, { is: 'login' | 'get_status' | 'get_telemetry' | 'request' }>

/** A remote command: the packet is queued, and what was asked before is forgotten. */
function ask (companion: SimulatedCompanion, command: Remote): RadioFrame {
  if (command.is === 'request' && !companion.firmware.hasBinaryRequests) return error('unsupported')
  const contact = companion.contacts.find(command.key)
  if (contact === undefined) return error('notFound')
  if (companion.queueLength >= companion.poolSize) return error('tableFull')
  const timeS = companion.rtc.uniqueS()
  const { content, request } = packetOf(command)
  const flooded = contact.way === null
  const tag = command.is === 'login' ? Buffer.from(contact.key).readUInt32LE(0) : timeS
  remember(companion, command, timeS)
  companion.ask({ contact, timeS, content, request })
  return { is: 'sent', flooded, tag, suggestedMs: suggestedMs(reckonedAirtimeMs(companion.modulation, request), contact.way?.length ?? null) }
}

function packetOf (command: Remote): Pick<Ask, 'content' | 'request'> {
  switch (command.is) {
    case 'login': return { content: { is: 'login', password: command.password }, request: { is: 'login', bytes: Buffer.byteLength(command.password) } }
    case 'get_status': return { content: { is: 'request', request: { is: 'status' } }, request: { is: 'request', bytes: oldRequestBytes } }
    case 'get_telemetry': return { content: { is: 'request', request: { is: 'telemetry' } }, request: { is: 'request', bytes: oldRequestBytes } }
    case 'request': return { content: { is: 'request', request: command.request }, request: { is: 'request', bytes: requestBytes(command.request) } }
  }
}

function requestBytes (request: RemoteRequest): number {
  switch (request.is) {
    case 'status': return 1
    case 'telemetry': return 5
    case 'access_list': return 3
    case 'neighbours': return 11
    case 'unknown': return 1 + request.body.length
  }
}

function remember ({ pending }: SimulatedCompanion, command: Remote, tag: number): void {
  switch (command.is) {
    case 'login': return pending.ask({ is: 'login', key: command.key })
    case 'get_status': return pending.ask({ is: 'status', key: command.key })
    case 'get_telemetry': return pending.ask({ is: 'telemetry', tag })
    case 'request': return pending.ask({ is: 'binary', tag })
  }
}

/** calcFloodTimeoutMillisFor and calcDirectTimeoutMillisFor of companion_radio/MyMesh.cpp; null hops flood. */
function suggestedMs (airtimeMs: number, hops: number | null): number {
  return hops === null ? 500 + 16 * airtimeMs : 500 + (6 * airtimeMs + 250) * (hops + 1)
}

function setTime ({ rtc }: SimulatedCompanion, timeS: number): RadioFrame {
  if (timeS < rtc.nowS()) return error('illegal')
  rtc.set(timeS)
  return { is: 'ok' }
}

function resetPath ({ contacts }: SimulatedCompanion, key: Uint8Array): RadioFrame {
  const contact = contacts.find(key)
  if (contact === undefined) return error('notFound')
  contact.way = null
  return { is: 'ok' }
}

function unknown (companion: SimulatedCompanion, { code, body }: Extract<Command, { is: 'unknown' }>): RadioFrame[] {
  if (code !== reboot || Buffer.from(body).toString() !== 'reboot') return [error('unsupported')]
  companion.reboot().catch(() => {})
  return []
}

function selfInfo ({ plan, key, modulation }: SimulatedCompanion): SelfInfo {
  const { name, latitude, longitude } = plan
  return { is: 'self_info', advertType: 1, txPowerDbm: 22, maxTxPowerDbm: 22, key, latitude, longitude, multiAcks: 0, locationPolicy: 0, telemetryMode: 0, manualAddContacts: 0, ...modulation, name }
}

function deviceInfo ({ firmware: { code, buildDate, version } }: SimulatedCompanion): DeviceInfo {
  const info: DeviceInfo = { is: 'device_info', firmwareCode: code, maxContacts: 350, maxChannels: 40, buildDate, model: 'Simulated companion', version }
  return { ...info, ...(code >= 9 && { repeat: 0 }), ...(code >= 10 && { pathHashMode: 0 }) }
}

function battery (companion: SimulatedCompanion): RadioFrame {
  const batteryMv = companion.millivolts()
  return companion.firmware.isLegacy ? { is: 'battery', batteryMv } : { is: 'battery', batteryMv, usedKb: 120, totalKb: 1404 }
}

function ownTelemetry (companion: SimulatedCompanion): RadioFrame {
  const body = encodeLpp([
    { channel: 1, type: 116, name: 'voltage', value: deviceVolts(companion.millivolts()) },
    { channel: 1, type: 103, name: 'temperature', value: companion.nature.airC(0) + 8 }
  ])
  return { is: 'telemetry', prefix: companion.key.slice(0, 6), body }
}

function stats (companion: SimulatedCompanion, kind: StatsKind): RadioFrame {
  const { counters, firmware, queueLength } = companion
  if (kind === 'core') {
    return { is: 'stats', stats: { kind, battery_mv: companion.millivolts(), uptime_secs: counters.uptimeS(), errors: counters.errorFlags, queue_len: queueLength } }
  }
  if (kind === 'radio') {
    const { tx, rx } = counters.airSeconds()
    return { is: 'stats', stats: { kind, noise_floor: counters.noiseFloor(), last_rssi: counters.lastRssi, last_snr: counters.lastSnr, tx_air_secs: tx, rx_air_secs: rx } }
  }
  const { sentFlood, sentDirect, recvFlood, recvDirect, recvErrors } = counters.counts()
  const packets = { recv: u32(recvFlood + recvDirect), sent: u32(sentFlood + sentDirect), flood_tx: u32(sentFlood), direct_tx: u32(sentDirect), flood_rx: u32(recvFlood), direct_rx: u32(recvDirect) }
  return { is: 'stats', stats: { kind, ...packets, ...(firmware.hasReceiveErrors && { recv_errors: u32(recvErrors) }) } }
}
