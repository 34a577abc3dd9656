import type { BaseLogger } from 'pino'
import type { Verdict } from './verdict.js'

type Cause = Pick<Extract<Verdict, { is: 'trouble' }>, 'kind' | 'text' | 'waitMs'>

const firstWaitMs = 500
const longestWaitMs = 30_000
const longestAskedMs = 300_000

/** What keeps messages from being taken: told once when it begins, or becomes another, and once when it is over. */
export class Trouble {
  readonly #log: Pick<BaseLogger, 'info' | 'warn'>
  readonly #where: { collector: string, folder: string }
  #present: Cause & { sinceMs: number, attempts: number } | null = null

  constructor (log: Pick<BaseLogger, 'info' | 'warn'>, where: { collector: string, folder: string }) {
    this.#log = log
    this.#where = where
  }

  get present (): { reason: string, sinceMs: number } | null {
    return this.#present && { reason: this.#present.text, sinceMs: this.#present.sinceMs }
  }

  /** How long to wait now: as the collector asks, else twice as long each time, up to 30 s, each sender a little differently. */
  note (cause: Cause, nowMs: number): number {
    const { kind, text, waitMs } = cause
    if (this.#present?.kind !== kind) this.#log.warn(`the collector at ${this.#where.collector} ${text}; messages wait in ${this.#where.folder} until it takes them`)
    const { sinceMs, attempts } = this.#present ?? { sinceMs: nowMs, attempts: 0 }
    this.#present = { kind, text, sinceMs, attempts: attempts + 1 }
    if (waitMs !== undefined) return Math.min(waitMs, longestAskedMs)
    return Math.min(firstWaitMs * 2 ** attempts, longestWaitMs) * (0.5 + Math.random() / 2)
  }

  /** `waiting` messages are still to be sent. */
  end (nowMs: number, waiting: number): void {
    if (this.#present === null) return
    this.#log.info(`the collector at ${this.#where.collector} takes messages again, after ${describeSpan(nowMs - this.#present.sinceMs)}; ${waiting} waited`)
    this.#present = null
  }
}

function describeSpan (ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
