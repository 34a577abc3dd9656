import { createWriteStream, type WriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'

/** A message as it leaves a node; `at` is ms since 1970. */
export interface Outgoing { at: number, node: number, message: object }

export interface Counts {
  messages: number
  stored: number
  duplicates: number
  rejected: number
  /** Requests that had to be repeated. */
  retries: number
  /** Messages made but neither stored nor refused: the run was stopped. */
  unsent: number
}

/** Where messages go. A promise from `write` must be awaited before the next write: the sink is full. */
export interface Sink {
  readonly counts: Counts
  write (emission: Outgoing): Promise<void> | undefined
  /** Sends what is waiting for a batch to fill. */
  push (): void
  /** Resolves once everything is delivered, or given up after a stop. */
  close (): Promise<void>
}

export function noCounts (): Counts {
  return { messages: 0, stored: 0, duplicates: 0, rejected: 0, retries: 0, unsent: 0 }
}

/** One message a line. */
export class FileSink implements Sink {
  readonly counts = noCounts()
  readonly #stream: WriteStream
  #lines: string[] = []

  constructor (path: string) {
    this.#stream = createWriteStream(path)
  }

  write ({ message }: Outgoing): Promise<void> | undefined {
    this.counts.messages++
    this.#lines.push(JSON.stringify(message))
    return this.#lines.length < 500 ? undefined : this.#flush()
  }

  push (): void {}

  async close (): Promise<void> {
    await this.#flush()
    this.#stream.end()
    await finished(this.#stream)
  }

  async #flush (): Promise<void> {
    const lines = this.#lines
    this.#lines = []
    if (lines.length > 0 && !this.#stream.write(`${lines.join('\n')}\n`)) await once(this.#stream, 'drain')
  }
}
