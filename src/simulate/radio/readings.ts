import { encodeLpp, encodeRepeaterStats, type RepeaterStats } from '../../radio/frames/index.js'
import type { Nature } from './nature.js'
import type { SimulatedRepeater } from './repeater.js'

/** The struct RepeaterStats as long as the repeater's firmware has it. */
export function readStats (repeater: SimulatedRepeater): Uint8Array {
  const { counters, queueLength, firmware } = repeater
  const counts = counters.counts()
  const air = counters.airSeconds()
  const stats: RepeaterStats = {
    bat: repeater.millivolts(),
    tx_queue_len: queueLength,
    noise_floor: counters.noiseFloor(),
    last_rssi: counters.lastRssi,
    nb_recv: u32(counts.recvFlood + counts.recvDirect),
    nb_sent: u32(counts.sentFlood + counts.sentDirect),
    airtime: air.tx,
    uptime: u32(counters.uptimeS()),
    sent_flood: u32(counts.sentFlood),
    sent_direct: u32(counts.sentDirect),
    recv_flood: u32(counts.recvFlood),
    recv_direct: u32(counts.recvDirect),
    full_evts: counters.errorFlags,
    last_snr: counters.lastSnr,
    direct_dups: u16(counts.directDups),
    flood_dups: u16(counts.floodDups),
    ...(firmware.statsBytes >= 52 && { rx_airtime: air.rx }),
    ...(firmware.statsBytes >= 56 && { recv_errors: u32(counts.recvErrors) })
  }
  return encodeRepeaterStats(stats)
}

const voltage = 116
const temperature = 103
const humidity = 104
const pressure = 115
const altitude = 121

/** Of the device itself: what a guest may see, too. Firmware cuts the voltage down as a 32-bit float: 4200 mV read 4.19 V. */
export function deviceVolts (batteryMv: number): number {
  return Math.trunc(Math.fround(Math.fround(batteryMv / 1000) * 100)) / 100
}

/** The processor is warmer than the air around it. */
const processorWarmerC = 6

/** Cayenne LPP in the order of the firmware: battery, sensors, and the processor's temperature last. */
export function readTelemetry (repeater: SimulatedRepeater, nature: Nature, maySeeSensors: boolean): Uint8Array {
  const channel = repeater.firmware.sensorChannel
  const airC = nature.airC(repeater.node)
  const sensors = [
    { channel, type: temperature, name: 'temperature', value: airC },
    { channel, type: humidity, name: 'humidity', value: nature.humidityPct(repeater.node) },
    { channel, type: pressure, name: 'barometer', value: nature.pressureHpa() },
    { channel, type: altitude, name: 'altitude', value: 33 }
  ]
  return encodeLpp([
    { channel: 1, type: voltage, name: 'voltage', value: deviceVolts(repeater.millivolts()) },
    ...(repeater.plan.hasSensors && maySeeSensors ? sensors : []),
    { channel: 1, type: temperature, name: 'temperature', value: airC + processorWarmerC }
  ])
}

export function u16 (value: number): number {
  return value % 0x10000
}

export function u32 (value: number): number {
  return value % 0x100000000
}
