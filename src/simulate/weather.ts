import { Random } from './random.js'

/** Share of the day's traffic, 0..1: least at 4 h, most in the evening (UTC). */
export function dayLoad (at: number): number {
  const hour = at / 3_600_000 % 24
  return 0.5 - 0.38 * Math.cos(2 * Math.PI * (hour - 6) / 24) + 0.12 * Math.sin(4 * Math.PI * (hour - 3) / 24)
}

/** Swing of the SNR over the day, dB: worst in the heat of the afternoon. */
export function daySnr (at: number): number {
  return 1.5 * Math.cos(2 * Math.PI * (at / 3_600_000 - 3) / 24)
}

const slotMs = 600_000

/**
 * The odd window every mesh has: one in ten minutes on some path to a neighbour, never near the edge of its slot, so that no path has two
 * among its last eight and no link five in half an hour.
 */
export class Outliers {
  readonly #random = new Random()
  readonly #seed: number
  readonly #nodes: number
  #slot = -1
  #node = -1
  #probe = -1
  #from = 0

  constructor (seed: number, nodes: number) {
    this.#seed = seed
    this.#nodes = nodes
  }

  hits (node: number, probe: number, at: number): boolean {
    const slot = Math.floor(at / slotMs)
    if (slot !== this.#slot) {
      const random = this.#random.seed(this.#seed, 11, slot)
      this.#slot = slot
      this.#node = random.integer(this.#nodes)
      this.#probe = random.integer(2)
      this.#from = slot * slotMs + 200_000 + 1000 * random.integer(160)
    }
    return node === this.#node && probe === this.#probe && at >= this.#from && at < this.#from + 40_000
  }
}

/** A node now and then cannot reach the collector for some minutes and sends its queue afterwards. Pure in (seed, node, hour). */
export class CutOffs {
  readonly #random = new Random()
  readonly #seed: number
  readonly #hours: number[] = []
  readonly #spans: ([number, number] | null)[] = []

  constructor (seed: number) {
    this.#seed = seed
  }

  holds (node: number, at: number): boolean {
    const hour = Math.floor(at / 3_600_000)
    if (this.#hours[node] !== hour) {
      this.#hours[node] = hour
      const random = this.#random.seed(this.#seed, 12, node, hour)
      const start = hour * 3_600_000 + random.between(0, 45 * 60_000)
      this.#spans[node] = random.next() < 0.02 ? [start, start + random.between(3, 8) * 60_000] : null
    }
    const span = this.#spans[node]
    return span != null && at >= span[0] && at < span[1]
  }
}
