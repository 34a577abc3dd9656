/** splitmix32: the 32-bit form of Steele, Lea and Flood's SplitMix, with the finaliser of MurmurHash3 (fmix32). */
function mix (word: number): number {
  let z = word | 0
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
  return z ^ (z >>> 16)
}

const golden = 0x9e3779b9

/**
 * Seeded random numbers: xoshiro128** of Blackman and Vigna (prng.di.unimi.it/xoshiro128starstar.c), seeded by splitmix32.
 * The same keys give the same numbers on every machine. Not for secrets.
 */
export class Random {
  #a = 0
  #b = 0
  #c = 0
  #d = 0

  constructor (...keys: number[]) {
    this.seed(...keys)
  }

  /** Starts anew from up to a handful of numbers; only their 53 integer bits count. */
  seed (...keys: number[]): this {
    let word = golden
    for (const key of keys) {
      word = mix(word ^ (key | 0)) + golden
      word = mix(word ^ (Math.floor(key / 0x100000000) | 0)) + golden
    }
    this.#a = mix(word)
    this.#b = mix(word += golden)
    this.#c = mix(word += golden)
    this.#d = mix(word + golden) | 1
    return this
  }

  /** Uniform in [0, 1), 32 bits. */
  next (): number {
    const five = Math.imul(this.#b, 5)
    const result = Math.imul((five << 7) | (five >>> 25), 9)
    const t = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= t
    this.#d = (this.#d << 11) | (this.#d >>> 21)
    return (result >>> 0) / 0x100000000
  }

  between (low: number, high: number): number {
    return low + (high - low) * this.next()
  }

  /** Whole number in 0 .. below - 1. */
  integer (below: number): number {
    return Math.floor(this.next() * below)
  }

  /** Mean 0, standard deviation 1, never beyond +-2.45: two uniforms. The bound keeps a healthy mesh healthy. */
  noise (): number {
    return (this.next() + this.next() - 1) * 2.449489742783178
  }

  pick<T> (items: readonly T[]): T | undefined {
    return items[this.integer(items.length)]
  }

  /** The same items in another order. */
  shuffle<T> (items: readonly T[]): T[] {
    return items.map((item) => ({ item, key: this.next() })).sort((x, y) => x.key - y.key).map(({ item }) => item)
  }
}
