/** Binary heap of small integers ordered by a number; equal keys leave in order of value, so that runs repeat. */
export class MinHeap {
  readonly #keys: number[] = []
  readonly #values: number[] = []

  get size (): number {
    return this.#keys.length
  }

  get minKey (): number {
    return this.#keys[0] ?? Infinity
  }

  push (key: number, value: number): void {
    let at = this.#keys.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(key, value, parent)) break
      this.#move(parent, at)
      at = parent
    }
    this.#keys[at] = key
    this.#values[at] = value
  }

  pop (): number | undefined {
    const first = this.#values[0]
    const key = this.#keys.pop()
    const value = this.#values.pop()
    if (key === undefined || value === undefined || this.#keys.length === 0) return first
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= this.#keys.length) break
      const right = left + 1
      const child = right < this.#keys.length && this.#less(right, left) ? right : left
      if (this.#before(key, value, child)) break
      this.#move(child, at)
      at = child
    }
    this.#keys[at] = key
    this.#values[at] = value
    return first
  }

  #move (from: number, to: number): void {
    this.#keys[to] = this.#keys[from] ?? 0
    this.#values[to] = this.#values[from] ?? 0
  }

  #less (one: number, other: number): boolean {
    return this.#before(this.#keys[one] ?? 0, this.#values[one] ?? 0, other)
  }

  #before (key: number, value: number, other: number): boolean {
    const otherKey = this.#keys[other] ?? 0
    return key < otherKey || (key === otherKey && value < (this.#values[other] ?? 0))
  }
}
