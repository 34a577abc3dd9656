/** One piece of work at a time, in the order of the calls. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** `refuse` makes the error for a call that finds `limit` others waiting or at work. */
  constructor (readonly limit: number, readonly refuse: () => Error) {}

  async take<T> (work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.limit) throw this.refuse()
    this.#waiting++
    const done = this.#last.then(work, work)
    this.#last = done
    try {
      return await done
    } finally {
      this.#waiting--
    }
  }
}
