import type { Clock } from '../../clock.js'
import { timeOnAirMs, type Modulation } from '../../radio/airtime.js'
import type { Random } from '../random.js'
import type { RadioCounters } from './counters.js'

/** A node as the air sees it. */
export interface Station {
  readonly counters: RadioCounters
  /** How well it is heard and hears, dB; the worse of two ends counts. */
  readonly snrDb: number
  isUp: boolean
  /** When its transmitter will have sent what is in its queue, by the monotonic clock. */
  txFreeMs: number
  queueLength: number
}

/** Repeaters between two nodes, in the order in which a packet passes them. */
export type Way<S extends Station = Station> = readonly S[]

export interface Leg {
  from: Station
  to: Station
  way: Way
  isFlood: boolean
  /** Without the path. */
  bytes: number
  /** Chance that it does not arrive. */
  loss: number
  /** Called when the first repeater has passed it on: its sender hears that. */
  onRepeat?: (bytes: number, isFlood: boolean) => void
}

/** How long a repeater waits before it passes a packet on: up to five times these shares of its airtime (simple_repeater 1.17). */
const floodDelayFactor = 0.5
const directDelayFactor = 0.3

/** Carries packets between nodes, one hop after the other, and takes the time that LoRa takes. */
export class Air {
  readonly #clock: Clock
  readonly #random: Random
  readonly #modulation: Modulation

  constructor (clock: Clock, random: Random, modulation: Modulation) {
    this.#clock = clock
    this.#random = random
    this.#modulation = modulation
  }

  airtimeMs (bytes: number): number {
    return timeOnAirMs(this.#modulation, bytes)
  }

  /** True when the packet has reached its end. */
  async carry ({ from, to, way, isFlood, bytes, loss, onRepeat }: Leg): Promise<boolean> {
    const isLost = this.#random.next() < loss
    // A flood's path grows with each hop, a direct packet's shrinks.
    const bytesAfter = (hops: number): number => bytes + (isFlood ? hops : way.length - hops)
    await this.transmit(from, isFlood, this.airtimeMs(bytesAfter(0)))
    for (const [i, repeater] of way.entries()) {
      if (!repeater.isUp) return false
      const heardMs = this.airtimeMs(bytesAfter(i))
      repeater.counters.heard(isFlood, heardMs, this.#snrDb(way[i - 1] ?? from, repeater))
      await this.#clock.wait(this.#random.next() * 5 * heardMs * (isFlood ? floodDelayFactor : directDelayFactor))
      await this.transmit(repeater, isFlood, this.airtimeMs(bytesAfter(i + 1)))
      if (i === 0) onRepeat?.(bytesAfter(1), isFlood)
    }
    if (isLost || !to.isUp) return false
    to.counters.heard(isFlood, this.airtimeMs(bytesAfter(way.length)), this.#snrDb(way.at(-1) ?? from, to))
    return true
  }

  #snrDb (one: Station, other: Station): number {
    return Math.min(one.snrDb, other.snrDb) + this.#random.noise()
  }

  /** Sends a packet when those before it are sent. */
  async transmit (station: Station, isFlood: boolean, airMs: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs()
    station.txFreeMs = Math.max(station.txFreeMs, nowMs) + airMs
    station.queueLength++
    await this.#clock.wait(station.txFreeMs - nowMs)
    station.queueLength--
    if (station.isUp) station.counters.sent(isFlood, airMs)
  }
}
