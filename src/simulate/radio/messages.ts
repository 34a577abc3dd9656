import type { RadioFrame } from '../../radio/frames/index.js'

const most = 256
/** Codes of a channel's message: for apps since version 3, with its SNR, and for older ones. */
const withSnr = 17
const withoutSnr = 8

interface Message { timeS: number, text: string, snrDb: number }

/** Channel messages that wait for an app. */
export class Messages {
  readonly #queue: Message[] = []
  /** What the app said in its device query. */
  appVersion = 0

  /** The oldest goes when there are too many. */
  add (message: Message): void {
    if (this.#queue.length === most) this.#queue.shift()
    this.#queue.push(message)
  }

  next (): RadioFrame {
    const message = this.#queue.shift()
    if (message === undefined) return { is: 'no_more_messages' }
    const time = Buffer.alloc(4)
    time.writeUInt32LE(message.timeS)
    const rest = Buffer.concat([Uint8Array.of(0, 0xff, 0), time, Buffer.from(message.text)])
    if (this.appVersion < 3) return { is: 'unknown', code: withoutSnr, body: rest }
    return { is: 'unknown', code: withSnr, body: Buffer.concat([Uint8Array.of(Math.round(message.snrDb * 4) & 0xff, 0, 0), rest]) }
  }

  clear (): void {
    this.#queue.length = 0
  }
}
