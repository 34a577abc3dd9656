import type { WriteStream } from 'node:tty'

const everyMs = 200

/** One line on a terminal, rewritten in place: share done, rate, time left. Silent where there is no terminal. */
export class Progress {
  readonly #stream: Pick<WriteStream, 'isTTY' | 'write'> | null
  readonly #from: number
  readonly #to: number
  readonly #unit: string
  readonly #callsPerLook: number
  readonly #started = Date.now()
  #shown = 0
  #calls = 0

  /**
   * `from` and `to` are the times (ms) of the first and the last that is worked on; `to` may be Infinity. `unit` names what is counted.
   * Of `callsPerLook` calls of `show` one looks at the clock.
   */
  constructor (stream: Pick<WriteStream, 'isTTY' | 'write'> | null, { from, to, unit = 'messages', callsPerLook = 64 }: { from: number, to: number, unit?: string, callsPerLook?: number }) {
    this.#stream = stream?.isTTY === true ? stream : null
    this.#from = from
    this.#to = to
    this.#unit = unit
    this.#callsPerLook = callsPerLook
  }

  show (at: number, count: number): void {
    if (this.#stream === null || (++this.#calls % this.#callsPerLook !== 0 && count > this.#callsPerLook)) return
    const now = Date.now()
    if (now - this.#shown < everyMs) return
    this.#shown = now
    this.#stream.write(`\r\x1b[2K${progressLine({ done: (at - this.#from) / (this.#to - this.#from), count, unit: this.#unit, seconds: (now - this.#started) / 1000 })}`)
  }

  end (): void {
    if (this.#shown > 0) this.#stream?.write('\r\x1b[2K')
  }
}

/** `done` is a share; 0 where the run has no end. */
export function progressLine ({ done, count, unit, seconds }: { done: number, count: number, unit: string, seconds: number }): string {
  const rate = `${count} ${unit}, ${Math.round(count / Math.max(seconds, 0.001))}/s`
  if (done <= 0) return rate
  const filled = Math.round(done * 30)
  const left = Math.max(0, Math.round(seconds / done - seconds))
  return `${'█'.repeat(filled)}${'░'.repeat(30 - filled)} ${Math.floor(100 * done)} %  ${rate}, ${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')} left`
}
