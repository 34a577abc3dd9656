import type { Clock } from '../../clock.js'
import { Random } from '../random.js'
import { dayLoad } from '../weather.js'

const dayMs = 86_400_000
const hourMs = 3_600_000

/** A solar node's lithium cell: full in the afternoon, `nightDropMv` lower at dawn. */
export interface Cell { fullMv: number, nightDropMv: number }

/** Weather, light and people's habits, which may pass faster than protocol and clocks do. Pure in seed and time. */
export class Nature {
  readonly #clock: Clock
  readonly #speed: number
  readonly #seed: number
  readonly #startMs: number
  readonly #startMonotonicMs: number

  constructor (clock: Clock, { seed, speed }: { seed: number, speed: number }) {
    this.#clock = clock
    this.#seed = seed
    this.#speed = speed
    this.#startMs = clock.now()
    this.#startMonotonicMs = clock.monotonicMs()
  }

  nowMs (): number {
    return this.#startMs + (this.#clock.monotonicMs() - this.#startMonotonicMs) * this.#speed
  }

  /** Full from 14 to 17 h, then down until 7 h; some nights take more than others. */
  cellMv ({ fullMv, nightDropMv }: Cell, node: number): number {
    const at = this.nowMs()
    const day = Math.floor(at / dayMs)
    const hour = at / hourMs % 24
    const dropMv = nightDropMv * (0.75 + 0.5 * this.#random(hour < 14 ? day : day + 1, node))
    return Math.round(fullMv - depthAt(hour) * dropMv)
  }

  /** Coldest at 4 h, warmest at 16 h. */
  airC (node: number): number {
    const at = this.nowMs()
    const swing = 6 + 3 * this.#random(node, 1)
    return 13 + 4 * this.#smooth(at, 2) - swing * Math.cos(2 * Math.PI * (at / hourMs - 4) / 24) + this.#smooth(at, node + 10)
  }

  humidityPct (node: number): number {
    return Math.min(98, Math.max(20, 100 - 2.6 * this.airC(node)))
  }

  pressureHpa (): number {
    return 1012 + 9 * this.#smooth(this.nowMs(), 3)
  }

  /** Higher by day, when people and their devices are up. */
  noiseFloorDbm (node: number): number {
    const at = this.nowMs()
    return Math.round(-115 + 2 * dayLoad(at) + 2 * this.#random(Math.floor(at / 60_000), node + 20))
  }

  /** Minutes of full traffic from then until now: the integral of `dayLoad`. */
  loadedMinutes (sinceMs: number): number {
    return loadIntegral(this.nowMs()) - loadIntegral(sinceMs)
  }

  /** Between -1 and 1, from one day's value to the next's. */
  #smooth (at: number, key: number): number {
    const day = Math.floor(at / dayMs)
    const share = (1 - Math.cos(Math.PI * (at / dayMs - day))) / 2
    return 2 * (this.#random(day, key) * (1 - share) + this.#random(day + 1, key) * share) - 1
  }

  #random (...keys: number[]): number {
    return new Random(this.#seed, ...keys).next()
  }
}

/** How far a cell is down: 0 full, 1 at dawn. */
function depthAt (hour: number): number {
  if (hour < 7) return (hour + 7) / 14
  if (hour < 14) return (1 + Math.cos(Math.PI * (hour - 7) / 7)) / 2
  return hour < 17 ? 0 : (hour - 17) / 14
}

/** The integral of `dayLoad` in minutes. */
function loadIntegral (at: number): number {
  const hours = at / hourMs
  const turn = 2 * Math.PI / 24
  return 60 * (0.5 * hours - 0.38 / turn * Math.sin(turn * (hours - 6)) - 0.12 / (2 * turn) * Math.cos(2 * turn * (hours - 3)))
}
