import type { DeviceInfo, SelfInfo } from './frames/types.js'
import type { Readings } from './readings.js'
import type { Battery, PollSettings } from './settings.js'

/** Values of JSON. */
export type Details = Record<string, unknown>

export interface RadioMetricsMessage {
  schema: 'meshmon.v1'
  type: 'radio_metrics'
  node: string
  role: 'companion' | 'repeater'
  public_key: string
  sent_at: string
  metrics: Readings
  info?: Details
}

export type WorkerEvent = 'breaker_open' | 'breaker_closed' | 'login_failed' | 'poll_failed' | 'poll_ok'

export interface WorkerEventMessage {
  schema: 'meshmon.v1'
  type: 'worker_event'
  node: string
  public_key?: string
  sent_at: string
  event: WorkerEvent
  reason?: string
  details?: Details
}

export type WorkerMessage = RadioMetricsMessage | WorkerEventMessage

/** @param timeMs when the run began: all its values carry that time */
export function radioMetrics ({ timeMs, publicKey, info, ...rest }: { node: string, role: 'companion' | 'repeater', publicKey: string, timeMs: number, metrics: Readings, info?: Details }): RadioMetricsMessage {
  return { schema: 'meshmon.v1', type: 'radio_metrics', public_key: publicKey, sent_at: new Date(timeMs).toISOString(), ...rest, ...(info && { info }) }
}

export function workerEvent ({ timeMs, publicKey, ...rest }: { node: string, publicKey?: string, event: WorkerEvent, timeMs: number, reason?: string, details?: Details }): WorkerEventMessage {
  return { schema: 'meshmon.v1', type: 'worker_event', sent_at: new Date(timeMs).toISOString(), ...(publicKey !== undefined && { public_key: publicKey }), ...rest }
}

/** What the settings say of a radio. */
export interface Described { displayName?: string, hardware?: string, battery?: Battery }

function described ({ displayName, hardware, battery }: Described): Details {
  return { ...(displayName !== undefined && { display_name: displayName }), ...(hardware !== undefined && { hardware }), ...(battery && { battery }) }
}

function radioOf ({ frequencyMhz, bandwidthKhz, spreadingFactor, codingRate }: SelfInfo): Details {
  return { frequency_mhz: frequencyMhz, bandwidth_khz: bandwidthKhz, spreading_factor: spreadingFactor, coding_rate: codingRate }
}

export function companionInfo (settings: PollSettings['companion'], self: SelfInfo, device: DeviceInfo): Details {
  const firmware = { ...(device.version !== undefined && { version: device.version }), ...(device.buildDate !== undefined && { build_date: device.buildDate }), code: device.firmwareCode }
  return { ...(device.model !== undefined && { hardware: device.model }), ...described(settings), connection: settings.connection, radio: { ...radioOf(self), tx_power_dbm: self.txPowerDbm }, firmware }
}

/** A repeater that answers is heard with the companion's modulation, so it has the same. */
export function repeaterInfo (settings: Described, self: SelfInfo): Details {
  return { ...described(settings), radio: radioOf(self) }
}

const hourMs = 3_600_000

/** Sends `info` on where it changed, and hourly. Times are by the monotonic clock. */
export class InfoMemory {
  readonly #sent = new Map<string, { text: string, atMs: number }>()

  /** What is to be sent: the info, or nothing. */
  news (node: string, info: Details, nowMs: number): { info?: Details } {
    const text = JSON.stringify(info)
    const sent = this.#sent.get(node)
    if (sent?.text === text && nowMs - sent.atMs < hourMs) return {}
    this.#sent.set(node, { text, atMs: nowMs })
    return { info }
  }

  /** The message did not go out. */
  forget (node: string): void {
    this.#sent.delete(node)
  }
}
